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

// presets are the policies as a whole.
var presets = map[Preset]Policy{
	Lecture:   {Preset: Lecture, Chat: "all", Danmaku: true, Unmute: "ask", Roster: "staff", Stage: "invite", Board: "staff", UnattendedMin: 15},
	Seminar:   {Preset: Seminar, Chat: "all", Danmaku: true, Unmute: "free", Roster: "all", Stage: "invite", Board: "stage", Links: true, UnattendedMin: 15},
	Exam:      {Preset: Exam, Chat: "staff", Unmute: "ask", Roster: "staff", Stage: "invite", Board: "staff", UnattendedMin: 15},
	Open:      {Preset: Open, Chat: "all", Danmaku: true, Unmute: "free", Roster: "all", Stage: "free", Board: "all", PrivateChat: true, Links: true, UnattendedMin: 15},
	Broadcast: {Preset: Broadcast, Chat: "off", Unmute: "ask", Roster: "staff", Stage: "invite", Board: "staff", UnattendedMin: 15},
}

// PresetPolicy returns what a preset stands for; of Custom, and of a name that is not known, it is Lecture.
func PresetPolicy(p Preset) Policy {
	if policy, ok := presets[p]; ok {
		return policy
	}
	return presets[Lecture]
}

// whole fills what is not said, or not sense, from the preset.
func (p Policy) whole() Policy {
	base := PresetPolicy(p.Preset)
	if p == (Policy{}) || p == (Policy{Preset: p.Preset}) {
		return base
	}
	next, err := RoomPolicy{
		Chat: orNil(p.Chat), Unmute: orNil(p.Unmute), Roster: orNil(p.Roster), Stage: orNil(p.Stage), Board: orNil(p.Board),
		Danmaku: &p.Danmaku, Lobby: &p.Lobby, SlowS: &p.SlowS, PrivateChat: &p.PrivateChat, Links: &p.Links,
		UnattendedMin: orNil(p.UnattendedMin),
	}.on(base)
	if err != nil {
		return base
	}
	return next
}

func orNil[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func (c RoomPolicy) do(t *turn) error {
	next, err := c.on(t.Policy)
	if err != nil {
		return err
	}
	before := t.Policy
	t.Policy, t.infoChanged, t.capsChanged = next, true, true
	if before.Lobby && !next.Lobby && t.State == Live {
		for _, id := range newest(t.Lobby, len(t.Lobby)) {
			if m := t.Members[id]; !m.Knocks {
				t.admit(m)
			}
		}
	}
	return nil
}

// on returns the policy that the change makes of another.
func (c RoomPolicy) on(p Policy) (Policy, error) {
	if c.Preset != nil {
		if *c.Preset == Custom {
			p.Preset = Custom
		} else if preset, ok := presets[*c.Preset]; ok {
			preset.Lobby, preset.UnattendedMin = p.Lobby, p.UnattendedMin // a preset opens no door
			p = preset
		} else {
			return p, invalid("preset", "there is no such preset")
		}
	}
	named := p
	for _, word := range []struct {
		field   string
		to      *string
		from    *string
		allowed []string
	}{
		{"chat", &p.Chat, c.Chat, []string{"all", "staff", "off"}},
		{"unmute", &p.Unmute, c.Unmute, []string{"free", "ask"}},
		{"roster", &p.Roster, c.Roster, []string{"all", "staff"}},
		{"stage", &p.Stage, c.Stage, []string{"invite", "free"}},
		{"board", &p.Board, c.Board, []string{"staff", "stage", "all"}},
	} {
		if word.from == nil {
			continue
		}
		if err := oneOf(word.field, *word.from, word.allowed...); err != nil {
			return p, err
		}
		*word.to = *word.from
	}
	for _, number := range []struct {
		field    string
		to, from *int
		low, top int
	}{
		{"slow_s", &p.SlowS, c.SlowS, 0, 300},
		{"unattended_min", &p.UnattendedMin, c.UnattendedMin, 1, 240},
	} {
		if number.from == nil {
			continue
		}
		if *number.from < number.low || *number.from > number.top {
			return p, invalid(number.field, "it is from %d to %d", number.low, number.top)
		}
		*number.to = *number.from
	}
	for _, flag := range []struct{ to, from *bool }{
		{&p.Danmaku, c.Danmaku}, {&p.Lobby, c.Lobby}, {&p.PrivateChat, c.PrivateChat}, {&p.Links, c.Links},
	} {
		if flag.from != nil {
			*flag.to = *flag.from
		}
	}
	// The lobby and how long to wait for the staff belong to no preset.
	named.Lobby, named.UnattendedMin = p.Lobby, p.UnattendedMin
	if p != named {
		p.Preset = Custom
	}
	return p, nil
}
