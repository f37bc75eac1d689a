package sfu

import (
	"fmt"
	"sync/atomic"
	"time"

	"lectern/internal/codec"
	"lectern/internal/packetcache"
	"lectern/internal/seq"
)

const (
	// videoCache holds ten seconds at 3.5 Mbit/s, which is as long as key
	// frames are apart in practice, and two at the 20 Mbit/s that a publisher
	// may send at the most. With packets of the usual size it is 5 MB a track.
	videoCache = 4096
	// audioCache holds five seconds at 20 ms a packet.
	audioCache = 256
	// maxJump is how far the sequence number may jump before it is taken for
	// a new run of numbers, not for loss: RFC 3550 §A.1's MAX_DROPOUT. As
	// there, it takes two packets in sequence.
	maxJump = 3000
)

// TrackInfo describes a track when it is added.
type TrackInfo struct {
	Kind  Kind
	Codec Codec
	// RID names one of several encodings of the same picture (RFC 8851); ""
	// when there is only one.
	RID string
}

// Track is one RTP stream of a publication.
type Track struct {
	TrackInfo
	publication *Publication
	created     time.Time

	byNumber  *packetcache.Cache[Packet] // for NACKs
	byArrival *packetcache.Cache[Packet] // for the workers
	arrived   atomic.Uint64              // packets so far

	retired        atomic.Bool
	wishes         atomic.Int32 // of viewers who want it
	resting        atomic.Bool  // it was told that nobody does
	rested         atomic.Bool  // and is not any more, for the first packet to see
	keyFrameWanted atomic.Bool
	keyFrameAsked  atomic.Int64 // time since created, of the last request

	clock   atomic.Pointer[trackClock]
	newest  atomic.Pointer[Packet] // the one with the highest number
	lastKey atomic.Pointer[Packet] // the first one of the last key frame
	stats   trackCounters

	// Owned by the goroutine that writes.
	numbers   seq.Unwrapper[uint16]
	highest   uint64
	inspector codec.Inspector
	run       uint32  // changes when the numbers jump
	stray     *Packet // came far from the others; the next one tells what it was
	breaks    bool    // the next packet begins a new run
	gathering gathering
	window    struct {
		start    time.Time
		bytes    uint64
		temporal [8]uint64 // of them, those of each temporal layer
	}
}

// trackClock is one pair of a sender report.
type trackClock struct {
	at        time.Time // on the publisher's clock,
	clock     *clock    // which was this one
	timestamp uint32
}

type trackCounters struct {
	packets, bytes, bps   atomic.Uint64
	missing, recovered    atomic.Uint64 // what is lost is the difference
	keyFrameRequests      atomic.Uint64
	usual, thinned, least atomic.Uint64 // bits a second of late; without the highest temporal layer; of the lowest
	size                  atomic.Uint32 // width<<16 | height
}

// lost are the gaps that nothing has come into. Only one goroutine writes both
// numbers, the greater one first.
func (c *trackCounters) lost() uint64 {
	recovered := c.recovered.Load()
	return c.missing.Load() - recovered
}

// TrackStats describes a track at one moment.
type TrackStats struct {
	TrackInfo
	Width, Height int    // of the last key frame that said so, else 0
	Packets       uint64 // received so far
	Bytes         uint64 // of their payloads
	Lost          uint64 // gaps in the numbers, less what came late
	BitsPerSecond uint64 // of the payloads in the last full second
	Usual         uint64 // bits a second of late, of which a layer that rests keeps the last
	Resting       bool   // the publisher was told by a Demand that nobody wants it
}

func newTrack(p *Publication, info TrackInfo) (*Track, error) {
	inspector, err := codec.New(info.Codec.MimeType)
	if err != nil {
		return nil, fmt.Errorf("%w %q", ErrCodec, info.Codec.MimeType)
	}
	size := audioCache
	if info.Kind == Video {
		size = videoCache
	}
	t := &Track{
		TrackInfo:   info,
		publication: p,
		created:     time.Now(),
		inspector:   inspector,
		byNumber:    packetcache.New(size, func(p *Packet) uint64 { return p.index }),
		byArrival:   packetcache.New(size, func(p *Packet) uint64 { return p.arrival }),
		run:         p.source.runs.Add(1),
		gathering:   gathering{source: p.source},
	}
	t.keyFrameAsked.Store(int64(-2 * p.source.router.options.Limits.KeyFrames)) // the first packet came before its track was made
	return t, nil
}

