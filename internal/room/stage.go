package room

import (
	"regexp"
	"slices"
	"time"
)

// StageInvite asks a member on stage (stage.invite), in place of somebody when Swap is set.
type StageInvite struct {
	Member MemberID `json:"member"`
	Media  []string `json:"media,omitempty"` // of "mic", "camera", "screen"; none means mic and camera
	Swap   MemberID `json:"swap,omitempty"`
}

// StageInviteReply says how long the invitation stands.
type StageInviteReply struct {
	ExpiresMS int64 `json:"expires_ms"`
}

// StageInvited is the invitation as its member gets it (stage.invited).
type StageInvited struct {
	By        Ref      `json:"by"`
	Media     []string `json:"media"`
	ExpiresMS int64    `json:"expires_ms"` // from when it was sent
}

// StageCancelled ends an invitation unused, for its member and the staff (stage.cancelled).
type StageCancelled struct {
	Member MemberID `json:"member"`
	Reason string   `json:"reason"` // "cancelled", "declined", "expired", "full" or "left"
}

// StageInvites is the invitations that stand, for the staff (stage.invites).
type StageInvites struct {
	Invites []Invitation `json:"invites"`
}

// Invitation is one of them.
type Invitation struct {
	Member    MemberID `json:"member"`
	By        Ref      `json:"by"`
	ExpiresMS int64    `json:"expires_ms"` // from when it was sent
}

// StageCancel takes an invitation back (stage.cancel).
type StageCancel struct {
	Member MemberID `json:"member"`
}

// StageAccept takes the seat one is invited to, or a free one with CapStage (stage.accept).
type StageAccept struct{}

// StageAcceptReply says which seat, and what its owner may now.
type StageAcceptReply struct {
	Seat int   `json:"seat"`
	Caps []Cap `json:"caps"`
}

// StageDecline says no to an invitation (stage.decline).
type StageDecline struct{}

// StageLeave steps down (stage.leave).
type StageLeave struct{}

// StageRemove takes somebody, or whatever is on a seat, off the stage (stage.remove). Either field is set.
type StageRemove struct {
	Member MemberID `json:"member,omitempty"`
	Seat   *int     `json:"seat,omitempty"`
}

// StageBring puts a live stream of this server on a seat (stage.bring).
type StageBring struct {
	Stream string `json:"stream"`
	Seat   int    `json:"seat"`
}

func (StageInvite) needs() Cap  { return CapModerate }
func (StageCancel) needs() Cap  { return CapModerate }
func (StageAccept) needs() Cap  { return capAny } // an invitation is the capability
func (StageDecline) needs() Cap { return capAny }
func (StageLeave) needs() Cap   { return capAny }
func (StageRemove) needs() Cap  { return CapModerate }
func (StageBring) needs() Cap   { return CapModerate }

// maxInvites stand at once.
const maxInvites = 16

// invite is an invitation that stands.
type invite struct {
	Member MemberID
	By     Ref
	Media  []string
	Swap   MemberID
	Until  time.Time
}

func (r *Room) invitations(at time.Time) []Invitation {
	list := make([]Invitation, 0, len(r.Invites))
	for _, i := range r.Invites {
		list = append(list, Invitation{Member: i.Member, By: i.By, ExpiresMS: i.Until.Sub(at).Milliseconds()})
	}
	return list
}

func (r *Room) invited(id MemberID) int {
	return slices.IndexFunc(r.Invites, func(i invite) bool { return i.Member == id })
}

