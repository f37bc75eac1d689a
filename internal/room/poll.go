package room

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

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

const (
	maxPolls      = 50 // of a class; of more, the oldest closed one is forgotten here
	maxOpenPolls  = 5
	maxQuestion   = 500
	maxOptions    = 10
	maxOption     = 120
	maxAnswer     = 60
	maxSeconds    = 3600
	maxWords      = 50   // shown of the answers in words
	maxVotes      = 5000 // of a poll
	pollTextBytes = 8000
)

// poll is a question as the room knows it.
type poll struct {
	ID        string
	Q         string
	Options   []string
	Multi     bool
	Anonymous bool
	State     PollState
	At        time.Time
	Ends      *time.Time
	Correct   []int
	Reveal    bool

	Votes map[string]vote // by identity, of a poll that is not anonymous
	// Of an anonymous one only who has answered, and apart from it what was answered.
	Voted map[string]bool
	Tally []int
	Words map[string]int
	Left  []Ref // who had not answered when it closed

	dirty bool
}

// vote is an answer. Names are kept as they were.
type vote struct {
	Name   string
	Choice []int
	Text   string
}

func (c PollStart) do(t *turn) error {
	if c.Text != "" {
		read, err := ParsePoll(c.Text)
		if err != nil {
			return err
		}
		c.Q, c.Options, c.Correct = read.Q, read.Options, read.Correct
		c.Multi = c.Multi || len(read.Correct) > 1
	}
	p, err := c.poll()
	if err != nil {
		return err
	}
	open := 0
	for _, other := range t.Asked {
		if other.State == PollOpen {
			open++
		}
	}
	if open >= maxOpenPolls {
		return refuse(CodeBadState, "close a poll first")
	}
	if err := t.actor.buckets.ask.take(t.at, askRate); err != nil {
		return err
	}
	if len(t.Asked) == maxPolls {
		oldest := slices.IndexFunc(t.Asked, func(p *poll) bool { return p.State != PollOpen })
		t.Asked = slices.Delete(t.Asked, oldest, oldest+1)
	}
	p.ID, p.At, p.State = "q_"+strconv.FormatInt(t.nextID(), 36), t.at.UTC().Truncate(time.Millisecond), PollOpen
	if c.Seconds > 0 {
		ends := p.At.Add(time.Duration(c.Seconds) * time.Second)
		p.Ends = &ends
	}
	t.Asked = append(t.Asked, p)
	t.sendPoll(p)
	t.reply(PollStarted{Poll: p.ID})
	return nil
}

// poll checks a question.
func (c PollStart) poll() (*poll, error) {
	q, err := written("q", c.Q, maxQuestion)
	if err != nil {
		return nil, err
	}
	if len(c.Options) == 1 || len(c.Options) > maxOptions {
		return nil, invalid("options", "none, or from 2 to %d", maxOptions)
	}
	if c.Seconds < 0 || c.Seconds > maxSeconds {
		return nil, invalid("seconds", "it is from 0 to %d", maxSeconds)
	}
	p := &poll{Q: q, Multi: c.Multi, Anonymous: c.Anonymous, Votes: make(map[string]vote), Voted: make(map[string]bool),
		Tally: make([]int, len(c.Options)), Words: make(map[string]int)}
	for _, o := range c.Options {
		o, err := written("options", o, maxOption)
		if err != nil {
			return nil, err
		}
		p.Options = append(p.Options, o)
	}
	if p.Correct, err = p.choice("correct", c.Correct); err != nil {
		return nil, err
	}
	return p, nil
}

// choice checks indexes of options: each once, in order.
func (p *poll) choice(field string, choice []int) ([]int, error) {
	sorted := slices.Clone(choice)
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	if len(sorted) != len(choice) || len(sorted) > 0 && (sorted[0] < 0 || sorted[len(sorted)-1] >= len(p.Options)) {
		return nil, invalid(field, "each is an option, once")
	}
	return sorted, nil
}

func (t *turn) poll(id string) (*poll, error) {
	for _, p := range t.Asked {
		if p.ID == id {
			return p, nil
		}
	}
	return nil, &Error{Code: CodeNotFound, Field: "poll", Message: "there is no such poll"}
}

