package room

import (
	"cmp"
	"slices"
	"time"
)

// HandRaise puts one in the queue, or changes mood and note without losing the place (hand.raise).
type HandRaise struct {
	Mood string `json:"mood,omitempty"` // "question" (or ""), "done", "slower", "lost"
	Note string `json:"note,omitempty"` // at most 120 characters
}

// HandReply is one's place, from 1.
type HandReply struct {
	Pos int `json:"pos"`
}

// HandLower takes a hand down (hand.lower): one's own, or as staff a member's, or everybody's with "*".
type HandLower struct {
	Member MemberID `json:"member,omitempty"`
}

// HandOwn is hand.update for the person whose hand it is.
type HandOwn struct {
	Raised bool `json:"raised"`
	Pos    int  `json:"pos"` // from 1; 0 when not raised
}

// HandQueue is hand.update for the staff: the whole queue, in the order of raising.
type HandQueue struct {
	Queue []Hand `json:"queue"`
}

// Hand is one raised hand.
type Hand struct {
	Member MemberID  `json:"member"`
	Name   string    `json:"name"`
	Since  time.Time `json:"since"`
	Mood   string    `json:"mood"`
	Note   string    `json:"note,omitempty"`
	Lost   bool      `json:"lost,omitempty"` // the person's connection is gone, the place is kept
}

func (HandRaise) needs() Cap { return CapHand }
func (HandLower) needs() Cap { return capAny }

// hand is a raised hand as the room knows it.
type hand struct {
	Since time.Time
	Mood  string
	Note  string
}

func (c HandRaise) do(t *turn) error {
	mood := cmp.Or(c.Mood, "question")
	if err := oneOf("mood", mood, "question", "done", "slower", "lost"); err != nil {
		return err
	}
	m := t.actor
	if err := m.buckets.hand.take(t.at, handRate); err != nil {
		return err
	}
	if m.Hand == nil {
		m.Hand = &hand{Since: t.at}
		m.Hands++
		t.Queue = append(t.Queue, m.ID)
		t.gathered.count.dirty = true
		t.announce(m)
	}
	m.Hand.Mood, m.Hand.Note = mood, line(c.Note, maxNote)
	t.gathered.hands.dirty = true
	t.reply(HandReply{Pos: t.place(m)})
	return nil
}

func (c HandLower) do(t *turn) error {
	m := t.actor
	if c.Member != "" && c.Member != m.ID {
		if !t.isStaff(m) {
			return &Error{Code: CodeForbidden, Hint: string(CapModerate), Message: "it is not your hand"}
		}
		if c.Member == "*" {
			for len(t.Queue) > 0 {
				t.lowerHand(t.Members[t.Queue[0]])
			}
			return nil
		}
		m = t.Members[c.Member]
	}
	if m == nil || m.Hand == nil {
		return refuse(CodeBadState, "the hand is down")
	}
	t.lowerHand(m)
	return nil
}

func (t *turn) lowerHand(m *member) {
	m.Hand = nil
	t.Queue = without(t.Queue, m.ID)
	t.gathered.hands.dirty, t.gathered.count.dirty = true, true
	t.announce(m)
	if m.sent.handPos != 0 {
		m.sent.handPos = 0
		t.emit("hand.update", only(m.ID), ClassVital, HandOwn{})
	}
}

// place is a member's place in the queue, from 1, or 0.
func (r *Room) place(m *member) int { return slices.Index(r.Queue, m.ID) + 1 }

func (r *Room) queue() []Hand {
	hands := make([]Hand, 0, len(r.Queue))
	for _, id := range r.Queue {
		m := r.Members[id]
		hands = append(hands, Hand{Member: id, Name: m.Name, Since: m.Hand.Since, Mood: m.Hand.Mood, Note: m.Hand.Note,
			Lost: m.lost() || m.Where == gone})
	}
	return hands
}

func (t *turn) sendQueue() {
	for i, id := range t.Queue {
		if m := t.Members[id]; m.sent.handPos != i+1 {
			m.sent.handPos = i + 1
			t.emit("hand.update", only(id), ClassVital, HandOwn{Raised: true, Pos: i + 1})
		}
	}
	t.emit("hand.update", staff, ClassState, HandQueue{Queue: t.queue()})
}
