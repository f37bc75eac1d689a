package room

import "time"

// Welcome is the reply to hello (and the data of lobby.admitted). The room fills
// the Snapshot, its owner the rest.
type Welcome struct {
	State    string       `json:"state"` // "joined" or "waiting"
	Proto    int          `json:"proto"`
	Server   Server       `json:"server"`
	Time     time.Time    `json:"time"`
	Session  Session      `json:"session"`
	RTC      RTC          `json:"rtc,omitzero"`
	PingS    int          `json:"ping_s"`
	Features []string     `json:"features"`
	Waiting  *LobbyUpdate `json:"waiting,omitempty"` // when State is "waiting", and then no snapshot
	*Snapshot
}

// Server names the program.
type Server struct {
	Name string `json:"name"`
	Ver  string `json:"ver"`
}

// Session is what a client resumes with.
type Session struct {
	ID       string `json:"id"`
	Key      string `json:"key,omitempty"`
	GraceS   int    `json:"grace_s"`
	Resumed  bool   `json:"resumed"`
	Snapshot bool   `json:"snapshot,omitempty"` // resumed, and the whole state is here because the events are not
	Seq      int64  `json:"seq"`                // of the newest durable event in this state
	// Expires is until when the session's token lets somebody come in; absent is
	// for ever. The session itself goes on.
	Expires *time.Time `json:"expires,omitempty"`
}

// RTC is what a client needs for its connections.
type RTC struct {
	ICEServers     []ICEServer `json:"ice_servers"`
	Seats          int         `json:"seats"` // people's; the sub offer has 2 × (seats + 1) m-lines
	Codec          string      `json:"codec"`
	MaxPublishKbps int         `json:"max_publish_kbps"`
}

// ICEServer is as browsers take it.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// Snapshot is the whole state as one member may see it; events change it from there.
type Snapshot struct {
	Self   Self       `json:"self"`
	Room   Info       `json:"room"`
	Seats  []Seat     `json:"seats,omitzero"`
	Stage  *StageView `json:"stage,omitempty"`
	Hand   *HandView  `json:"hand,omitempty"`
	Media  *MediaView `json:"media,omitempty"` // of somebody on stage
	Chat   *ChatPage  `json:"chat,omitempty"`
	Polls  []Poll     `json:"polls,omitzero"`
	Boards []Board    `json:"boards,omitzero"`
	Lobby  *LobbyList `json:"lobby,omitempty"` // for the staff
	Limits Limits     `json:"limits,omitzero"`
	Count  *Count     `json:"count,omitempty"`
}

// StageView is the invitations that stand: one's own, and for the staff all.
type StageView struct {
	Invited *StageInvited `json:"invited,omitempty"`
	Invites []Invitation  `json:"invites,omitzero"`
}

// HandView is one's own hand, how many are up, and for the staff the queue.
type HandView struct {
	HandOwn
	Waiting int    `json:"waiting"` // goes on in room.count
	Queue   []Hand `json:"queue,omitzero"`
}

// MediaView is what one means to send, and what the staff shut.
type MediaView struct {
	MediaState
	Muted   []string `json:"muted,omitempty"`   // kinds that need to be asked for
	Blocked []string `json:"blocked,omitempty"` // kinds
}

// Limits are told so that pages can count before they send.
type Limits struct {
	FrameBytes    int `json:"frame_bytes"`
	ChatChars     int `json:"chat_chars"`
	ChatPer10s    int `json:"chat_per_10s"`
	DanmakuChars  int `json:"danmaku_chars"`
	DanmakuPer2s  int `json:"danmaku_per_2s"`
	BoardOpsPerS  int `json:"board_ops_per_s"`
	BoardLivePerS int `json:"board_live_per_s"`
}
