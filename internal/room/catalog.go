package room

import (
	"maps"
	"slices"
)

// MessageType describes a message of room.v1, for schemas and documents.
type MessageType struct {
	Type  string
	Needs Cap // of a request: the capability; "any" is whoever is in the room
	Data  any // a zero value of its data
	Reply any // of a request: a zero value of the reply's data
}

// Requests lists what people may send to a room, by name.
func Requests() []MessageType {
	var all []MessageType
	for _, typ := range slices.Sorted(maps.Keys(messages)) {
		m := messages[typ]
		reply, ok := replies[typ]
		if !ok {
			reply = Empty{}
		}
		all = append(all, MessageType{Type: typ, Needs: m.empty.needs(), Data: m.empty, Reply: reply})
	}
	return all
}

// Events lists what a room sends, by name. Those with two kinds of data are there twice.
func Events() []MessageType { return slices.Clone(events) }

// Empty is the data of replies that have nothing to say: {}.
type Empty struct{}

// replies are the requests that are answered with more than Empty.
var replies = map[string]any{
	"rtc.offer":    RTCAnswer{},
	"hand.raise":   HandReply{},
	"stage.invite": StageInviteReply{},
	"stage.accept": StageAcceptReply{},
	"people.list":  PeoplePage{},
	"chat.send":    ChatSent{},
	"chat.history": ChatPage{},
	"board.op":     BoardVer{},
	"board.get":    BoardPage{},
	"poll.start":   PollStarted{},
	"poll.vote":    PollVoted{},
}

var events = []MessageType{
	{Type: "app.message", Data: AppMessage{}},
	{Type: "board.live", Data: BoardLive{}},
	{Type: "board.ops", Data: BoardOps{}},
	{Type: "caption.line", Data: CaptionLine{}},
	{Type: "chat.deleted", Data: ChatDeleted{}},
	{Type: "chat.message", Data: Message{}},
	{Type: "chat.pinned", Data: ChatPinned{}},
	{Type: "danmaku", Data: Danmaku{}},
	{Type: "hand.update", Data: HandOwn{}},
	{Type: "hand.update", Data: HandQueue{}},
	{Type: "lobby.admitted", Data: Welcome{}},
	{Type: "lobby.list", Data: LobbyList{}},
	{Type: "lobby.update", Data: LobbyUpdate{}},
	{Type: "media.asked", Data: MediaAsked{}},
	{Type: "media.muted", Data: MediaMuted{}},
	{Type: "people.event", Data: PeopleEvent{}},
	{Type: "poll.update", Data: Poll{}},
	{Type: "quality", Data: Quality{}},
	{Type: "reactions", Data: Reactions{}},
	{Type: "room.count", Data: Count{}},
	{Type: "room.snapshot", Data: Snapshot{}},
	{Type: "room.update", Data: Patch{}},
	{Type: "rtc.need", Data: RTCNeed{}},
	{Type: "rtc.state", Data: RTCState{}},
	{Type: "seat.live", Data: SeatUp{}},
	{Type: "seat.set", Data: Seat{}},
	{Type: "self.update", Data: Self{}},
	{Type: "speakers", Data: Speakers{}},
	{Type: "stage.cancelled", Data: StageCancelled{}},
	{Type: "stage.invited", Data: StageInvited{}},
	{Type: "stage.invites", Data: StageInvites{}},
	{Type: "sub.layer", Data: SubLayer{}},
	{Type: "sys.notice", Data: Notice{}},
}
