package peer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// stalls are the times at which something on a busy machine does not run: what
// is due meanwhile is done at the end of it.
type stalls struct {
	chance     *rand.Rand
	share      float64 // of the time
	longest    time.Duration
	from, till time.Duration // the present one, or the next
}

// done returns when something is done that is due at a time. Times ascend.
func (s *stalls) done(due time.Duration) time.Duration {
	if s.share == 0 {
		return due
	}
	for due >= s.till {
		length := 5*time.Millisecond + time.Duration(s.chance.Int64N(int64(s.longest-5*time.Millisecond)))
		mean := float64(s.longest) / 2 * (1 - s.share) / s.share
		s.from = s.till + time.Duration(s.chance.ExpFloat64()*mean)
		s.till = s.from + length
	}
	if due < s.from {
		return due
	}
	return s.till
}

// busy is a viewer of one layer on a network that carries anything, where the
// server, the viewer, or both do not run for a part of the time.
type busy struct {
	leaving, reading, hearing stalls // between a packet's note and the socket; at the viewer; of reports at the server
	hasty                     bool   // the viewer reports while what has come waits to be read
}

// watch returns how much a viewer owed at worst, as package sfu reckons: above
// 150 ms it loses pictures. It comes with as much saved.
func (b *busy) watch(e *estimate, span time.Duration, bps float64) (owed time.Duration, changes int) {
	const size, interval, delay = 1000, 50 * time.Millisecond, time.Millisecond
	var air []arrival
	var report time.Duration
	var free, heardAt time.Duration
	const most = 0.15
	waiting, before, saved := 0.0, 0.0, most
	for at := time.Duration(0); at < span; at += time.Second / 30 {
		noted := max(at, free) // the worker, which is one goroutine, notes it when it comes to it
		free = b.leaving.done(noted)
		came := b.reading.done(free + delay)
		for waiting += bps / 30 / 8; waiting >= size; waiting -= size {
			air = append(air, arrival{sent: noted, came: came, size: size})
		}
		for report+interval <= at {
			report += interval
			made := report
			if !b.hasty {
				made = b.reading.done(report)
			}
			heard := max(b.hearing.done(made+delay), heardAt)
			heardAt = heard
			ready := slices.IndexFunc(air, func(a arrival) bool { return a.came > made })
			if ready < 0 {
				ready = len(air)
			}
			for _, a := range air[:ready] {
				a.heard = heard
				e.take(a)
			}
			air = air[ready:]
			e.conclude(time.Unix(1_000_000, 0).Add(heard))
			if e.limit != before {
				changes++
				before = e.limit
			}
			if e.limit > 0 { // as of when the report is heard, and so a little early
				saved = min(saved+interval.Seconds()*(1-bps/e.limit), most)
			} else {
				saved = most
			}
			owed = max(owed, time.Duration(-saved*1e9))
		}
	}
	return owed, changes
}

// A machine that has too much to do, where nothing is lost and the network is
// wide, is no congestion: to send less would cost pictures, and help no one.
func TestABusyMachineIsNoCongestion(t *testing.T) {
	for _, where := range []string{"server", "viewer", "hasty viewer", "reports", "everywhere"} {
		for _, share := range []float64{0.1, 0.3, 0.5, 0.7, 0.9} {
			for _, longest := range []time.Duration{20, 50, 100, 200} {
				longest *= time.Millisecond
				t.Run(fmt.Sprintf("%s %.0f%% up to %v", where, share*100, longest), func(t *testing.T) {
					var worst time.Duration
					changes := 0
					for seed := range uint64(5) {
						stall := func(n uint64) stalls {
							return stalls{chance: rand.New(rand.NewPCG(seed, n)), share: share, longest: longest}
						}
						var b busy
						switch where {
						case "server":
							b.leaving = stall(1)
						case "viewer":
							b.reading = stall(2)
						case "hasty viewer":
							b.reading, b.hasty = stall(2), true
						case "reports":
							b.hearing = stall(3)
						default:
							b.leaving, b.reading, b.hearing = stall(1), stall(2), stall(3)
						}
						var e estimate
						owed, n := b.watch(&e, 2*time.Minute, 2_000_000)
						worst, changes = max(worst, owed), changes+n
					}
					if worst > 150*time.Millisecond {
						t.Errorf("%v owed, %d changes of the estimate", worst, changes)
					}
				})
			}
		}
	}
}
