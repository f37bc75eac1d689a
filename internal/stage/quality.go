package stage

import (
	"time"

	"lectern/internal/classroom"
)

const (
	// A connection counts as fair or poor when so much of it is lost: with 3 %
	// pictures freeze now and then, with 10 % there is little to be seen.
	fairLoss = 0.03
	poorLoss = 0.10
	// What gets worse is told after worseAfter, what gets better after betterAfter,
	// so that nobody is told of a single bad moment, or back and forth.
	worseAfter  = 5 * time.Second
	betterAfter = 10 * time.Second
	// fewPackets are too few to say how many are lost.
	fewPackets = 20
)

// score is how well media travel in one direction: one of those that
// classroom.StageEvents has.
type score string

const (
	good score = "good"
	fair score = "fair"
	poor score = "poor"
)

// rank orders them, the worst last.
var rank = map[score]int{good: 0, fair: 1, poor: 2}

// ofLoss is the score of a connection that loses that part.
func ofLoss(part float64) score {
	switch {
	case part >= poorLoss:
		return poor
	case part >= fairLoss:
		return fair
	}
	return good
}

// gauge decides what is told of one direction of a member. The zero value is
// ready: it tells the first score at once.
type gauge struct {
	told  score
	other score     // what it has been instead of late,
	since time.Time // without a break
}

// take takes a score, and says whether it is to be told.
func (g *gauge) take(at time.Time, now score) bool {
	switch {
	case g.told == "":
		g.told = now
		return true
	case now == g.told:
		g.other = ""
		return false
	case g.other == "" || (rank[g.other] > rank[g.told]) != (rank[now] > rank[g.told]):
		g.other, g.since = now, at
		return false
	}
	g.other = now
	wait := betterAfter
	if rank[now] > rank[g.told] {
		wait = worseAfter
	}
	if at.Sub(g.since) < wait {
		return false
	}
	g.told, g.other = now, ""
	return true
}

// travel is how a member's media travel.
type travel struct {
	up, down           gauge
	expected, received uint64 // of what he has sent, by the time before
}

// qualityLocked looks at how a member's media travel, once a second.
func (s *stage) qualityLocked(m *member, at time.Time) (news []tidings) {
	if c := m.pub; c != nil && c.up {
		if now := m.travel.upward(c.tracks.Received()); m.travel.up.take(at, now) {
			news = append(news, quality(m.id, "up", now, "camera_off"))
		}
	}
	if c := m.sub; c != nil && c.up {
		now := ofLoss(c.seats.Loss())
		for i := range s.seats {
			switch _, video := c.seats.Subscriptions(i); {
			case video == nil || m.wishes[i].NoVideo || !video.Active(at):
			case video.Starved():
				now = poor
			case video.Limited() && now == good:
				now = fair
			}
		}
		if m.travel.down.take(at, now) {
			news = append(news, quality(m.id, "down", now, "saver"))
		}
	}
	return news
}

// upward is the score of what has come since the time before.
func (t *travel) upward(expected, received uint64) score {
	packets, came := expected-t.expected, received-t.received
	if expected < t.expected || received < t.received { // another connection, or numbers that began anew
		packets = 0
	}
	t.expected, t.received = expected, received
	if packets < fewPackets || came >= packets {
		return good
	}
	return ofLoss(float64(packets-came) / float64(packets))
}

func quality(id, way string, now score, hint string) tidings {
	if now == good {
		hint = ""
	}
	return func(e classroom.StageEvents) { e.Quality(id, way, string(now), hint) }
}
