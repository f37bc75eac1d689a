package bench

import (
	"os"
	"time"
)

// observation is how things stand at a moment.
type observation struct {
	at     time.Duration // since the run began
	counts Counts
	consumption
	own   time.Duration // the bench's own processor time; 0 where it is not known
	drops int64         // at the bench's own sockets
}

func (r *run) observe() (observation, error) {
	used, err := consume(r.options.PIDs)
	if err != nil {
		return observation{}, err
	}
	own, err := cpuOf(os.Getpid())
	if err != nil {
		own = 0
	}
	ports := map[int]bool{}
	for _, v := range r.joinedViewers() {
		ports[v.mux.address.Port] = true
	}
	return observation{
		at: time.Since(r.workshop.began), counts: r.counts(), consumption: used, own: own, drops: socketDrops(ports),
	}, nil
}
