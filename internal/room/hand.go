package room

import "time"

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
	Raised  bool `json:"raised"`
	Pos     int  `json:"pos"` // from 1; 0 when not raised
	Waiting int  `json:"waiting"`
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
