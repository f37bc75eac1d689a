package room

import (
	"bytes"
	"encoding/json"
	"errors"
)

// Command is something that a member, or the system, asks of a room.
type Command interface {
	// needs is the capability without which the command is refused.
	needs() Cap
	// do carries it out, or returns an *Error and has changed nothing.
	do(t *turn) error
}

// message is a row of the table of what people may send: a new command is a
// type, a row here, and a test.
type message struct {
	decode func([]byte) (Command, error)
	limit  int // bytes of its data
	empty  Command
}

func takes[C Command](limit int) message {
	var c C
	return message{limit: limit, empty: c, decode: func(data []byte) (Command, error) {
		var c C
		err := json.Unmarshal(data, &c)
		return c, err
	}}
}

// The sizes of messages.
const (
	small = 4 << 10   // ids and flags
	text  = 16 << 10  // what people write: 500 characters, escaped
	large = 256 << 10 // SDP, strokes: as long as a frame may be
)

var messages = map[string]message{
	"rtc.offer":     takes[RTCOffer](large),
	"rtc.ice":       takes[RTCICE](small),
	"rtc.close":     takes[RTCClose](small),
	"sub.prefs":     takes[SubPrefs](small),
	"stats.report":  takes[StatsReport](small),
	"hand.raise":    takes[HandRaise](small),
	"hand.lower":    takes[HandLower](small),
	"stage.invite":  takes[StageInvite](small),
	"stage.cancel":  takes[StageCancel](small),
	"stage.accept":  takes[StageAccept](small),
	"stage.decline": takes[StageDecline](small),
	"stage.leave":   takes[StageLeave](small),
	"stage.remove":  takes[StageRemove](small),
	"stage.bring":   takes[StageBring](small),
	"media.state":   takes[MediaState](small),
	"media.mute":    takes[MediaMute](small),
	"media.block":   takes[MediaBlock](small),
	"media.ask":     takes[MediaAsk](small),
	"room.policy":   takes[RoomPolicy](small),
	"room.layout":   takes[RoomLayout](small),
	"room.lock":     takes[RoomLock](small),
	"room.start":    takes[RoomStart](small),
	"room.end":      takes[RoomEnd](small),
	"room.title":    takes[RoomTitle](small),
	"people.list":   takes[PeopleList](small),
	"people.kick":   takes[PeopleKick](small),
	"people.role":   takes[PeopleRole](small),
	"lobby.admit":   takes[LobbyAdmit](text),
	"lobby.deny":    takes[LobbyDeny](small),
	"lobby.say":     takes[LobbySay](text),
	"chat.send":     takes[ChatSend](text),
	"chat.history":  takes[ChatHistoryGet](small),
	"chat.delete":   takes[ChatDelete](small),
	"chat.pin":      takes[ChatPin](small),
	"chat.clear":    takes[ChatClear](small),
	"danmaku.send":  takes[DanmakuSend](small),
	"react":         takes[React](small),
	"board.op":      takes[BoardOp](large),
	"board.live":    takes[BoardLive](text),
	"board.get":     takes[BoardGet](small),
	"board.grant":   takes[BoardGrant](small),
	"poll.start":    takes[PollStart](text),
	"poll.vote":     takes[PollVote](small),
	"poll.close":    takes[PollClose](small),
	"poll.publish":  takes[PollPublish](small),
	"app.send":      takes[AppSend](20 << 10),
	"caption.line":  takes[CaptionLine](text),
}

// Decode reads the data of a message that a person sent. Fields that it does not
// know are ignored, a type that it does not know is CodeUnsupported; all errors
// are an *Error. Absent data is an empty object.
func Decode(typ string, data []byte) (Command, error) {
	m, ok := messages[typ]
	if !ok {
		return nil, &Error{Code: CodeUnsupported, Field: "type", Message: "this server does not know such a message"}
	}
	if len(data) > m.limit {
		return nil, &Error{Code: CodeTooLarge, Field: "data", Message: "the data is longer than this message may be"}
	}
	data = bytes.TrimSpace(data)
	if len(data) == 0 || bytes.Equal(data, []byte("null")) {
		data = []byte("{}")
	}
	c, err := m.decode(data)
	if err == nil {
		return c, nil
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return nil, invalid(wrong.Field, "a %s is not what belongs here", wrong.Value)
	}
	return nil, invalid("data", "the data is not an object of JSON")
}
