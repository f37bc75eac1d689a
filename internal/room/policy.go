package room

// Preset names a policy as a whole.
type Preset string

// The presets.
const (
	Lecture   Preset = "lecture"   // chat, stage by invitation, names for the staff only
	Seminar   Preset = "seminar"   // people on stage unmute as they like, everybody sees who is there
	Exam      Preset = "exam"      // nobody sees or reads the others; chat reaches the staff
	Open      Preset = "open"      // a small group: whoever wants takes a seat
	Broadcast Preset = "broadcast" // no chat
	Custom    Preset = "custom"    // none of these any more
)

// Policy is what a room allows.
type Policy struct {
	Preset        Preset `json:"preset"`
	Chat          string `json:"chat"`           // "all"; "staff": what peers write reaches the staff alone; "off": only the staff writes
	Danmaku       bool   `json:"danmaku"`        // lines over the stage
	Unmute        string `json:"unmute"`         // "free"; "ask": whoever was muted by the staff waits to be asked
	Roster        string `json:"roster"`         // who may list people: "all" or "staff"
	Stage         string `json:"stage"`          // "invite" or "free": whoever is not an observer takes a free seat
	Board         string `json:"board"`          // who draws besides the staff and those it was granted to: "staff", "stage" or "all"
	Lobby         bool   `json:"lobby"`          // newcomers wait to be let in
	SlowS         int    `json:"slow_s"`         // seconds between two messages of a peer, 0 to 300
	PrivateChat   bool   `json:"private_chat"`   // between peers
	Links         bool   `json:"links"`          // in peers' messages
	UnattendedMin int    `json:"unattended_min"` // minutes without staff until the class ends, 1 to 240
}

// RoomPolicy changes the policy (room.policy). What is absent stays; a preset
// comes first and the other fields change it.
type RoomPolicy struct {
	Preset        *Preset `json:"preset,omitempty"`
	Chat          *string `json:"chat,omitempty"`
	Danmaku       *bool   `json:"danmaku,omitempty"`
	Unmute        *string `json:"unmute,omitempty"`
	Roster        *string `json:"roster,omitempty"`
	Stage         *string `json:"stage,omitempty"`
	Board         *string `json:"board,omitempty"`
	Lobby         *bool   `json:"lobby,omitempty"`
	SlowS         *int    `json:"slow_s,omitempty"`
	PrivateChat   *bool   `json:"private_chat,omitempty"`
	Links         *bool   `json:"links,omitempty"`
	UnattendedMin *int    `json:"unattended_min,omitempty"`
}

func (RoomPolicy) needs() Cap { return CapModerate }
