package classroom

import (
	"encoding/json"
	"fmt"
)

// Class says what becomes of a message for which there is no room.
type Class int

// The classes.
const (
	// Needed messages are never left out: replies, and what concerns the
	// member himself, seats and media.
	Needed Class = iota + 1
	// Lasting messages come again when the member resumes: who cannot take
	// them loses the connection, and not the message.
	Lasting
	// Fleeting messages say how something is. A newer one with the same Key
	// takes the place of an older one, and they are the first to go.
	Fleeting
)

// Message is one message of the server's. It is immutable, so that everybody
// gets the same one.
type Message struct {
	// Text is the message as JSON.
	Text []byte
	// Seq is its number in the room, 0 when it is not replayed.
	Seq uint64
	// Class says what becomes of it when a line is too slow.
	Class Class
	// Key tells Fleeting messages apart; "" is like no other.
	Key string
}

// envelope is a message that answers nothing.
type envelope struct {
	Seq  uint64 `json:"seq,omitempty"`
	Type string `json:"type"`
	Data any    `json:"data"`
}

// reply answers a request.
type reply struct {
	Re    uint64 `json:"re"`
	OK    bool   `json:"ok"`
	Data  any    `json:"data,omitempty"`
	Error any    `json:"error,omitempty"`
}

// encode panics where a type of ours cannot be JSON, which every test of the
// message would show.
func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("classroom: %T is no JSON: %v", v, err))
	}
	return text
}

func newReply(re uint64, data any) *Message {
	if data == nil {
		data = struct{}{}
	}
	return &Message{Text: encode(reply{Re: re, OK: true, Data: data}), Class: Needed}
}

func newRefusal(re uint64, err any) *Message {
	return &Message{Text: encode(reply{Re: re, Error: err}), Class: Needed}
}
