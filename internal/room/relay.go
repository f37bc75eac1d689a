package room

import "encoding/json"

// AppSend passes a message of a third party's program on (app.send).
type AppSend struct {
	To   string          `json:"to"`   // "staff"; for the staff also "*" or a member
	Kind string          `json:"kind"` // begins with "x-"
	Data json.RawMessage `json:"data"` // at most 16 KiB
}

// AppMessage is how it arrives (app.message).
type AppMessage struct {
	From MemberID        `json:"from"`
	Kind string          `json:"kind"`
	Data json.RawMessage `json:"data"`
}

// CaptionLine is a line of captions (caption.line), both ways.
type CaptionLine struct {
	Member MemberID `json:"member"` // who spoke
	Text   string   `json:"text"`   // at most 500 characters
	Final  bool     `json:"final"`
	Lang   string   `json:"lang,omitempty"`
}

func (AppSend) needs() Cap     { return CapApp }
func (CaptionLine) needs() Cap { return CapCaption }
