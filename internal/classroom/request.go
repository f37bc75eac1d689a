package classroom

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// request is one message of a client's.
type request struct {
	ID   uint64          // 0 is none: no reply is wanted
	Type string          // 1 to maxType characters
	Data json.RawMessage // an object, {} when it was left out
}

const (
	// maxType bounds the name of a message, which errors repeat.
	maxType = 64
	// maxID is the largest whole number that JavaScript has.
	maxID = 1<<53 - 1
)

// errNoMessage says that a frame is no message of the protocol.
var errNoMessage = errors.New("not a message of room.v1")

// parseRequest reads a frame. The error wraps errNoMessage.
func parseRequest(frame []byte) (request, error) {
	if !utf8.Valid(frame) {
		return request{}, fmt.Errorf("%w: it is not UTF-8", errNoMessage)
	}
	var wire struct {
		ID   *uint64         `json:"id"`
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(frame, &wire); err != nil {
		return request{}, fmt.Errorf("%w: want a JSON object with id, type and data", errNoMessage)
	}
	r := request{Type: wire.Type, Data: wire.Data}
	if wire.ID != nil {
		if r.ID = *wire.ID; r.ID < 1 || r.ID > maxID {
			return request{}, fmt.Errorf("%w: want an id of 1 or more", errNoMessage)
		}
	}
	if n := len(r.Type); n < 1 || n > maxType {
		return request{}, fmt.Errorf("%w: want a type of 1 to %d characters", errNoMessage, maxType)
	}
	if len(r.Data) == 0 || string(r.Data) == "null" {
		r.Data = json.RawMessage("{}")
	}
	if r.Data[0] != '{' {
		return request{}, fmt.Errorf("%w: want an object as data", errNoMessage)
	}
	return r, nil
}
