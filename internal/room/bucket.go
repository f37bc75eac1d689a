package room

import "time"

// bucket is a token bucket. The zero bucket is full.
type bucket struct {
	used float64 // tokens taken and not yet back
	at   time.Time
}

// rate is what a bucket gives: burst at once, one more every interval.
type rate struct {
	burst float64
	every time.Duration
}

// Rate is what somebody may do: Burst at once, PerSecond in the long run. The
// zero Rate is the default of where it stands.
type Rate struct {
	PerSecond float64
	Burst     int
}

// The rates of a person where Settings say nothing.
var (
	defaultChat    = Rate{0.5, 5} // 5 in 10 s
	defaultDanmaku = Rate{0.5, 1}
)

// times is a Rate that many times as much.
func (r Rate) times(n int) rate {
	return rate{float64(r.Burst * n), time.Duration(float64(time.Second) / r.PerSecond / float64(n))}
}

// per is how many there may be in that many seconds, in the long run.
func (r Rate) per(seconds float64) int { return int(r.PerSecond*seconds + 0.5) }

// The other rates of a person. Whoever is of the staff writes four times as much.
var (
	handRate    = rate{5, time.Second}
	reactRate   = rate{10, time.Second / 5}
	voteRate    = rate{4, time.Second / 2}
	boardRate   = rate{20, time.Second / 20}
	liveRate    = rate{30, time.Second / 30}
	appRate     = rate{10, time.Second / 5}
	captionRate = rate{10, time.Second / 5}
	listRate    = rate{10, time.Second / 2} // lists and pages, which cost the server more than the person
	offerRate   = rate{10, 2 * time.Second} // an offer costs the server more than anything else
	askRate     = rate{10, time.Second}     // what rings at somebody else
)

// buckets are one member's.
type buckets struct {
	hand, chat, danmaku, react, vote, board, live, app, caption, list, offer, ask bucket
}

// take takes a token, or says when there is one. A refusal changes nothing.
func (b *bucket) take(at time.Time, r rate) error { return b.takeMany(at, r, 1) }

// takeMany takes so many tokens at once, or none.
func (b *bucket) takeMany(at time.Time, r rate, n float64) error {
	used := max(0, b.used-float64(at.Sub(b.at))/float64(r.every))
	if used+n > r.burst {
		return &Error{Code: CodeRateLimited, Message: "too often",
			RetryAfter: time.Duration((used+n-r.burst)*float64(r.every)).Round(time.Millisecond) + time.Millisecond}
	}
	b.used, b.at = used+n, at
	return nil
}