func (c StageInvite) do(t *turn) error {
	m, err := t.present(c.Member, "member")
	if err != nil {
		return err
	}
	asked, err := askedMedia(c.Media)
	if err != nil {
		return err
	}
	switch {
	case m.Role == Observer:
		return refuse(CodeForbidden, "observers are never on stage")
	case m.Seat > 0:
		return refuse(CodeConflict, "%s is on stage", m.Name)
	case t.invited(m.ID) >= 0:
		return refuse(CodeConflict, "%s has an invitation", m.Name)
	case len(t.Invites) >= maxInvites:
		return refuse(CodeBadState, "so many invitations are waiting for an answer")
	}
	if c.Swap != "" {
		if err := t.swappable(c.Swap); err != nil {
			return err
		}
	} else if t.freeSeat() == 0 {
		return &Error{Code: CodeStageFull, Hint: "swap", Message: "no seat is free"}
	}
	if err := t.actor.buckets.ask.take(t.at, askRate); err != nil {
		return err
	}
	i := invite{Member: m.ID, By: t.actor.ref(), Media: asked, Swap: c.Swap, Until: t.at.Add(inviteFor)}
	t.Invites = append(t.Invites, i)
	t.invitesChanged = true
	t.emit("stage.invited", only(m.ID), ClassVital, i.view(t.at))
	t.reply(StageInviteReply{ExpiresMS: inviteFor.Milliseconds()})
	return nil
}

// swappable reports why a member cannot give the seat to another, or nil.
func (t *turn) swappable(id MemberID) error {
	m, err := t.present(id, "swap")
	if err != nil {
		return err
	}
	if m.Seat == 0 {
		return &Error{Code: CodeBadState, Field: "swap", Message: "this member is not on stage"}
	}
	if !t.actor.outranks(m) {
		return &Error{Code: CodeForbidden, Field: "swap", Hint: "rank", Message: "this member's role is above yours"}
	}
	if slices.ContainsFunc(t.Invites, func(i invite) bool { return i.Swap == id }) {
		return &Error{Code: CodeConflict, Field: "swap", Message: "this seat is promised to another"}
	}
	return nil
}

func askedMedia(asked []string) ([]string, error) {
	if len(asked) == 0 {
		return []string{string(Mic), string(Camera)}, nil
	}
	if len(asked) > len(media) {
		return nil, invalid("media", "there are not so many kinds")
	}
	for _, medium := range asked {
		if err := oneOf("media", medium, string(Mic), string(Camera), string(Screen)); err != nil {
			return nil, err
		}
	}
	return slices.Clone(asked), nil
}

func (i invite) view(at time.Time) StageInvited {
	return StageInvited{By: i.By, Media: i.Media, ExpiresMS: i.Until.Sub(at).Milliseconds()}
}

func (c StageCancel) do(t *turn) error {
	if t.invited(c.Member) < 0 {
		return refuse(CodeNotFound, "there is no such invitation")
	}
	t.uninvite(c.Member, "cancelled")
	return nil
}

func (StageDecline) do(t *turn) error {
	if t.invited(t.actor.ID) < 0 {
		return refuse(CodeNotFound, "the invitation is over")
	}
	t.uninvite(t.actor.ID, "declined")
	return nil
}

// uninvite ends an invitation unused, and those that would have taken the member's seat.
func (t *turn) uninvite(id MemberID, reason string) {
	i := t.invited(id)
	if i < 0 {
		return
	}
	t.Invites = slices.Delete(t.Invites, i, i+1)
	t.invitesChanged = true
	t.emit("stage.cancelled", staffAnd(id), ClassVital, StageCancelled{Member: id, Reason: reason})
	if m := t.Members[id]; m != nil {
		t.closePublisher(m)
	}
}

// closePublisher ends a connection that was opened ahead of a seat.
func (t *turn) closePublisher(m *member) {
	if m.Seat == 0 && m.Offered {
		m.Offered, m.Up = false, false
		t.effect(Forward{Member: m.ID, Command: RTCClose{PC: "pub"}})
	}
}

func (t *turn) expireInvites() {
	for i := len(t.Invites) - 1; i >= 0; i-- {
		if !t.at.Before(t.Invites[i].Until) {
			t.uninvite(t.Invites[i].Member, "expired")
		}
	}
}

