package classroom

import (
	"slices"
	"time"
)

const (
	// ringMessages, ringBytes and ringTime bound what is kept for somebody who
	// comes back. Who has missed more gets the whole state instead.
	ringMessages = 4096
	ringBytes    = 4 << 20
	ringTime     = 2 * time.Minute
)

// ring is what one member was sent, or would have been, so that nothing is lost
// and nothing comes twice when a connection breaks. Its messages are everybody's:
// it costs a pointer for each, and what only he was sent its length.
//
// Whatever concerned the member after the message with the number base is in it.
type ring struct {
	base  uint64
	kept  []keptMessage
	bytes int // of their text
}

type keptMessage struct {
	*Message
	at time.Time
}

// add keeps a message, and forgets what is too old or too much.
func (r *ring) add(m *Message, at time.Time) {
	r.kept = append(r.kept, keptMessage{m, at})
	r.bytes += len(m.Text)
	old := 0
	for old < len(r.kept) && (len(r.kept)-old > ringMessages || r.bytes > ringBytes || at.Sub(r.kept[old].at) > ringTime) {
		r.base = r.kept[old].Seq
		r.bytes -= len(r.kept[old].Text)
		r.kept[old].Message = nil // the array is still there
		old++
	}
	r.kept = r.kept[old:]
	if c := cap(r.kept); c > 64 && c > 4*len(r.kept) {
		r.kept = slices.Clone(r.kept) // gives back the array
	}
}

// since returns what came after a number; false when that is not all here any
// more.
func (r *ring) since(seq, newest uint64) ([]*Message, bool) {
	if seq < r.base || seq > newest {
		return nil, false
	}
	var missed []*Message
	for _, m := range r.kept {
		if m.Seq > seq {
			missed = append(missed, m.Message)
		}
	}
	return missed, true
}

// restart forgets everything: the member has the whole state as of a number.
func (r *ring) restart(seq uint64) { r.base, r.kept, r.bytes = seq, nil, 0 }