func (c PollVote) do(t *turn) error {
	p, err := t.poll(c.Poll)
	if err != nil {
		return err
	}
	if p.State != PollOpen {
		return &Error{Code: CodeBadState, Hint: string(p.State), Message: "the poll is closed"}
	}
	v, err := p.vote(c)
	if err != nil {
		return err
	}
	m := t.actor
	old, again := p.Votes[m.Identity]
	if !again && p.voted() >= maxVotes {
		return refuse(CodeTooLarge, "so many answers are not counted")
	}
	if err := m.buckets.vote.take(t.at, voteRate); err != nil {
		return err
	}
	if p.Voted[m.Identity] {
		t.reply(PollVoted{Counted: false})
		return nil
	}
	if again {
		p.count(old, -1)
	} else {
		m.Answers++
	}
	if p.Anonymous {
		p.Voted[m.Identity] = true
	} else {
		v.Name = m.Name
		p.Votes[m.Identity] = v
	}
	p.count(v, 1)
	p.dirty, t.gathered.polls.dirty = true, true
	t.reply(PollVoted{Counted: true})
	return nil
}

// vote checks an answer.
func (p *poll) vote(c PollVote) (vote, error) {
	if len(p.Options) == 0 {
		word, err := written("text", line(c.Text, maxText), maxAnswer)
		return vote{Text: word}, err
	}
	choice, err := p.choice("choice", c.Choice)
	if err != nil {
		return vote{}, err
	}
	if len(choice) == 0 || len(choice) > 1 && !p.Multi {
		return vote{}, invalid("choice", "choose one option")
	}
	return vote{Choice: choice}, nil
}

func (p *poll) voted() int { return len(p.Votes) + len(p.Voted) }

func (p *poll) count(v vote, by int) {
	for _, i := range v.Choice {
		p.Tally[i] += by
	}
	if v.Text == "" {
		return
	}
	word := strings.ToLower(v.Text)
	if p.Words[word] += by; p.Words[word] <= 0 {
		delete(p.Words, word)
	}
}

// forget removes a person's answer, as far as it can be told from others'.
func (p *poll) forget(m *member) {
	p.dirty = true
	p.Left = slices.DeleteFunc(slices.Clone(p.Left), func(r Ref) bool { return r.ID == m.ID })
	if v, ok := p.Votes[m.Identity]; ok {
		p.count(v, -1)
		delete(p.Votes, m.Identity)
	}
}

func (c PollClose) do(t *turn) error {
	p, err := t.poll(c.Poll)
	if err != nil {
		return err
	}
	if p.State != PollOpen {
		return refuse(CodeBadState, "the poll is closed")
	}
	t.closePoll(p)
	return nil
}

func (t *turn) closePoll(p *poll) {
	p.State, p.Left = PollClosed, t.missing(p)
	t.sendPoll(p)
	t.effect(SavePoll{t.result(p)})
}

func (c PollPublish) do(t *turn) error {
	p, err := t.poll(c.Poll)
	if err != nil {
		return err
	}
	if p.State == PollOpen {
		p.Left = t.missing(p)
	}
	p.State, p.Reveal = PollPublished, p.Reveal || c.Reveal
	t.sendPoll(p)
	t.effect(SavePoll{t.result(p)})
	return nil
}

func (t *turn) expirePolls() {
	for _, p := range t.Asked {
		if p.State == PollOpen && p.Ends != nil && !t.at.Before(*p.Ends) {
			t.closePoll(p)
		}
	}
}

// pollsDirty makes the staff see anew who has not answered: people came or went.
func (t *turn) pollsDirty() {
	for _, p := range t.Asked {
		if p.State == PollOpen && !p.Anonymous {
			p.dirty, t.gathered.polls.dirty = true, true
		}
	}
}

// sendPolls sends what the staff sees of polls that go on.
func (t *turn) sendPolls() {
	for _, p := range t.Asked {
		if p.dirty {
			p.dirty = false
			t.emit("poll.update", staff, ClassState, t.pollView(p, true))
			if p.State == PollPublished {
				t.emit("poll.update", peers, ClassState, t.pollView(p, false))
			}
		}
	}
}
