package bench

import (
	"sync"
	"time"
)

// departureWindow is for how many pictures it is remembered when they left: four
// seconds of most streams.
const departureWindow = 256

// departures are when the bench's pictures have left. The stamp in a picture is
// older: it is packed and encrypted after that, by the bench.
type departures struct {
	mu   sync.Mutex
	last [departureWindow]departure
	n    int
}

// departure is when a picture was stamped, and when it left, since the run
// began.
type departure struct{ stamp, left time.Duration }

func (d *departures) note(stamp, left time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last[d.n%departureWindow] = departure{stamp, left}
	d.n++
}

// of returns when the picture with a stamp has left; by the stamp alone when
// that is forgotten.
func (d *departures) of(stamp time.Duration) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range min(d.n, departureWindow) {
		if one := d.last[(d.n-1-i)%departureWindow]; one.stamp == stamp {
			return one.left
		}
	}
	return stamp
}
