package room

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ChatSend writes in the chat (chat.send).
type ChatSend struct {
	Text    string `json:"text"`         // at most 500 characters
	To      string `json:"to,omitempty"` // "" everybody, "staff", or a member
	ReplyTo string `json:"reply_to,omitempty"`
	Nonce   string `json:"nonce,omitempty"` // the same message sent again is one message; at most 64 bytes
}

// ChatSent is its reply.
type ChatSent struct {
	Msg string    `json:"msg"`
	At  time.Time `json:"at"`
}

// Message is a line of the chat (chat.message). IDs of one room grow with time.
type Message struct {
	Msg     string    `json:"msg"`
	At      time.Time `json:"at"`
	Member  MemberID  `json:"member"`
	Name    string    `json:"name"`
	Role    Role      `json:"role"`
	Text    string    `json:"text"`
	To      string    `json:"to,omitempty"` // "" everybody, "staff", or a member
	ReplyTo string    `json:"reply_to,omitempty"`
	Danmaku bool      `json:"danmaku,omitempty"` // it flew over the stage
}

// ChatDelete takes a message away (chat.delete), also one's own.
type ChatDelete struct {
	Msg string `json:"msg"`
}

// ChatDeleted says that messages are gone (chat.deleted).
type ChatDeleted struct {
	Msg string `json:"msg,omitempty"`
	All bool   `json:"all,omitempty"`
	By  Ref    `json:"by"`
}

// ChatPin pins a message, or nothing with "" (chat.pin).
type ChatPin struct {
	Msg string `json:"msg"`
}

// ChatPinned says what is pinned (chat.pinned).
type ChatPinned struct {
	Message *Message `json:"message"`
}

// ChatClear takes all messages away (chat.clear).
type ChatClear struct{}

// ChatHistoryGet asks for older messages (chat.history).
type ChatHistoryGet struct {
	Before string `json:"before,omitempty"` // a message; "" is the newest
	Limit  int    `json:"limit,omitempty"`  // 1 to 100; 0 is 50
}

// ChatPage is a part of the chat, oldest first.
type ChatPage struct {
	Messages []Message `json:"messages"`
	More     bool      `json:"more"` // there are older ones
	Pinned   *Message  `json:"pinned,omitempty"`
}

func (ChatSend) needs() Cap       { return CapChat }
func (ChatDelete) needs() Cap     { return capAny } // of others: CapModerate
func (ChatPin) needs() Cap        { return CapModerate }
func (ChatClear) needs() Cap      { return CapModerate }
func (ChatHistoryGet) needs() Cap { return capAny }

const (
	unattendedSlow = 15 * time.Second // between messages while no staff is there
	sameFor        = 30 * time.Second // a message is not said twice in this time
	maxNonces      = 8
	maxNonce       = 64
	pageMost       = 100
	idMost         = 24
)

// nonce is a message that was sent, to answer the same again.
type nonce struct {
	Nonce string
	Sent  ChatSent
}

// wrote is the last message of a member.
type wrote struct {
	At   time.Time
	Text string
	To   string
}

// address matches what people click on.
var address = regexp.MustCompile(`(?i)://|\bwww\.|\b[a-z0-9-]+\.(com|net|org|io|info|biz|xyz|top|app|dev|edu|gov|me|tv|gg|ly|co|cn|ru|de|fr|uk|jp|kr)\b`)