// Publication is what the track belongs to.
func (t *Track) Publication() *Publication { return t.publication }

// Write passes a packet on to the viewers. It is called by one goroutine, the
// publisher's, and does not wait for any of them; the packet must not be
// changed any more. It returns the cause once the publication has ended.
func (t *Track) Write(p *Packet) error {
	if err := t.publication.admit(); err != nil {
		return err
	}
	if t.breaks {
		t.breaks, t.stray = false, nil
		t.restart(p)
		t.wake(p)
		return nil
	}
	if t.jumps(p) {
		if t.stray == nil || p.Header.SequenceNumber != t.stray.Header.SequenceNumber+1 {
			t.stray = p
			return nil
		}
		t.restart(t.stray)
	}
	t.stray = nil
	t.accept(p)
	t.wake(p)
	return nil
}

// wake tells the workers of a packet, unless more will come right now.
func (t *Track) wake(p *Packet) {
	switch {
	case t.Kind == Audio && t.publication.source.gathering.Load() > 0:
		return // it goes with the picture
	case t.Kind == Video && p.index == t.highest && t.gathering.add(p):
		return
	}
	t.publication.source.wake()
}

// jumps says whether a packet's number is far from those before.
func (t *Track) jumps(p *Packet) bool {
	ahead := int64(t.numbers.Resolve(p.Header.SequenceNumber) - t.highest)
	return t.highest != 0 && (ahead > maxJump || ahead < -maxJump)
}

// restart begins a new run of numbers with a packet.
func (t *Track) restart(p *Packet) {
	t.run = t.publication.source.runs.Add(1)
	t.highest = t.numbers.Restart(p.Header.SequenceNumber) - 1
	t.accept(p)
}

func (t *Track) accept(p *Packet) {
	if !t.describe(p) {
		return
	}
	t.byNumber.Put(p)
	if old := t.byArrival.Put(p); old != nil {
		t.byNumber.Remove(old) // so that no choice of numbers keeps more than the latest
	}
	if p.index == t.highest {
		t.newest.Store(p)
	}
	if p.frame.Key {
		t.lastKey.Store(p)
	}
	t.arrived.Store(p.arrival + 1)
	if t.keyFrameWanted.Load() {
		t.askForKeyFrame(p.Arrival)
	}
}

// describe looks at the packet, once and not once a viewer. It says false
// for a packet that was written before.
func (t *Track) describe(p *Packet) bool {
	p.index = t.numbers.Next(p.Header.SequenceNumber)
	switch ahead := int64(p.index - t.highest); {
	case t.highest == 0:
		t.highest = p.index
	case ahead > 0:
		t.stats.missing.Add(uint64(ahead - 1))
		t.highest = p.index
	case t.byNumber.Get(p.index) != nil:
		return false
	case t.stats.lost() > 0:
		t.stats.recovered.Add(1)
	}
	p.track, p.run, p.arrival = t, t.run, t.arrived.Load()
	if len(p.Payload) > 0 {
		p.frame = t.inspector.Inspect(p.Payload, p.Header.Timestamp)
	}
	if p.frame.Key {
		t.keyFrameWanted.Store(false)
	}
	if p.frame.Width > 0 {
		t.stats.size.Store(uint32(p.frame.Width)<<16 | uint32(p.frame.Height))
	}
	t.count(p)
	return true
}

func (t *Track) count(p *Packet) {
	size := uint64(len(p.Payload))
	t.stats.packets.Add(1)
	t.stats.bytes.Add(size)
	if t.window.start.IsZero() || t.rested.Load() && t.rested.Swap(false) {
		t.window.start, t.window.bytes, t.window.temporal = p.Arrival, 0, [8]uint64{}
	}
	if span := p.Arrival.Sub(t.window.start); span >= time.Second {
		t.stats.bps.Store(uint64(float64(t.window.bytes*8) / span.Seconds()))
		t.average()
		t.window.start, t.window.bytes, t.window.temporal = p.Arrival, 0, [8]uint64{}
	}
	t.window.bytes += size
	t.window.temporal[p.frame.Temporal&7] += size
}

