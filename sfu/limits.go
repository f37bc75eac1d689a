package sfu

import (
	"cmp"
	"time"
)

// Limits bound what viewers can ask of a Router. Zero values mean the defaults.
type Limits struct {
	// Resends is how much a viewer may have again of what it lost, as a part of
	// what it is sent: 0 to 1. Default 0.25; negative for none.
	Resends float64
	// KeyFrames is the least time between two requests for a key frame to the
	// publisher of one layer, however many viewers ask. Default 1 s.
	KeyFrames time.Duration
}

func (l Limits) orDefaults() Limits {
	l.Resends = max(cmp.Or(l.Resends, 0.25), 0)
	l.KeyFrames = cmp.Or(l.KeyFrames, time.Second)
	return l
}

// Limits returns those of Options, with the defaults.
func (r *Router) Limits() Limits { return r.options.Limits }
