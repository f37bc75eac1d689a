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

// Stats returns the present counts.
func (h *Hooks) Stats() Stats {
	var sum Stats
	add := func(p *place) {
		if p != nil {
			sum.Answered += p.counts.answered.Load()
			sum.Failed += p.counts.failed.Load()
			sum.Dropped += p.counts.dropped.Load()
		}
	}
	for _, p := range []*place{h.connect, h.publish, h.play, h.update} {
		add(p)
	}
	for _, q := range []*queue{h.published, h.played} {
		if q != nil {
			add(q.place)
		}
	}
	return sum
}
