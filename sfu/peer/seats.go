package peer

import (
	"fmt"
	"slices"
	"sync"

	"lectern/sfu"
)

// maxSeats is how many sources one viewer can have; a section of sound and one
// of pictures for each are the most that an offer may have.
const maxSeats = 20

// Seats is a viewer of several sources at once: the seats of a room. What is on
// a seat may change at any time without a word to the client: sequence numbers,
// timestamps, SSRC and payload type go on, and the picture with a key frame.
type Seats struct {
	*Peer
	out *attendee
}

// SeatWish is what a viewer wants of one seat. The zero value is everything.
type SeatWish struct {
	NoVideo bool
	NoAudio bool
	// Width and Height are the size in pixels at which the picture is shown;
	// 0 by 0 is the largest there is.
	Width, Height int
}

// WatchSeats answers the offer of a viewer of a Router's sources with these
// canonical names, of which the first has priority when the network is narrow.
// The first audio section of the offer, and the first video section, get the
// first one, and so on; there may be fewer sections. Of the offer, the codecs
// with the MIME types are used; nil is all of Codecs. Sources whose codec the
// viewer has not offered stay dark. The caller closes the Seats, before the
// Router.
func (e *Engine) WatchSeats(r *sfu.Router, names, codecs []string, offer Offer) (*Seats, error) {
	out := &attendee{router: r, names: names[:min(len(names), maxSeats)]}
	out.wishes = make([]SeatWish, len(out.names))
	p, err := e.prepareOut(offer, e.options.Limits.ofRoom(len(out.names), codecs), out.take)
	if err != nil {
		return nil, err
	}
	out.peer = p
	if err := out.seat(p.offer); err != nil {
		p.abandon()
		return nil, err
	}
	out.addSenders(p)
	for _, s := range out.senders {
		s.from.stream, s.lenient = fmt.Sprintf("seat%d", out.seatOf(s)), true
	}
	if err := p.start(out); err != nil {
		return nil, err
	}
	return &Seats{Peer: p, out: out}, nil
}

// Sections returns the names (a=mid) of the sections by which a seat comes; ""
// is none.
func (s *Seats) Sections(seat int) (audio, video string) {
	if seat < 0 || seat >= len(s.out.sections[sfu.Audio]) && seat >= len(s.out.sections[sfu.Video]) {
		return "", ""
	}
	if list := s.out.sections[sfu.Audio]; seat < len(list) {
		audio = list[seat].mid
	}
	if list := s.out.sections[sfu.Video]; seat < len(list) {
		video = list[seat].mid
	}
	return audio, video
}

// Prefer says what the viewer wants of a seat. It may be called before there is
// a connection.
func (s *Seats) Prefer(seat int, w SeatWish) {
	out := s.out
	out.mu.Lock()
	defer out.mu.Unlock()
	if seat >= 0 && seat < len(out.wishes) {
		out.wishes[seat] = w
		out.applyLocked(seat)
	}
}

// Subscriptions returns those of a seat; nil before there is a connection, and
// where there is no section.
func (s *Seats) Subscriptions(seat int) (audio, video *sfu.Subscription) {
	for _, x := range s.out.senders {
		if s.out.seatOf(x) != seat {
			continue
		}
		if x.section.kind == sfu.Audio {
			audio = x.subscription.Load()
		} else {
			video = x.subscription.Load()
		}
	}
	return audio, video
}

// Loss is the part of the packets to the viewer that were lost of late, from 0
// to 1, by what he says himself; 0 while he says nothing.
func (s *Seats) Loss() float64 { return s.out.path.loss() }

// Dark says that what is on a seat is in a codec that the viewer has not
// offered.
func (s *Seats) Dark(seat int) bool {
	for _, x := range s.out.senders {
		if s.out.seatOf(x) == seat && x.dark.Load() {
			return true
		}
	}
	return false
}

// attendee is the media of a Peer that come from several sources.
type attendee struct {
	recipient
	router   *sfu.Router
	names    []string
	sections [2][]*section // by kind, in the order of the seats
	viewers  []*sfu.Viewer // once the connection is up

	mu     sync.Mutex
	wishes []SeatWish // by seat
}

// seat gives the sections their seats.
func (out *attendee) seat(o *offer) error {
	for _, s := range o.sections {
		if out.sections[s.kind] = append(out.sections[s.kind], s); len(out.sections[s.kind]) > len(out.names) {
			return fmt.Errorf("%w: the offer has more %s sections than there are seats, which are %d", ErrUnsupported, s.kind, len(out.names))
		}
	}
	return nil
}

func (out *attendee) seatOf(s *sender) int {
	return slices.Index(out.sections[s.section.kind], s.section)
}

func (out *attendee) begin(p *Peer) error {
	pictures := &shares{}
	for i, name := range out.names {
		viewer, err := out.router.JoinWith(name, sfu.JoinOptions{Protocol: "room", Since: p.offer.asked})
		if err != nil {
			return err
		}
		out.viewers = append(out.viewers, viewer)
		for _, s := range out.senders {
			if out.seatOf(s) != i {
				continue
			}
			subscription, err := viewer.Subscribe(s.section.kind, &seatSink{s, p})
			if err != nil {
				return err
			}
			s.subscription.Store(subscription)
			if s.section.kind == sfu.Video {
				pictures.seats = append(pictures.seats, subscription)
				pictures.first = pictures.first || i == 0
			}
		}
		out.mu.Lock()
		out.applyLocked(i)
		out.mu.Unlock()
	}
	out.path.show(pictures)
	p.log.Info("attendee connected", "seats", len(out.viewers))
	return nil
}

// applyLocked carries a wish to its seat, if there is a connection.
func (out *attendee) applyLocked(seat int) {
	w := out.wishes[seat]
	for _, s := range out.senders {
		subscription := s.subscription.Load()
		switch {
		case subscription == nil || out.seatOf(s) != seat:
		case s.section.kind == sfu.Audio:
			subscription.SetPaused(w.NoAudio)
		default:
			subscription.SetSize(w.Width, w.Height)
			subscription.SetPaused(w.NoVideo)
		}
	}
}

// ended is closed when the Router is.
func (out *attendee) ended() <-chan struct{} {
	if len(out.viewers) == 0 {
		return nil
	}
	return out.viewers[0].Done()
}

func (out *attendee) cause() error { return out.viewers[0].Err() }

func (out *attendee) end() {
	for _, v := range out.viewers {
		v.Close()
	}
}

func (out *attendee) after(error) {}

// seatSink is a sender of which a failure ends the whole session.
type seatSink struct {
	*sender
	peer *Peer
}

// WriteRTP sends a burst to the viewer.
func (s *seatSink) WriteRTP(burst []sfu.Forwarded) error {
	defer s.recover()
	err := s.sender.WriteRTP(burst)
	if err != nil {
		s.peer.stop(err)
	}
	return err
}

// ResendRTP sends packets again.
func (s *seatSink) ResendRTP(burst []sfu.Forwarded) error {
	defer s.recover()
	return s.sender.ResendRTP(burst)
}

// recover ends the session of a burst that panicked, and nothing else.
func (s *seatSink) recover() {
	if cause := recover(); cause != nil {
		s.peer.panicked(cause)
	}
}
