package room

import (
	"encoding/json"
	"strings"
	"time"
)

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

// maxAppData is the longest message of a third party's program.
const maxAppData = 16 << 10

// appCost is what a message of a program costs besides its data.
const appCost = 256

// appBytes is what all peers' programs together may send to the staff: much less
// than what makes a teacher's connection too slow, and enough for an answer of
// everybody's at once.
var appBytes = rate{512 << 10, time.Second / (128 << 10)}

func (c AppSend) do(t *turn) error {
	m := t.actor
	switch {
	case !strings.HasPrefix(c.Kind, "x-") || len(c.Kind) > maxName:
		return invalid("kind", "it begins with x-")
	case len(c.Data) > maxAppData:
		return &Error{Code: CodeTooLarge, Field: "data", Message: "the data is too long"}
	case c.To != "staff" && !t.isStaff(m):
		return &Error{Code: CodeForbidden, Field: "to", Hint: string(CapModerate), Message: "you may write to the staff"}
	}
	to := staff
	switch c.To {
	case "staff":
	case "*":
		to = everyone
	default:
		other, err := t.present(MemberID(c.To), "to")
		if err != nil {
			return err
		}
		to = only(other.ID)
	}
	if err := m.buckets.app.take(t.at, appRate); err != nil {
		return err
	}
	if !t.isStaff(m) {
		if err := t.apps.takeMany(t.at, appBytes, float64(appCost+len(c.Data))); err != nil {
			return err
		}
	}
	data := c.Data
	if len(data) == 0 {
		data = json.RawMessage("null")
	}
	t.emit("app.message", to, ClassState, AppMessage{From: m.ID, Kind: c.Kind, Data: data})
	return nil
}

func (c CaptionLine) do(t *turn) error {
	said, err := written("text", c.Text, maxText)
	if err != nil {
		return err
	}
	if _, err := t.present(c.Member, "member"); err != nil {
		return err
	}
	if err := t.actor.buckets.caption.take(t.at, captionRate); err != nil {
		return err
	}
	c.Text, c.Lang = said, cut(c.Lang, maxMid)
	t.pass("caption.line", everyone, "caption:"+string(c.Member), c)
	return nil
}
