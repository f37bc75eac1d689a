package room

// MediaState says what one means to send (media.state). What the rules forbid is refused, and nothing changes.
type MediaState struct {
	Mic    bool `json:"mic"`
	Camera bool `json:"camera"`
	Screen bool `json:"screen"`
}

// MediaMute stops forwarding a kind of somebody's media at once (media.mute).
// With "*" it is everybody on stage who is not staff.
type MediaMute struct {
	Member MemberID   `json:"member"`
	Kind   string     `json:"kind"` // "audio", "video" or "screen"
	Except []MemberID `json:"except,omitempty"`
}

// MediaBlock keeps a kind of somebody's media off until it is unblocked (media.block).
type MediaBlock struct {
	Member  MemberID `json:"member"`
	Kind    string   `json:"kind"`
	Blocked bool     `json:"blocked"`
}

// MediaMuted tells somebody what the staff did (media.muted).
type MediaMuted struct {
	Kind    string `json:"kind"`
	By      Ref    `json:"by"`
	Blocked bool   `json:"blocked"`
	Ask     bool   `json:"ask"` // unmuting needs to be asked for by the staff
}

// MediaAsk asks somebody to unmute (media.ask).
type MediaAsk struct {
	Member MemberID `json:"member"`
	Kind   string   `json:"kind"`
}

// MediaAsked is the question as it arrives (media.asked).
type MediaAsked struct {
	By   Ref    `json:"by"`
	Kind string `json:"kind"`
}

// Speakers says who is heard (speakers).
type Speakers struct {
	Active   []Speaker `json:"active"`
	Dominant MemberID  `json:"dominant,omitempty"`
}

// Speaker is one who is heard.
type Speaker struct {
	Member MemberID `json:"member"`
	Level  int      `json:"level"` // 0 (loud) to 127 (silent), as RFC 6464 counts: -dBov
}

// Quality tells of connections (quality): one's own always, others' when they are weak.
type Quality struct {
	Members []MemberQuality `json:"members"`
}

// MemberQuality is one connection's state.
type MemberQuality struct {
	Member MemberID `json:"member"`
	Dir    string   `json:"dir"`   // "up" or "down"
	Score  string   `json:"score"` // "good", "fair", "poor" or "lost"
	Hint   string   `json:"hint,omitempty"`
}

func (MediaState) needs() Cap { return CapPublish }
func (MediaMute) needs() Cap  { return CapModerate }
func (MediaBlock) needs() Cap { return CapModerate }
func (MediaAsk) needs() Cap   { return CapModerate }
