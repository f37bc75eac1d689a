package bench

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// progress writes a line a second.
type progress struct{ step atomic.Pointer[string] }

// say names what the run is doing; "" ends the lines.
func (p *progress) say(step string) { p.step.Store(&step) }

func (p *progress) run(ctx context.Context, r *run) {
	if r.options.Progress == nil {
		return
	}
	const interval = time.Second
	tick := time.NewTicker(interval)
	defer tick.Stop()
	last := observation{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		step := p.step.Load()
		now, err := r.observe()
		if err != nil || step == nil || *step == "" {
			continue
		}
		if last.at == 0 {
			last = now
			continue
		}
		r.options.Progress(r.line(*step, last, now))
		last = now
	}
}

func (r *run) line(step string, last, now observation) string {
	seconds := (now.at - last.at).Seconds()
	d := now.counts.minus(last.counts)
	line := fmt.Sprintf("%s: %d of %d viewers, %.0f packets/s, %.1f Mbit/s, %d lost", step, len(r.joinedViewers()), r.options.Viewers,
		float64(d.Packets)/seconds, float64(d.Bytes)*8/seconds/1e6, now.counts.Lost)
	if len(r.options.PIDs) > 0 {
		line += fmt.Sprintf(", server %.0f %% of a core, %d MiB", (now.cpu-last.cpu).Seconds()/seconds*100, now.rss>>20)
	}
	return line
}
