package sfu

import "time"

// SetSize says how large the picture is shown, in pixels: no layer is forwarded
// that is larger than what that needs. 0 by 0 is without a bound, as at first.
// It takes effect with the layer's next key frame, and may be called from any
// goroutine.
func (s *Subscription) SetSize(width, height int) {
	const most = 1 << 14 // larger than any picture
	s.area.Store(uint32(min(max(width, 0), most) * min(max(height, 0), most)))
}

// activeWithin is how long a source may be silent that is said to send.
const activeWithin = 2 * time.Second

// Active says whether there is something for the subscription to forward at a
// moment: the source sends what it is subscribed to, and it is not paused.
func (s *Subscription) Active(at time.Time) bool {
	p := s.viewer.source.live.Load()
	if p == nil || s.paused.Load() {
		return false
	}
	newest := newestArrival(p.Tracks(), s.kind)
	return !newest.IsZero() && at.Sub(newest) <= activeWithin
}

// enough cuts off the rungs above the lowest that has half of an area or more:
// a picture that is stretched so little still looks sharp.
func enough(rungs []rung, area uint32) []rung {
	if area == 0 {
		return rungs
	}
	for i, r := range rungs {
		if r.area >= area/2 {
			return rungs[:i+1]
		}
	}
	return rungs
}

// Starved says that pictures are left out up to the next key frame, because the
// network does not carry them.
func (s *Subscription) Starved() bool { return s.starved.Load() }

// Limited says that the network, and nothing else, keeps the viewer from a
// better layer.
func (s *Subscription) Limited() bool {
	bitrate := s.bitrate.Load()
	return bitrate > 0 && s.layer.Load() == nil && bitrate < s.wanted.Load()
}
