package peer

import (
	"sync"
	"time"

	"lectern/sfu"
)

const (
	// packetOverhead is what a packet has around its payload, in bytes: IP and
	// UDP, the RTP header with an extension, and the tag of SRTP.
	packetOverhead = 28 + 24 + 16
	// payloadShare is the payload's part of a packet of video.
	payloadShare = 0.93

	// Whether the network carries what the next better layer needs is tried by
	// padding, which becomes more for probeRamp and ends after probeTime, or at
	// once when there is a queue of probeQueue. It is tried probeAfter after there
	// was congestion; as long as the network does not carry it, later by half each
	// time, up to probeLatest. Not more than probeStep times the estimate is tried
	// at once.
	probeRamp   = 300 * time.Millisecond
	probeTime   = 900 * time.Millisecond
	probeQueue  = 30 * time.Millisecond
	probeAfter  = 3 * time.Second
	probeLatest = 8 * time.Second
	probeMargin = 1.2
	probeStep   = 2
	// paddingSize is the most that one packet can have (RFC 3550 §5.1), and
	// paddingBurst how many are sent at once.
	paddingSize  = 255
	paddingBurst = 48
)

// path is the network to one viewer: what is sent on it, what the viewer says
// of that, and what it carries. The sound has its part first; the rest is for
// the picture.
//
// The worker that sends and the goroutine that brings reports meet here.
type path struct {
	mu         sync.Mutex
	departures departures
	estimate   estimate
	reported   bool // there are reports of arrivals; other ones do not count then
	rated      bool // the viewer makes an estimate itself
	bucket     struct {
		at           time.Time
		sound, video int // bytes in the present second
	}
	sound, video float64 // bits a second

	probe struct {
		from, target float64 // bits a second on the wire; 0 while there is none
		began        time.Time
		sent         int // bytes since
		next         time.Time
		pause        time.Duration
		congestedAt  time.Time
	}
	picture rated
	losses  int // reports of much loss on end, where there are no better ones

	padder *sender // the last one with pictures, nil for sound alone; for who has begun a burst
}

// rated is what gets the bits that the sound leaves: one picture, or those of
// several seats.
type rated interface {
	SetBitrate(bps uint64)
	Wanted() uint64
	SetLossy(lossy bool)
}

// show tells whose bit rate depends on the path.
func (x *path) show(picture rated) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.picture = picture
}

// depart notes a packet that is sent now, and returns its number.
func (x *path) depart(kind sfu.Kind, payload int, at time.Time) uint16 {
	size := payload + packetOverhead
	x.mu.Lock()
	defer x.mu.Unlock()
	x.count(kind, size, at)
	return x.departures.note(size, at)
}

func (x *path) count(kind sfu.Kind, size int, at time.Time) {
	if span := at.Sub(x.bucket.at); span >= time.Second {
		if !x.bucket.at.IsZero() {
			x.sound = float64(x.bucket.sound*8) / span.Seconds()
			x.video = float64(x.bucket.video*8) / span.Seconds()
		}
		x.bucket.at, x.bucket.sound, x.bucket.video = at, 0, 0
	}
	if kind == sfu.Audio {
		x.bucket.sound += size
	} else {
		x.bucket.video += size
	}
	if x.probe.target > 0 {
		x.probe.sent += size
	}
}

// arrived takes a report of arrivals.
func (x *path) arrived(b []byte, at time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.reported = true
	x.departures.read(b, at, x.estimate.take)
	if x.estimate.conclude(at) {
		x.tellLocked(at)
	}
}

// allowed takes an estimate that the viewer made itself (REMB), in bits a
// second. It counts where there are no reports of arrivals.
func (x *path) allowed(bps float64, at time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.reported {
		return
	}
	x.rated = true
	x.estimate.limit = min(max(bps, estimateFloor), estimateMost)
	x.tellLocked(at)
}

// lost takes the part of the packets of video that a reception report says were
// lost, of 256. It counts where the viewer says nothing better.
func (x *path) lost(part uint8, at time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.reported || x.rated {
		return
	}
	e := &x.estimate
	if float64(part) <= lossWithoutQueue*256 {
		x.losses = 0
		e.limit = min(e.limit*(1+estimateGrowth), estimateMost)
	} else if x.losses++; x.losses >= 2 {
		x.losses = 0
		e.limit = max((x.sound+x.video)*(1-float64(part)/256), estimateFloor)
		e.congestedAt = at
	}
	x.tellLocked(at)
}

// loss is the part of the packets that were lost in the last two seconds.
func (x *path) loss() float64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	part, packets := x.estimate.lossOf(estimateWindows)
	if packets < lossLeast {
		return 0
	}
	return part
}

// tellLocked gives the picture what the sound leaves, and tries for more when
// that would be of use.
func (x *path) tellLocked(at time.Time) {
	limit := x.estimate.limit
	if x.picture == nil {
		return
	}
	x.picture.SetLossy(x.estimate.lossy())
	if limit == 0 {
		x.picture.SetBitrate(0)
		x.probe.target = 0
		return
	}
	x.picture.SetBitrate(uint64(max(limit-x.sound, estimateFloor/2) * payloadShare))
	p := &x.probe
	switch {
	case p.target > 0 && (p.congestedAt != x.estimate.congestedAt || x.estimate.waiting() > probeQueue+2*x.estimate.noise):
		p.pause = min(max(p.pause*3/2, probeAfter), probeLatest)
		p.target, p.next = 0, at.Add(p.pause)
	case p.congestedAt != x.estimate.congestedAt:
		p.next = at.Add(max(p.pause, probeAfter))
	}
	p.congestedAt = x.estimate.congestedAt
	const enough = 1.1
	wanted := float64(x.picture.Wanted())/payloadShare + x.sound
	switch {
	case p.target > 0 && at.Sub(p.began) > probeTime+probeRamp:
		p.target, p.pause, p.next = 0, 0, at.Add(probeRamp)
	case p.target == 0 && limit < wanted*enough && !at.Before(p.next) && x.reported && x.estimate.calm():
		p.from, p.target = limit, min(wanted*probeMargin, limit*probeStep)
		p.began, p.sent = at, 0
	}
}

// pad sends the padding that is due. It is called by the worker, for sound and
// picture alike.
func (x *path) pad(at time.Time) error {
	if x.padder == nil {
		return nil
	}
	if n := x.padding(at); n > 0 {
		x.padder.at = at
		return x.padder.pad(n)
	}
	return nil
}

// padding returns how many packets of padding are to be sent now.
func (x *path) padding(at time.Time) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	span := at.Sub(x.probe.began)
	if x.probe.target == 0 || span > probeTime {
		return 0
	}
	ramp := min(span, probeRamp)
	due := x.probe.target*span.Seconds() - (x.probe.target-x.probe.from)*(ramp.Seconds()-ramp.Seconds()*ramp.Seconds()/probeRamp.Seconds()/2)
	missing := int(due/8) - x.probe.sent
	return min(max(missing/(paddingSize+packetOverhead), 0), paddingBurst)
}
