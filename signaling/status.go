package signaling

import (
	"encoding/json"
	"slices"
	"sync/atomic"
	"time"

	"lectern/sfu"
)

const (
	// layersInterval is the time between two "layers" events that tell of
	// nothing but other bitrates.
	layersInterval = 5 * time.Second
	// layerSilence is the silence after which a layer counts as not being
	// sent.
	layerSilence = 2 * time.Second
)

// status is what viewers are told of a stream. It is immutable.
type status struct {
	live    bool
	stops   int // how often it has stopped to be live
	viewers int
	layers  *layers
}

// layers are what a viewer has to choose from; nil is nothing, as a source with
// one encoding has. They are immutable.
type layers []layer

// layer is one encoding of the picture, as the extension's "layers" event has
// it. A bitrate of 0 means that it is not being sent now; with a target bitrate
// it would be, if somebody wanted it. Current is ours: what this viewer gets.
type layer struct {
	RID           string `json:"rid"`
	Bitrate       uint64 `json:"bitrate"`
	TargetBitrate uint64 `json:"targetBitrate,omitempty"`
	Width         int    `json:"width,omitempty"`
	Height        int    `json:"height,omitempty"`
	Current       bool   `json:"current,omitempty"`
}

// text is a JSON array, for a viewer who gets the layer with the RID now.
func (l *layers) text(current string) string {
	if l == nil {
		return "[]"
	}
	list := slices.Clone(*l)
	for i := range list {
		list[i].Current = list[i].RID == current
	}
	text, _ := json.Marshal(list) // strings and numbers cannot fail
	return string(text)
}

// watched is a stream with event streams. All but status belongs to the
// monitor.
type watched struct {
	stream      string
	subscribers map[*subscriber]struct{}
	stops       int
	layers      map[string]*layerState
	told        *layers
	toldAt      time.Time
	status      atomic.Pointer[status]
}

// layerState tells a layer that is silent from one that is sent.
type layerState struct {
	packets uint64
	changed time.Time
}

// subscriber wants to know when the status has changed, or the layer that it
// gets itself.
type subscriber struct {
	watched *watched
	layer   func() string
	seen    string        // what layer has returned; the monitor's
	wake    chan struct{} // holds one wake-up: more would say nothing new
}

func (s *subscriber) status() status { return *s.watched.status.Load() }

func (s *subscriber) tell() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// changed says whether it gets another layer than at the last look.
func (s *subscriber) changed() bool {
	before := s.seen
	s.seen = s.layer()
	return s.seen != before
}

// update takes a new look at the stream.
func (w *watched) update(r *sfu.Router, at time.Time) {
	info, _ := r.Info(w.stream)
	next := status{
		live:    info.State == sfu.StateLive,
		stops:   w.stops,
		viewers: info.Viewers,
		layers:  w.describe(w.sent(info.Tracks, at), at),
	}
	before := w.status.Load()
	same := before != nil && *before == next
	if !same {
		w.status.Store(&next)
	}
	for sub := range w.subscribers {
		if sub.changed() || !same {
			sub.tell()
		}
	}
}

// sent lists the layers of a source with several of them. One without names
// for its encodings has nothing to choose from.
func (w *watched) sent(tracks []sfu.TrackStats, at time.Time) layers {
	var list layers
	for _, t := range tracks {
		if t.Kind != sfu.Video || t.RID == "" {
			continue
		}
		state := w.layers[t.RID]
		if state == nil {
			state = &layerState{changed: at}
			w.layers[t.RID] = state
		}
		if t.Packets != state.packets {
			state.packets, state.changed = t.Packets, at
		}
		l := layer{RID: t.RID, Width: t.Width, Height: t.Height}
		switch {
		case at.Sub(state.changed) < layerSilence:
			l.Bitrate = t.BitsPerSecond
		case t.Resting:
			l.TargetBitrate = t.Usual
		}
		list = append(list, l)
	}
	if len(list) == 0 {
		clear(w.layers)
	}
	return list
}

// describe leaves bitrates as they were for a while.
func (w *watched) describe(list layers, at time.Time) *layers {
	switch {
	case len(list) == 0:
		w.told = nil
	case w.told == nil, !alike(list, *w.told), at.Sub(w.toldAt) >= layersInterval && !slices.Equal(list, *w.told):
		w.told, w.toldAt = &list, at
	}
	return w.told
}

// alike says that the layers differ in nothing but how large their bitrates
// are.
func alike(a, b layers) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x, y := a[i], b[i]
		if (x.Bitrate == 0) != (y.Bitrate == 0) {
			return false
		}
		x.Bitrate, y.Bitrate, x.TargetBitrate, y.TargetBitrate = 0, 0, 0, 0
		if x != y {
			return false
		}
	}
	return true
}
