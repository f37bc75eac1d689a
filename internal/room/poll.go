package room

import "time"

// PollStart asks everybody a question (poll.start). Text, when given, is the
// whole question as ParsePoll reads it, and Q, Options and Correct are left out.
type PollStart struct {
	Text      string   `json:"text,omitempty"`
	Q         string   `json:"q"`
	Options   []string `json:"options,omitempty"` // 2 to 10; none: people answer in words
	Multi     bool     `json:"multi,omitempty"`
	Anonymous bool     `json:"anonymous,omitempty"` // who answered what is not kept, not even here
	Correct   []int    `json:"correct,omitempty"`   // indexes of Options, from 0
	Seconds   int      `json:"seconds,omitempty"`   // closes by itself; 0 does not
}

// PollStarted is its reply.
type PollStarted struct {
	Poll string `json:"poll"`
}

// PollVote answers (poll.vote). Until the poll closes the last answer counts; of an anonymous one the first.
type PollVote struct {
	Poll   string `json:"poll"`
	Choice []int  `json:"choice,omitempty"`
	Text   string `json:"text,omitempty"`
}

// PollVoted is its reply.
type PollVoted struct {
	Counted bool `json:"counted"` // false: an anonymous answer was there already
}

// PollClose takes no more answers (poll.close).
type PollClose struct {
	Poll string `json:"poll"`
}

// PollPublish shows the result to everybody (poll.publish), and what is correct with Reveal.
type PollPublish struct {
	Poll   string `json:"poll"`
	Reveal bool   `json:"reveal,omitempty"`
}

// PollState is where a poll stands.
type PollState string

// The states.
const (
	PollOpen      PollState = "open"
	PollClosed    PollState = "closed"
	PollPublished PollState = "published"
)

// Poll is a poll as one audience sees it (poll.update): the staff sees the
// answers as they come, everybody else when they are published.
type Poll struct {
	Poll      string     `json:"poll"`
	Q         string     `json:"q"`
	Options   []string   `json:"options,omitempty"`
	Multi     bool       `json:"multi,omitempty"`
	Anonymous bool       `json:"anonymous,omitempty"`
	State     PollState  `json:"state"`
	At        time.Time  `json:"at"`
	Ends      *time.Time `json:"ends,omitempty"`
	Voted     int        `json:"voted"`             // how many have answered
	Tally     []int      `json:"tally,omitempty"`   // answers by option
	Words     []Word     `json:"words,omitempty"`   // answers in words, most frequent first
	Correct   []int      `json:"correct,omitempty"` // for the staff, and for all when revealed
	Missing   []Ref      `json:"missing,omitempty"` // staff: who has not answered; of an anonymous poll only when it is closed
	Mine      *PollMine  `json:"mine,omitempty"`    // in a welcome: one's own answer
}

// Word is an answer in words and how many gave it.
type Word struct {
	Text string `json:"text"`
	N    int    `json:"n"`
}

// PollMine is one's own answer; of an anonymous poll only that there is one.
type PollMine struct {
	Choice []int  `json:"choice,omitempty"`
	Text   string `json:"text,omitempty"`
}

func (PollStart) needs() Cap   { return CapModerate }
func (PollVote) needs() Cap    { return CapVote }
func (PollClose) needs() Cap   { return CapModerate }
func (PollPublish) needs() Cap { return CapModerate }
