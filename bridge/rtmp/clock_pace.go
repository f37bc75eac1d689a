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
	// paceMost is the longest wait, and how far behind its time media are kept
	// in mind: what was late may come faster for so long.
	paceMost = 10 * time.Second
)

// pace holds back a publisher that sends faster than its media play, such as
// ffmpeg without -re: what is read later waits in the encoder.
type pace struct {
	begun   bool
	lead    time.Duration
	media   time.Duration
	arrival time.Time
}

// wait is how long a message with a media time has to wait.
func (p *pace) wait(media time.Duration, arrival time.Time) time.Duration {
	if !p.begun {
		*p = pace{begun: true, media: media, arrival: arrival}
	}
	passed := max(arrival.Sub(p.arrival), 0)
	if p.lead > 0 {
		p.lead = max(0, p.lead-passed/paceSlack)
	}
	p.lead = max(p.lead+(media-p.media)-passed, -paceMost)
	p.media, p.arrival = media, arrival
	return min(max(p.lead-paceLead, 0), paceMost)
}