func (c ChatSend) do(t *turn) error {
	m := t.actor
	if len(c.Nonce) > maxNonce {
		return &Error{Code: CodeTooLarge, Field: "nonce", Message: "the nonce is too long"}
	}
	for _, n := range m.nonces {
		if c.Nonce != "" && n.Nonce == c.Nonce {
			t.reply(n.Sent)
			return nil
		}
	}
	said, err := written("text", c.Text, maxText)
	if err != nil {
		return err
	}
	to, err := t.addressee(c.To)
	if err != nil {
		return err
	}
	if c.ReplyTo != "" && !messageID(c.ReplyTo) {
		return invalid("reply_to", "it is no message")
	}
	if err := t.mayWrite(m, said, to); err != nil {
		return err
	}

	msg := Message{Msg: "m_" + strconv.FormatInt(t.nextID(), 36), At: t.at.UTC().Truncate(time.Millisecond),
		Member: m.ID, Name: m.Name, Role: m.Role, Text: said, To: to, ReplyTo: c.ReplyTo}
	m.wrote = wrote{At: t.at, Text: said, To: to}
	m.Messages++
	sent := ChatSent{Msg: msg.Msg, At: msg.At}
	if c.Nonce != "" {
		m.nonces = append(m.nonces[max(0, len(m.nonces)-maxNonces+1):], nonce{c.Nonce, sent})
	}
	t.remember(msg)
	t.emit("chat.message", msg.audience(), ClassState, msg)
	t.effect(SaveChat{Identity: m.Identity, Message: msg})
	t.reply(sent)
	return nil
}

// addressee checks whom a message may go to, and where it goes.
func (t *turn) addressee(to string) (string, error) {
	if t.isStaff(t.actor) {
		if to == "" || to == "staff" {
			return to, nil
		}
		_, err := t.present(MemberID(to), "to")
		return to, err
	}
	if to == "" || to == "staff" {
		if t.Policy.Chat == "staff" {
			return "staff", nil
		}
		return to, nil
	}
	other, err := t.present(MemberID(to), "to")
	if err != nil {
		return "", err
	}
	if !t.isStaff(other) && (!t.Policy.PrivateChat || t.Policy.Chat == "staff") {
		return "", &Error{Code: CodeForbidden, Field: "to", Hint: "private_chat", Message: "here one writes to everybody or to the staff"}
	}
	return to, nil
}

// mayWrite says whether it is too soon, the same again, or a link.
func (t *turn) mayWrite(m *member, said, to string) error {
	if t.isStaff(m) {
		return m.buckets.chat.take(t.at, t.chatRate.times(4))
	}
	if !t.Policy.Links && address.MatchString(said) {
		return &Error{Code: CodeForbidden, Field: "text", Hint: "links", Message: "links are not allowed here"}
	}
	slow := time.Duration(t.Policy.SlowS) * time.Second
	if t.State == Unattended {
		slow = max(slow, unattendedSlow)
	}
	since := t.at.Sub(m.wrote.At)
	if since < slow {
		return &Error{Code: CodeRateLimited, Hint: "slow", Message: "slow mode", RetryAfter: slow - since}
	}
	if since < sameFor && said == m.wrote.Text && to == m.wrote.To {
		return &Error{Code: CodeConflict, Field: "text", Hint: "duplicate", Message: "you said this a moment ago"}
	}
	return m.buckets.chat.take(t.at, t.chatRate.times(1))
}

// audience is whom a message is for.
func (m *Message) audience() Audience {
	switch m.To {
	case "":
		return everyone
	case "staff":
		return staffAnd(m.Member)
	}
	return only(m.Member, MemberID(m.To))
}

// visible reports whether somebody may read a message.
func (m *Message) visible(to MemberID, isStaff bool) bool {
	return m.To == "" || m.Member == to || m.To == string(to) || m.To == "staff" && isStaff
}

func (t *turn) remember(msg Message) {
	if len(t.Chat) == ChatHistory {
		copy(t.Chat, t.Chat[1:])
		t.Chat[ChatHistory-1] = msg
		t.More = true
		return
	}
	t.Chat = append(t.Chat, msg)
}

// keepChat takes over what an earlier run of the class left.
func (r *Room) keepChat(chat []Message) {
	r.Chat = append(make([]Message, 0, ChatHistory), newest(chat, ChatHistory)...)
	r.More = r.More || len(chat) >= ChatHistory
	for _, m := range chat {
		if n, err := strconv.ParseInt(strings.TrimPrefix(m.Msg, "m_"), 36, 64); err == nil {
			r.LastID = max(r.LastID, n)
		}
	}
}

