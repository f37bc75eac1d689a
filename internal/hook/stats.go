package hook

// Stats are counted from the beginning, over all URLs.
type Stats struct {
	// Answered are the calls with an answer, whichever.
	Answered uint64
	// Failed are those without.
	Failed uint64
	// Dropped are what was not told because too much was waiting.
	Dropped uint64
}

// CallStats are the Stats of one URL.
type CallStats struct {
	Hook string // its setting: "on_publish"
	Stats
	// Waiting is how many calls have still to be told, at the moment.
	Waiting int
}

// Calls are the present counts of each URL.
func (h *Hooks) Calls() []CallStats {
	var list []CallStats
	for _, p := range []*place{h.connect, h.publish, h.play, h.update} {
		if p != nil {
			list = append(list, CallStats{Hook: p.setting, Stats: p.stats()})
		}
	}
	for _, q := range []*queue{h.published, h.played} {
		if q != nil {
			list = append(list, CallStats{Hook: q.place.setting, Stats: q.place.stats(), Waiting: len(q.waiting)})
		}
	}
	return list
}

func (p *place) stats() Stats {
	return Stats{Answered: p.counts.answered.Load(), Failed: p.counts.failed.Load(), Dropped: p.counts.dropped.Load()}
}

// Stats returns the present counts.
func (h *Hooks) Stats() Stats {
	var sum Stats
	for _, c := range h.Calls() {
		sum.Answered += c.Answered
		sum.Failed += c.Failed
		sum.Dropped += c.Dropped
	}
	return sum
}
