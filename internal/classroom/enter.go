package classroom

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"lectern/internal/room"
)

// enter lets a client into the room, back to where it was when it can say so.
func (v *Visit) enter(ctx context.Context, h Hello, re uint64) error {
	if h.Resume != nil && v.rooms.goesOn(v.name) {
		c, err := v.rooms.live(ctx, v.name)
		if err == nil && c.resume(v, *h.Resume, re) {
			return nil
		}
	}
	join, c, giveBack, err := v.admit(ctx, h)
	if err == nil {
		join.Origin = origin(v.visitor.From, h.Invite)
		err = c.join(v, join, re)
	}
	if err != nil {
		giveBack()
	}
	return err
}

// admit finds out what somebody may be in the room, and the room. What giveBack
// undoes was taken, whatever the error is.
func (v *Visit) admit(ctx context.Context, h Hello) (_ room.Join, _ *class, giveBack func(), err error) {
	join := room.Join{Name: h.Name, Device: h.Device, Cookie: v.visitor.Cookie, Takeover: h.Takeover}
	giveBack = func() {}
	switch {
	case h.Token != "":
		err = v.byToken(ctx, h.Token, &join)
	case h.Invite != "":
		var undo func()
		if undo, err = v.rooms.byInvite(ctx, v.name, h.Invite, &join); undo != nil {
			giveBack = undo
		}
	default:
		err = v.byGuest(h.Password, &join)
	}
	if err != nil {
		return room.Join{}, nil, giveBack, err
	}
	c, err := v.rooms.live(ctx, v.name)
	return join, c, giveBack, err
}

// origin stands for a link, or none, and an address, neither of which is kept.
func origin(from, secret string) string {
	if from == "" {
		return ""
	}
	return digestOf(from + " " + secret)[:16]
}

// byGuest lets somebody in who has nothing, or the password.
func (v *Visit) byGuest(password string, join *room.Join) error {
	wrong := func() {}
	if password != "" && v.visitor.Guess != nil {
		var err error
		if wrong, err = v.visitor.Guess(); err != nil {
			return err
		}
	}
	err := v.rooms.byGuest(v.name, password, join)
	if err != nil {
		wrong()
	}
	return err
}

// byToken takes a token's word for who somebody is. A room that a token names
// is made when its first holder comes; of those that a pattern is for, teachers
// make them: others would make as many as there may be.
func (v *Visit) byToken(ctx context.Context, token string, join *room.Join) error {
	grant, err := v.visitor.Decide(ctx, token)
	if err != nil {
		return err
	}
	v.right = rightOf(token, grant)
	join.Name = cmp.Or(grant.Name, join.Name, grant.Sub)
	join.Role = room.Role(grant.Role)
	join.Caps = grant.Caps
	join.Lobby = grant.Lobby
	join.Reserve = join.Role == room.Teacher
	if join.Identity = grant.Identity; grant.Sub == "" {
		// A key that several people have is nobody in particular.
		join.Identity, join.Guest = "", true
	}
	if join.Role != room.Teacher && grant.Room != v.name && !slices.Contains(grant.Rooms, v.name) {
		return nil
	}
	return v.rooms.ensure(ctx, v.name)
}

// resume connects a client to the session that it had, and says whether there
// is such a session. Whoever was away for longer than his place was kept comes
// in anew, as the same person.
func (c *class) resume(v *Visit, r Resume, re uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.sessions[r.ID]
	if c.over != nil || s == nil || !s.opens(r.Key) {
		return false
	}
	at := c.now()
	var events []room.Event
	if s.line == nil {
		var err error
		if events, err = c.room.Do(at, room.System, room.Back{Member: s.member}); err != nil {
			return c.rejoinLocked(v, s, re)
		}
	}
	c.attachLocked(s, v.line)
	if s.end == nil {
		c.registerLocked(s, v.visitor)
	}
	v.class, v.session = c, s
	c.returnLocked(s, at, r.Seq, re)
	c.routeLocked(at, events, nil) // after the welcome, whose numbers it follows
	return true
}

// returnLocked welcomes somebody back with what he has missed, or, when that is
// not here any more, with the whole state.
func (c *class) returnLocked(s *session, at time.Time, seq, re uint64) {
	missed, all := s.ring.since(seq, c.seq)
	if seq == 0 || s.stale || !all { // 0 is a page that was loaded again and knows nothing
		w := c.welcomeLocked(s, at, "")
		w.Session.Resumed, w.Session.Snapshot = true, true
		s.ring.restart(c.seq)
		s.stale = false
		s.line.Send(newReply(re, w))
		return
	}
	w := c.greetingLocked(s, at)
	w.Session.Resumed = true
	if _, w.Waiting = c.room.Snapshot(s.member, at); w.Waiting != nil {
		w.State = "waiting"
	}
	s.line.Send(newReply(re, w))
	s.line.Replay(missed)
}

// rejoinLocked brings somebody in again whose place was given up.
func (c *class) rejoinLocked(v *Visit, s *session, re uint64) bool {
	c.forgetLocked(s)
	v.right = s.right
	if err := c.joinLocked(v, s.join, re, true); err != nil {
		c.log.Debug("not taken back", "member", s.member, "cause", err)
		return false
	}
	return true
}

// join brings somebody in.
func (c *class) join(v *Visit, join room.Join, re uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over != nil {
		return ErrNotFound
	}
	return c.joinLocked(v, join, re, false)
}

func (c *class) joinLocked(v *Visit, join room.Join, re uint64, resumed bool) error {
	id := newSessionID()
	join.Identity = cmp.Or(join.Identity, "guest:"+id)
	at := c.now()
	events, err := c.room.Do(at, room.System, join)
	if err != nil {
		return err
	}
	var q question
	c.routeLocked(at, events, &q)
	if q.joined == nil {
		return errors.New("a join was not answered")
	}
	join.Takeover = false
	s, key := newSession(id, q.joined.Member, join)
	s.right = v.right
	if before := c.members[s.member]; before != nil { // the same person, who has forgotten the key
		before.line = nil
		c.forgetLocked(before)
	}
	c.sessions[s.id], c.members[s.member] = s, s
	s.ring.restart(c.seq)
	c.attachLocked(s, v.line)
	c.registerLocked(s, v.visitor)
	v.class, v.session = c, s
	w := c.welcomeLocked(s, at, key)
	w.Session.Resumed, w.Session.Snapshot = resumed, resumed
	s.line.Send(newReply(re, w))
	c.log.InfoContext(v.trace.Context(context.Background()), "joined", "member", s.member, "role", join.Role.Known(), "waiting", q.joined.Waiting)
	return nil
}
