package sfu

import (
	"errors"
	"math/bits"
	"math/rand/v2"
	"runtime/debug"
	"sync/atomic"
	"time"

	"lectern/internal/rewrite"
)

// DropReason is why a viewer did not get a packet.
type DropReason int

// The reasons.
const (
	DropNoKeyFrame  DropReason = iota // video before the first key frame
	DropPadding                       // it had no payload; the numbers close up behind it
	DropLate                          // older than the key frame that the viewer started with
	DropPast                          // older than the key frame that came while the viewer was catching up
	DropOverrun                       // it had left the cache before the worker came to it
	DropResendLost                    // asked for again, but no longer in the cache
	DropResendLimit                   // asked for again too often, too early or too much
	DropBitrate                       // more than SetBitrate allows
	DropQueue                         // the sink is a Queue, which was full
	dropReasons
)

var dropNames = [dropReasons]string{"no_key_frame", "padding", "late", "past", "overrun", "resend_lost", "resend_limit", "bitrate", "queue"}

// String returns the reason as metrics name it.
func (r DropReason) String() string { return dropNames[r] }

// DropReasons returns all reasons.
func DropReasons() []DropReason {
	all := make([]DropReason, dropReasons)
	for i := range all {
		all[i] = DropReason(i)
	}
	return all
}

// SubscriptionStats counts what a subscription has done.
type SubscriptionStats struct {
	Packets uint64 // forwarded, without those sent again
	Bytes   uint64 // of their payloads
	Resent  uint64 // packets sent again
	Dropped map[DropReason]uint64
}

// Subscription forwards one kind of a source's media to one sink.
type Subscription struct {
	viewer *Viewer
	kind   Kind
	sink   Sink

	layer   atomic.Pointer[string] // the RID asked for; nil leaves the choice to us
	area    atomic.Uint32          // of the picture as it is shown, in pixels; 0 for the best
	paused  atomic.Bool
	bitrate atomic.Uint64 // what the network carries, 0 for no limit
	rtt     atomic.Int64
	lossy   atomic.Bool

	// Written by the worker.
	auto      atomic.Pointer[Track] // our choice
	forwarded atomic.Pointer[Track] // the one that is forwarded
	wanted    atomic.Uint64
	starved   atomic.Bool // pictures are left out up to a key frame, which is asked for in time

	packets, bytes, resent, resentBytes atomic.Uint64
	dropped                             [dropReasons]atomic.Uint64
	nacked, keyFrameRequests            atomic.Uint64 // by the viewer

	// Owned by the worker.
	track    *Track // of the packets it forwards now
	run      uint32
	last     time.Time // arrival of the newest packet forwarded
	past     *catchUp  // while it is catching up
	stretch  *stretch  // while its pictures come later than they should
	caughtUp uint64    // how many of the track's arrivals it had got by then
	rewrite  *rewrite.Rewriter
	out      []Forwarded
	resends  resendLimit
	climb    climb
	wish     wish
	thinning thinning
	joined   time.Time // when it began with the past
	lostAt   time.Time // when it first said that it cannot decode
	replayed time.Time // when it was last sent the past again,
	replays  int       // and how often
	failed   bool
	begun    bool // something was sent
}

func newSubscription(v *Viewer, kind Kind, sink Sink) *Subscription {
	return &Subscription{
		viewer:  v,
		kind:    kind,
		sink:    sink,
		resends: resendLimit{share: v.source.router.options.Limits.Resends},
		// Not above 2^15: a viewer that misses the first packets, and then sees
		// the number wrap, cannot decrypt any more (RFC 3711 §3.3.1).
		rewrite: rewrite.New(uint16(rand.Uint32())>>1, rand.Uint32()),
	}
}

// RequestKeyFrame says that the viewer cannot go on without a key frame.
func (s *Subscription) RequestKeyFrame() {
	s.keyFrameRequests.Add(1)
	s.needKeyFrame()
}

func (s *Subscription) needKeyFrame() {
	p := s.viewer.source.live.Load()
	if p == nil || s.starved.Load() || s.paused.Load() {
		return
	}
	if t := s.present(p.Tracks()); t != nil {
		t.RequestKeyFrame(time.Now())
	}
	s.viewer.worker.ask(request{subscription: s, replay: true})
}

// SetLayer chooses the encoding with this RID where the publisher sends
// several; "" leaves the choice to Lectern. It takes effect with the layer's
// next key frame. A layer that does not exist, or not any more, is as "".
func (s *Subscription) SetLayer(rid string) {
	if rid == "" {
		s.layer.Store(nil)
	} else {
		s.layer.Store(&rid)
	}
	s.needKeyFrame()
}

// SetBitrate tells how many bits a second of payload the viewer's network
// carries of this subscription; 0 means that nothing limits it, as at first.
// Where the publisher sends several layers, and none was chosen by SetLayer,
// the best that fits is forwarded. Where nothing fits, pictures are left out,
// those first that no other one needs; audio never is. It may be called from
// any goroutine, and as often as the number changes.
func (s *Subscription) SetBitrate(bps uint64) { s.bitrate.Store(bps) }

// Wanted returns the number for SetBitrate, in bits a second, with which the
// viewer gets the next better thing than it does now, or goes on to get the
// best; 0 while that is not known. Whoever estimates the network tries whether
// it carries so much.
func (s *Subscription) Wanted() uint64 { return s.wanted.Load() }

// Layer returns the RID of the layer that is forwarded now; "" when the
// publisher sends one only, and before the first packet.
func (s *Subscription) Layer() string {
	if t := s.forwarded.Load(); t != nil {
		return t.RID
	}
	return ""
}

