package rtmp

import "time"

const (
	// paceLead is how far ahead of its time a publisher's media may come:
	// encoders begin with what they have gathered while they connected.
	paceLead = time.Second
	// paceSlack is what part of the time a lead shrinks: more than the clocks
	// of encoders are wrong by, so that one which is a little fast is never
	// held back, and too little to be seen.
	paceSlack = 200
	// paceLag is how far behind its time a track is taken to be at the most: what
	// was late may come faster for so long.
	paceLag = 10 * time.Second
)

// pace holds back a publisher that sends faster than its media play, such as
// ffmpeg without -re: what is read later waits in the encoder. There is one for
// each track, so that one which lags does not make the other seem early.
type pace struct {
	begun   bool
	lead    time.Duration
	media   time.Duration
	arrival time.Time
}

// wait is how long a message with a media time has to wait: clockStep at
// the most.
func (p *pace) wait(media time.Duration, arrival time.Time) time.Duration {
	if !p.begun {
		*p = pace{begun: true, media: media, arrival: arrival}
	}
	passed := max(arrival.Sub(p.arrival), 0)
	if p.lead > 0 {
		p.lead = max(0, p.lead-passed/paceSlack)
	}
	p.lead = min(max(p.lead+(media-p.media)-passed, -paceLag), paceLead+clockStep)
	p.media, p.arrival = media, arrival
	return max(p.lead-paceLead, 0)
}