// average makes of the last second's rate one that does not jump with each key
// frame, by which layers are chosen.
func (t *Track) average() {
	usual := t.stats.bps.Load()
	if before := t.stats.usual.Load(); before > 0 {
		usual = (before + usual) / 2
	}
	thinned := usual
	for layer := len(t.window.temporal) - 1; layer > 0; layer-- {
		if highest := t.window.temporal[layer]; highest > 0 {
			thinned -= uint64(float64(usual) * float64(highest) / float64(t.window.bytes))
			break
		}
	}
	t.stats.usual.Store(usual)
	t.stats.thinned.Store(thinned)
	t.stats.least.Store(uint64(float64(usual) * float64(t.window.temporal[0]) / float64(max(t.window.bytes, 1))))
}

// RequestKeyFrame says that a viewer needs a key frame to go on. However many
// do, the publisher is asked at most once a second, and again until one has
// come.
func (t *Track) RequestKeyFrame(at time.Time) {
	if t.Kind == Video {
		t.keyFrameWanted.Store(true)
		t.askForKeyFrame(at)
	}
}

// needKeyFrame is RequestKeyFrame for a viewer that could not start with p.
func (t *Track) needKeyFrame(p *Packet) {
	if key := t.lastKey.Load(); key == nil || p.arrival >= key.arrival {
		t.RequestKeyFrame(p.Arrival)
	}
}

func (t *Track) askForKeyFrame(at time.Time) {
	now, last := int64(at.Sub(t.created)), t.keyFrameAsked.Load()
	if now-last < int64(t.publication.source.router.options.Limits.KeyFrames) || !t.keyFrameAsked.CompareAndSwap(last, now) {
		return
	}
	if ask := t.publication.options.RequestKeyFrame; ask != nil {
		t.stats.keyFrameRequests.Add(1)
		ask(t)
	}
}

// Retire says that no more packets will come for now, and that another track
// of the publication has its place: the publisher has changed the codec.
// Restore takes it back.
func (t *Track) Retire() { t.retired.Store(true) }

// Restore takes Retire back.
func (t *Track) Restore() { t.retired.Store(false) }

// Sync takes from a sender report (RFC 3550 §6.4.1) that the RTP timestamp
// stands for the moment at, on the publisher's clock; the report arrived at
// arrival. Tracks of a publication are played in step by what is told here.
func (t *Track) Sync(at time.Time, timestamp uint32, arrival time.Time) {
	t.clock.Store(&trackClock{at: at, clock: t.publication.clockAt(at, arrival), timestamp: timestamp})
}

// TimestampAt returns the RTP timestamp that stands for a moment on our
// clock: what a sender report to a viewer says. Before the publisher's first
// report, and the first after its clock was set, it goes by the arrival of the
// newest packet; false before that.
func (t *Track) TimestampAt(at time.Time) (uint32, bool) {
	if c := t.clock.Load(); c != nil && c.clock == t.publication.clock.Load() {
		return c.timestamp + t.ticks(at.Sub(c.at.Add(c.clock.offset))), true
	}
	if p := t.newest.Load(); p != nil {
		return p.Header.Timestamp + t.ticks(at.Sub(p.Arrival)), true
	}
	return 0, false
}

// Stats counts the track's packets.
func (t *Track) Stats() TrackStats {
	size := t.stats.size.Load()
	return TrackStats{
		TrackInfo:     t.TrackInfo,
		Width:         int(size >> 16),
		Height:        int(size & 0xffff),
		Packets:       t.stats.packets.Load(),
		Bytes:         t.stats.bytes.Load(),
		Lost:          t.stats.lost(),
		BitsPerSecond: t.stats.bps.Load(),
		Usual:         t.stats.usual.Load(),
		Resting:       t.resting.Load(),
	}
}

// ticks is a duration in units of the RTP timestamp; negative ones wrap, as
// timestamps do.
func (t *Track) ticks(d time.Duration) uint32 {
	return uint32(int64(d.Seconds() * float64(t.Codec.ClockRate)))
}

func (t *Track) area() uint32 {
	size := t.stats.size.Load()
	return (size >> 16) * (size & 0xffff)
}

// sends says whether the track has not paused while another one went on until
// newest.
func (t *Track) sends(newest time.Time) bool {
	p := t.newest.Load()
	return p != nil && !t.retired.Load() && newest.Sub(p.Arrival) <= layerPause
}
