package wire

import (
	"cmp"
	"math"
)

// Limits bound what a peer can make a Conn do. Zero values mean the defaults,
// negative ones no limit.
type Limits struct {
	// ChunkSize is the largest that a peer may set, in octets. Default 64 KiB.
	ChunkSize int
	// ChunkStreams is how many a peer may use. Default 8.
	ChunkStreams int
	// Early is how much memory the unfinished messages of a peer may take
	// together, and so one message, before Authorise. Default 32 KiB, with
	// which a connection stays under 64 KiB.
	Early int
	// Introduction is how many octets a peer may send before Admit: encoders
	// need less than ten thousand. Default 256 KiB.
	Introduction int
	// Talk is how many octets a second a peer may send after Admit that are
	// neither picture nor sound, and Introduction how many of them at once.
	// Default 64 KiB.
	Talk int
	// Message is as Early after Authorise, for one message; all together may
	// take twice as much. Default 4 MiB.
	Message int
	// Depth and Items bound the values of AMF in one message: how far they
	// nest, and how many there are. Default 16 and 1 024.
	Depth, Items int
}

func (l Limits) orDefaults() Limits {
	l.ChunkSize = bound(l.ChunkSize, 64<<10)
	l.ChunkStreams = bound(l.ChunkStreams, 8)
	l.Early = bound(l.Early, 32<<10)
	l.Introduction = bound(l.Introduction, 256<<10)
	l.Talk = bound(l.Talk, 64<<10)
	l.Message = bound(l.Message, 4<<20)
	l.Depth = bound(l.Depth, 16)
	l.Items = bound(l.Items, 1024)
	return l
}

func bound(n, byDefault int) int {
	if n < 0 {
		return math.MaxInt32
	}
	return cmp.Or(n, byDefault)
}