// SetRTT tells the round-trip time to the viewer, before which a packet is
// not sent a second time.
func (s *Subscription) SetRTT(d time.Duration) { s.rtt.Store(int64(d)) }

// SetLossy tells whether the viewer's network loses packets although it carries
// all that is sent. What is sent again goes twice then: it is lost as easily as
// the first time, and the viewer would ask a round trip and more later.
func (s *Subscription) SetLossy(lossy bool) { s.lossy.Store(lossy) }

// Resend answers a generic NACK (RFC 4585 §6.2.1): the packet with the id and
// those of the following 16 whose bit is set in mask are sent again from the
// track's cache, within the limits of resendLimit. It does not wait.
func (s *Subscription) Resend(id, mask uint16) {
	s.nacked.Add(uint64(1 + bits.OnesCount16(mask)))
	if !s.viewer.worker.ask(request{subscription: s, id: id, mask: mask}) {
		s.dropped[DropResendLimit].Add(1)
	}
}

// Stats counts what has been done so far.
func (s *Subscription) Stats() SubscriptionStats {
	stats := SubscriptionStats{
		Packets: s.packets.Load(),
		Bytes:   s.bytes.Load(),
		Resent:  s.resent.Load(),
		Dropped: map[DropReason]uint64{},
	}
	for reason, n := range s.drops() {
		if n > 0 {
			stats.Dropped[DropReason(reason)] = n
		}
	}
	return stats
}

// forward sends what the feeds hold for this subscription. The rungs are the
// tracks of its kind that send, the best of them last; all are these, and those
// that rest; at is the present time.
func (s *Subscription) forward(feeds []feed, rungs, all []rung, at time.Time) {
	if s.failed || len(rungs) == 0 {
		return
	}
	if s.paused.Load() {
		s.rest()
		return
	}
	chosen := s.decide(rungs, all, at)
	if s.past != nil && !s.overtaken(chosen) || s.stretch != nil && !s.cutShort(chosen, at) {
		return
	}
	out := s.out[:0]
	for i := range feeds {
		f := &feeds[i]
		if f.track != s.track && f.track != chosen {
			continue
		}
		if f.missed > 0 {
			s.dropped[DropOverrun].Add(f.missed)
		}
		for _, p := range f.burst {
			if seq, ts, ok := s.admit(p, chosen); ok {
				out = append(out, Forwarded{Packet: p, SequenceNumber: seq, Timestamp: ts})
			}
		}
	}
	if len(out) > 0 {
		s.send(out, out[len(out)-1].Arrival)
	}
}

// send delivers packets that go out for the first time. at is the moment that
// the last one stands for.
func (s *Subscription) send(out []Forwarded, at time.Time) {
	s.out = out
	if len(out) == 0 {
		return
	}
	var bytes uint64
	for _, p := range out {
		bytes += uint64(len(p.Payload))
	}
	s.last = at
	s.packets.Add(uint64(len(out)))
	s.bytes.Add(bytes)
	s.resends.earn(bytes)
	s.deliver(s.sink.WriteRTP, out)
	if !s.begun {
		s.begun = true
		s.viewer.began(s.kind)
	}
}

// admit is the gate: video starts with a key frame.
func (s *Subscription) admit(p *Packet, chosen *Track) (sequenceNumber uint16, timestamp uint32, ok bool) {
	if s.stretch != nil {
		return 0, 0, false // it leaves the cache later
	}
	if p.run != s.run {
		switch {
		case p.track != chosen:
			return 0, 0, false // the rest of a layer that was left
		case s.kind == Video && !p.frame.Key:
			if s.track == nil || s.track == p.track || s.track.publication != p.track.publication {
				s.dropped[DropNoKeyFrame].Add(1)
			}
			p.track.needKeyFrame(p)
			return 0, 0, false
		}
		var elapsed uint32
		if !s.last.IsZero() {
			elapsed = p.track.ticks(max(p.Arrival.Sub(s.last), 0))
		}
		s.rewrite.Switch(p.run, p.index, p.Header.Timestamp, elapsed)
		s.track, s.run, s.caughtUp = p.track, p.run, 0
		s.forwarded.Store(p.track)
		s.thinning.restart()
		s.starved.Store(false)
	}
	if p.arrival < s.caughtUp {
		return 0, 0, false // it has been sent
	}
	if s.kind == Video && !s.fits(p, chosen) {
		s.dropped[DropBitrate].Add(1)
		return 0, 0, false
	}
	return s.renumber(p)
}

// renumber gives a packet its place, unless it has none.
func (s *Subscription) renumber(p *Packet) (sequenceNumber uint16, timestamp uint32, ok bool) {
	if len(p.Payload) == 0 {
		s.rewrite.Skip(p.index)
		s.dropped[DropPadding].Add(1)
		return 0, 0, false
	}
	sequenceNumber, timestamp, ok = s.rewrite.Next(p.index, p.Header.Timestamp)
	if !ok {
		s.dropped[DropLate].Add(1)
	}
	return sequenceNumber, timestamp, ok
}

// deliver hands a burst to the sink. Its error, or its panic, is the viewer's
// end, and no more than that.
func (s *Subscription) deliver(write func([]Forwarded) error, burst []Forwarded) {
	defer func() {
		if cause := recover(); cause != nil {
			s.fail(&PanicError{Value: cause, Stack: debug.Stack()})
		}
	}()
	if err := write(burst); err != nil {
		s.fail(err)
	}
}

func (s *Subscription) fail(cause error) {
	s.failed = true
	if _, ok := errors.AsType[*PanicError](cause); ok {
		s.viewer.source.router.panics.Add(1)
	}
	s.viewer.end(cause)
}
