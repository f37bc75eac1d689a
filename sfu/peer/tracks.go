package peer

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"lectern/sfu"
)

// Tracks is a publisher whose sections go each their own way, which may change
// at any time without a word to the client: a camera and a microphone to one
// source, a screen and its sound to another, or for the time being nowhere.
//
// Whatever comes is reported to the client as received, also what goes nowhere:
// its estimate of the network is right when it is needed.
type Tracks struct {
	*Peer
	in *publisher
}

// PublishTracks answers the offer of a publisher with up to 16 sections in
// which the codecs with the MIME types may be used; nil is all of Codecs. Sections
// go nowhere at first, and their gates are closed. The caller closes the Tracks.
func (e *Engine) PublishTracks(codecs []string, offer Offer) (*Tracks, error) {
	in := &publisher{
		allowance: newAllowance(e.options.Limits),
		sender:    rand.Uint32(),
		wake:      make(chan struct{}, 1),
		lanes:     map[*section]*lane{},
	}
	p, err := e.prepareIn(offer, e.options.Limits.ofRoom(0, codecs), in.take)
	if err != nil {
		return nil, err
	}
	in.peer = p
	in.sections = newSections(p.offer)
	in.plan(p.offer)
	for _, s := range p.offer.sections {
		in.lanes[s] = newLane(in, s)
	}
	if err := p.start(&tracks{in}); err != nil {
		return nil, err
	}
	return &Tracks{Peer: p, in: in}, nil
}

// Sections are the names (a=mid) and kinds of the offer's sections.
func (t *Tracks) Sections() []Section {
	var list []Section
	for _, s := range t.offer.sections {
		list = append(list, Section{MID: s.mid, Kind: s.kind})
	}
	return list
}

// Section is one section of an offer.
type Section struct {
	MID  string
	Kind sfu.Kind
}

// Direct lets a section's media go to a publication from now on, whose
// RequestKeyFrame should be that of the Tracks; nil is nowhere. Nothing goes to
// the one before after Direct has returned. A section that does not exist has
// no media.
func (t *Tracks) Direct(mid string, to *sfu.Publication) {
	if l := t.lane(mid); l != nil {
		l.direct(to)
	}
}

// Open opens or closes a section's gate. Nothing passes a closed one once Open
// has returned, whatever the client sends. A gate that is opened asks for a
// key frame, with which viewers go on.
func (t *Tracks) Open(mid string, open bool) {
	if l := t.lane(mid); l != nil {
		l.setOpen(open)
	}
}

// RequestKeyFrame asks the client for a key frame of a track. It does not wait.
func (t *Tracks) RequestKeyFrame(track *sfu.Track) { t.in.requestKeyFrame(track) }

// Arrived tells how many packets have come of a section, whether its gate is
// open or not, and when the last one came; the zero time before the first.
func (t *Tracks) Arrived(mid string) (packets uint64, last time.Time) {
	if l := t.lane(mid); l != nil {
		packets = l.packets.Load()
		if at := l.last.Load(); at != 0 {
			last = time.Unix(0, at)
		}
	}
	return packets, last
}

// Heard is when the last packet of any kind came; the zero time before the first.
func (t *Tracks) Heard() time.Time {
	if at := t.in.heard.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
}

// Received is how many packets the client has sent by their numbers, and how
// many of them have come, without those that came when they were sent again.
func (t *Tracks) Received() (expected, received uint64) {
	t.in.mu.Lock()
	defer t.in.mu.Unlock()
	for _, s := range t.in.streams {
		if r := &s.reception; r.received > 0 && !s.again {
			expected += r.highest - r.first + 1
			received += r.received
		}
	}
	return expected, received
}

func (t *Tracks) lane(mid string) *lane {
	for s, l := range t.in.lanes {
		if s.mid == mid {
			return l
		}
	}
	return nil
}

// tracks is the media of a Peer whose sections have lanes. It ends with the
// connection alone.
type tracks struct{ in *publisher }

func (t *tracks) begin(p *Peer) error    { return t.in.begin(p) }
func (t *tracks) ended() <-chan struct{} { return nil }
func (t *tracks) cause() error           { return ErrClosed }
func (t *tracks) end()                   {}

func (t *tracks) after(error) {
	for _, l := range t.in.lanes {
		l.direct(nil)
	}
}

// lane is the way of one section: a gate, and where it leads.
type lane struct {
	publisher *publisher
	section   *section
	packets   atomic.Uint64
	last      atomic.Int64 // nanoseconds since 1970

	// mu is held while a packet is written, so that none is on its way when a
	// gate has been closed. It is taken before publisher.mu.
	mu   sync.Mutex
	to   *sfu.Publication // nil: nowhere
	open bool
}

func newLane(in *publisher, s *section) *lane { return &lane{publisher: in, section: s} }

// write lets a packet of a layer of the section pass, or not.
func (w *lane) write(l *layer, p *rtp.Packet, again bool, at time.Time) (*sfu.Packet, error) {
	w.packets.Add(1)
	w.last.Store(at.UnixNano())
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.open || w.to == nil {
		return nil, nil
	}
	out, err := l.pass(w.to, p, again, at)
	if err != nil { // the publication has ended, the client has not
		w.directLocked(nil)
		return nil, nil
	}
	return out, nil
}

func (w *lane) direct(to *sfu.Publication) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.to != to {
		w.directLocked(to)
	}
}

func (w *lane) directLocked(to *sfu.Publication) {
	w.to = to
	in := w.publisher
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, l := range w.layers() {
		for _, t := range l.tracks {
			t.Retire()
			delete(in.tracks, t)
		}
		l.track, l.tracks = nil, map[uint8]*sfu.Track{}
	}
}

func (w *lane) setOpen(open bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open == open {
		return
	}
	w.open = open
	for _, l := range w.layers() {
		for _, t := range l.tracks {
			if open {
				t.RequestKeyFrame(time.Now())
			} else {
				t.Interrupt()
			}
		}
	}
}

// layers are those of the section.
func (w *lane) layers() []*layer {
	return slices.DeleteFunc(slices.Clone(w.publisher.layers), func(l *layer) bool { return l.section != w.section })
}
