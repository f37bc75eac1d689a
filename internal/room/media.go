package room

import (
	"slices"
	"time"
)

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

// media are the media in the order in which arrays of them are indexed.
var media = [3]Medium{Mic, Camera, Screen}

// kinds are what the staff calls them.
var kinds = [3]string{"audio", "video", "screen"}

func kindIndex(kind string) (int, error) {
	i := slices.Index(kinds[:], kind)
	if i < 0 {
		return 0, invalid("kind", "it is audio, video or screen")
	}
	return i, nil
}

func kindsOf(set [3]bool) []string {
	var list []string
	for i, on := range set {
		if on {
			list = append(list, kinds[i])
		}
	}
	return list
}

// stageLife is what a member has and does on stage.
type stageLife struct {
	Seat        int // from 1; 0 is none
	MayScreen   bool
	Media       MediaState // what the person means to send
	Held        [3]bool    // muted by the staff: under "ask" it needs to be asked for
	Blocked     [3]bool    // outlasts the seat
	Open        [3]bool    // the gates as the owner was told
	Offered     bool       // a publisher's connection
	Up          bool       // and it carries media
	ScreenSound bool       // the screen has a track of sound
	StoppedAt   time.Time  // when the camera's pictures stopped, though they should come
	Frozen      bool       // they have been missing for so long that everybody is told
	SilentAt    time.Time  // since when nothing comes of a microphone that is open
	Unheard     bool       // nothing has come for so long that everybody is told
}

func (l *stageLife) wants() [3]bool { return [3]bool{l.Media.Mic, l.Media.Camera, l.Media.Screen} }

func (l *stageLife) setWants(w [3]bool) { l.Media = MediaState{Mic: w[0], Camera: w[1], Screen: w[2]} }

// gates are which media may pass: what the person means to send, from a seat, and is not blocked.
func (l *stageLife) gates() [3]bool {
	w := l.wants()
	for i := range w {
		w[i] = w[i] && l.Seat > 0 && !l.Blocked[i]
	}
	return w
}

func (c MediaState) do(t *turn) error {
	m := t.actor
	want, has := [3]bool{c.Mic, c.Camera, c.Screen}, m.wants()
	for i := range want {
		switch {
		case !want[i] || has[i]:
		case m.Blocked[i]:
			return &Error{Code: CodeForbidden, Field: string(media[i]), Hint: "blocked", Message: "the staff keeps this off"}
		case m.Held[i] && t.Policy.Unmute == "ask" && !t.isStaff(m):
			return &Error{Code: CodeForbidden, Field: string(media[i]), Hint: "ask", Message: "wait until the staff asks for it"}
		}
	}
	if c.Screen && !has[2] {
		if err := t.startScreen(m); err != nil {
			return err
		}
	}
	if !c.Screen && has[2] {
		t.stopScreen(m)
	}
	m.setWants(want)
	for i := range want {
		m.Held[i] = m.Held[i] && !want[i]
	}
	t.stageChanged = true
	return nil
}

// startScreen takes seat 0. The staff takes it from whoever has it.
func (t *turn) startScreen(m *member) error {
	if !t.caps(m).has(CapScreen) {
		return &Error{Code: CodeForbidden, Field: "screen", Hint: string(CapScreen), Message: "you may not share a screen"}
	}
	if s := t.Seats[0]; s.State != SeatFree {
		other := t.Members[s.Member]
		if !t.isStaff(m) || other != nil && !m.outranks(other) {
			return &Error{Code: CodeConflict, Field: "screen", Hint: "content", Message: "something else is being shown"}
		}
		t.vacate(0)
		if other != nil {
			t.emit("media.muted", only(other.ID), ClassVital, MediaMuted{Kind: "screen", By: m.ref()})
		}
	}
	t.sit(m, 0)
	return nil
}

func (t *turn) stopScreen(m *member) {
	m.Media.Screen = false
	if t.Seats[0].Member == m.ID {
		t.vacate(0)
	}
}