func (StageAccept) do(t *turn) error {
	m := t.actor
	if m.Seat > 0 {
		return refuse(CodeBadState, "you are on stage")
	}
	i := t.invited(m.ID)
	if i < 0 {
		return t.takeSeat(m)
	}
	invited := t.Invites[i]
	n, err := t.seatFor(invited)
	if err != nil {
		return err
	}
	t.Invites = slices.Delete(t.Invites, i, i+1)
	t.invitesChanged = true
	if t.Seats[n].State != SeatFree {
		t.vacate(n)
	}
	t.sit(m, n)
	m.MayScreen = slices.Contains(invited.Media, string(Screen))
	t.reply(StageAcceptReply{Seat: n, Caps: t.caps(m).list()})
	return nil
}

// seatFor finds the seat that an invitation promised.
func (t *turn) seatFor(i invite) (int, error) {
	if other := t.Members[i.Swap]; other != nil && other.Seat > 0 {
		return other.Seat, nil
	}
	for n, s := range t.Seats {
		if n > 0 && s.State == SeatFree {
			return n, nil
		}
	}
	return 0, refuse(CodeStageFull, "no seat is free any more")
}

// takeSeat sits somebody who needs no invitation.
func (t *turn) takeSeat(m *member) error {
	if !t.caps(m).has(CapStage) {
		return refuse(CodeForbidden, "you have no invitation, or it is over")
	}
	n := t.freeSeat()
	if n == 0 {
		return refuse(CodeStageFull, "no seat is free")
	}
	t.sit(m, n)
	m.MayScreen = true
	t.reply(StageAcceptReply{Seat: n, Caps: t.caps(m).list()})
	return nil
}

func (StageLeave) do(t *turn) error {
	if t.actor.Seat == 0 {
		return refuse(CodeBadState, "you are not on stage")
	}
	t.vacate(t.actor.Seat)
	return nil
}

func (c StageRemove) do(t *turn) error {
	if c.Seat != nil {
		return t.clearSeat(*c.Seat)
	}
	m, err := t.subject(c.Member)
	if err != nil {
		return err
	}
	if m.Seat == 0 {
		return refuse(CodeBadState, "%s is not on stage", m.Name)
	}
	t.vacate(m.Seat)
	return nil
}

// clearSeat takes off whatever is on a seat.
func (t *turn) clearSeat(n int) error {
	if n < 0 || n >= len(t.Seats) {
		return invalid("seat", "there is no such seat")
	}
	s := t.Seats[n]
	if s.State == SeatFree {
		return refuse(CodeBadState, "the seat is free")
	}
	if s.Member != "" {
		if _, err := t.subject(s.Member); err != nil {
			return err
		}
	}
	t.vacate(n)
	return nil
}

// streamName is as streams are named everywhere.
var streamName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,3}$`)

func (c StageBring) do(t *turn) error {
	if !streamName.MatchString(c.Stream) {
		return invalid("stream", "it is no name of a stream")
	}
	if c.Seat < 0 || c.Seat >= len(t.Seats) {
		return invalid("seat", "there is no such seat")
	}
	s := &t.Seats[c.Seat]
	switch {
	case c.Seat > 0 && s.Member != "":
		return &Error{Code: CodeConflict, Field: "seat", Message: "somebody has this seat"}
	case c.Seat > 0 && s.State == SeatFree && t.freeSeat() == 0:
		return refuse(CodeStageFull, "the last seat is promised to somebody")
	case c.Seat == 0 && s.Member != "":
		if _, err := t.subject(s.Member); err != nil {
			return err
		}
	}
	if s.State != SeatFree {
		t.vacate(c.Seat)
	}
	s.Stream, s.State, s.At, s.Stalled = c.Stream, SeatReserved, t.at, false
	s.Epoch++
	t.stageChanged = true
	t.effect(Bring{Stream: c.Stream, Seat: c.Seat, Epoch: s.Epoch})
	return nil
}
