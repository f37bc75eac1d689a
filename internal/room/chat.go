package room

import "time"

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