func (c MediaMute) do(t *turn) error {
	kind, err := kindIndex(c.Kind)
	if err != nil {
		return err
	}
	if c.Member != "*" {
		m, err := t.subject(c.Member)
		if err != nil {
			return err
		}
		if m.Seat == 0 {
			return refuse(CodeBadState, "%s is not on stage", m.Name)
		}
		t.mute(m, kind)
		return nil
	}
	if len(c.Except) > maxSeats {
		return &Error{Code: CodeTooLarge, Field: "except", Message: "there are not so many seats"}
	}
	for n := 1; n < len(t.Seats); n++ {
		if m := t.Members[t.Seats[n].Member]; m != nil && !t.isStaff(m) && !slices.Contains(c.Except, m.ID) {
			t.mute(m, kind)
		}
	}
	return nil
}

func (t *turn) mute(m *member, kind int) {
	want := m.wants()
	want[kind] = false
	if kind == 2 {
		t.stopScreen(m)
	}
	m.setWants(want)
	m.Held[kind] = m != t.actor && !t.isStaff(m)
	t.stageChanged = true
	t.emit("media.muted", only(m.ID), ClassVital, MediaMuted{Kind: kinds[kind], By: t.actor.ref(), Blocked: m.Blocked[kind],
		Ask: m.Held[kind] && t.Policy.Unmute == "ask"})
}

func (c MediaBlock) do(t *turn) error {
	kind, err := kindIndex(c.Kind)
	if err != nil {
		return err
	}
	m, err := t.subject(c.Member)
	if err != nil {
		return err
	}
	if m == t.actor {
		return refuse(CodeBadState, "you cannot block yourself")
	}
	m.Blocked[kind] = c.Blocked
	if c.Blocked {
		if kind == 2 {
			t.stopScreen(m)
		}
		want := m.wants()
		want[kind] = false // unblocking opens nothing
		m.setWants(want)
	}
	t.stageChanged = true
	t.announce(m)
	t.emit("media.muted", only(m.ID), ClassVital, MediaMuted{Kind: kinds[kind], By: t.actor.ref(), Blocked: c.Blocked,
		Ask: m.Held[kind] && t.Policy.Unmute == "ask"})
	return nil
}

func (c MediaAsk) do(t *turn) error {
	kind, err := kindIndex(c.Kind)
	if err != nil {
		return err
	}
	m, err := t.present(c.Member, "member")
	if err != nil {
		return err
	}
	switch {
	case m.Seat == 0:
		return refuse(CodeBadState, "%s is not on stage", m.Name)
	case m.Blocked[kind]:
		return &Error{Code: CodeBadState, Hint: "blocked", Message: "it is blocked; unblock it first"}
	}
	if err := t.actor.buckets.ask.take(t.at, askRate); err != nil {
		return err
	}
	m.Held[kind] = false
	t.emit("media.asked", only(m.ID), ClassVital, MediaAsked{By: t.actor.ref(), Kind: kinds[kind]})
	return nil
}

func (c Heard) do(t *turn) error {
	now := Speakers{Active: []Speaker{}}
	for _, s := range c.Speakers.Active {
		if m := t.Members[s.Member]; m != nil && m.Seat > 0 && m.gates()[0] {
			now.Active = append(now.Active, s)
		}
	}
	if m := t.Members[c.Speakers.Dominant]; m != nil && m.Seat > 0 {
		now.Dominant = m.ID
	}
	if now.Dominant != t.sent.speakers.Dominant || !slices.Equal(now.Active, t.sent.speakers.Active) {
		t.sent.speakers = now
		t.pass("speakers", everyone, "speakers", now)
	}
	return nil
}

func (c Measured) do(t *turn) error {
	q := c.Quality
	m := t.Members[q.Member]
	if m == nil || m.Where != here {
		return refuse(CodeNotFound, "%s is not in the room", q.Member)
	}
	score := &m.Quality.Down
	if q.Dir == "up" {
		score = &m.Quality.Up
	}
	was := m.Quality.worst()
	before := *score
	*score = q.Score
	if m.Quality.worst() != was {
		t.announce(m)
	}
	one := Quality{Members: []MemberQuality{q}}
	key := "quality:" + q.Dir + ":" + string(m.ID)
	t.pass("quality", only(m.ID), key, one)
	if q.Score == before {
		return nil
	}
	others := Audience{Kind: ToStaff, Except: m.ID}
	if m.Seat > 0 && q.Dir == "up" {
		others.Kind = ToEveryone // it is in everybody's picture
	}
	t.pass("quality", others, key, one)
	return nil
}