// messageID reports whether it could be the id of a message.
func messageID(id string) bool {
	number, ok := strings.CutPrefix(id, "m_")
	if !ok || len(id) > idMost {
		return false
	}
	n, err := strconv.ParseInt(number, 36, 64)
	return err == nil && n > 0
}

func (r *Room) message(id string) *Message {
	for i := range r.Chat {
		if r.Chat[i].Msg == id {
			return &r.Chat[i]
		}
	}
	return nil
}

func (c ChatDelete) do(t *turn) error {
	m := t.message(c.Msg)
	if !t.isStaff(t.actor) && (m == nil || m.Member != t.actor.ID) {
		return &Error{Code: CodeNotFound, Field: "msg", Message: "you have no such message"}
	}
	if !messageID(c.Msg) {
		return invalid("msg", "it is no message")
	}
	t.deleteMessage(c.Msg, t.actor.ref())
	return nil
}

func (t *turn) deleteMessage(id string, by Ref) {
	t.Chat = slices.DeleteFunc(t.Chat, func(m Message) bool { return m.Msg == id })
	if t.Pinned != nil && t.Pinned.Msg == id {
		t.pin(nil)
	}
	t.emit("chat.deleted", everyone, ClassState, ChatDeleted{Msg: id, By: by})
	t.effect(DropChat{Msg: id})
}

func (c ChatPin) do(t *turn) error {
	if c.Msg == "" {
		t.pin(nil)
		return nil
	}
	m := t.message(c.Msg)
	if m == nil || m.To != "" {
		return &Error{Code: CodeNotFound, Field: "msg", Message: "there is no such message to everybody among the last ones"}
	}
	pinned := *m
	t.pin(&pinned)
	return nil
}

func (t *turn) pin(m *Message) {
	t.Pinned = m
	t.emit("chat.pinned", everyone, ClassState, ChatPinned{Message: m})
}

func (ChatClear) do(t *turn) error {
	t.Chat, t.More = t.Chat[:0], false
	if t.Pinned != nil {
		t.pin(nil)
	}
	t.emit("chat.deleted", everyone, ClassState, ChatDeleted{All: true, By: t.actor.ref()})
	t.effect(DropChat{})
	return nil
}

func (c ChatHistoryGet) do(t *turn) error {
	limit := cmp.Or(c.Limit, ChatHistory)
	if limit < 0 || limit > pageMost {
		return invalid("limit", "it is from 1 to %d", pageMost)
	}
	if c.Before != "" && !messageID(c.Before) {
		return invalid("before", "it is no message")
	}
	if err := t.actor.buckets.list.take(t.at, listRate); err != nil {
		return err
	}
	if t.More {
		t.ask(FetchChat{Member: t.actor.ID, Staff: t.isStaff(t.actor), Before: c.Before, Limit: limit})
		return nil
	}
	page := ChatPage{Messages: []Message{}}
	for i := len(t.Chat) - 1; i >= 0; i-- {
		m := t.Chat[i]
		if c.Before != "" && !older(m.Msg, c.Before) || !m.visible(t.actor.ID, t.isStaff(t.actor)) {
			continue
		}
		if len(page.Messages) == limit {
			page.More = true
			break
		}
		page.Messages = append(page.Messages, m)
	}
	slices.Reverse(page.Messages)
	t.reply(page)
	return nil
}

// older orders messages: their ids are numbers that grow.
func older(id, than string) bool {
	if len(id) != len(than) {
		return len(id) < len(than)
	}
	return id < than
}

// chatPage is what somebody who comes in reads.
func (r *Room) chatPage(m *member) *ChatPage {
	page := ChatPage{Messages: make([]Message, 0, len(r.Chat)), More: r.More, Pinned: r.Pinned}
	isStaff := r.isStaff(m)
	for i := range r.Chat {
		if r.Chat[i].visible(m.ID, isStaff) {
			page.Messages = append(page.Messages, r.Chat[i])
		}
	}
	return &page
}
