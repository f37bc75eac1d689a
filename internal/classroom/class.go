package classroom

import (
	"log/slog"
	"sync"
	"time"

	"lectern/internal/room"
)

const (
	// maxEffects bounds what is decided and not done yet. The media take every
	// effect at once and the store has a queue of its own, so that there are
	// that many only when something hangs; people are refused then.
	maxEffects = 4096
	// sessionKept is how long the session of somebody who is lost is kept: as
	// long as anything of his is.
	sessionKept = 11 * time.Minute
)

// class is a room that is live: the rules, who is connected, and what has to be
// done next.
//
//	open ──Over, Close, nobody for a while──▶ closing ──effects done, stage closed──▶ done
type class struct {
	rooms      *Rooms
	definition Definition
	log        *slog.Logger
	stage      Stage
	wake       chan struct{} // has something when there are effects
	done       chan struct{} // closed when all is over

	mu       sync.Mutex
	room     *room.Room
	seq      uint64 // of the newest message that has a number
	sessions map[string]*session
	members  map[room.MemberID]*session
	effects  []func()
	over     *Close // what the connections end with; nil while it is open
	empty    time.Time
}

// now is the one clock of a class. It is read under the lock, so that it never
// goes back between two commands.
func (c *class) now() time.Time { return c.rooms.options.Now() }

// system carries out what nobody asked for.
func (c *class) system(command room.Command) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over == nil {
		c.systemLocked(command)
	}
}

func (c *class) systemLocked(command room.Command) {
	at := c.now()
	events, err := c.room.Do(at, room.System, command)
	if err != nil {
		c.log.Debug("nothing changes", "command", command, "cause", err)
		return
	}
	c.routeLocked(at, events, nil)
}

// question is a command of somebody who waits for what comes of it.
type question struct {
	session *session
	re      uint64 // 0: no reply is wanted
	joined  *room.Joined
	outside any // an effect that the asker has to see to, and answer
}

// do carries out a member's command. What it returns has to be seen to by the
// caller, who then answers.
func (c *class) do(s *session, line Line, re uint64, command room.Command) (outside any, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over != nil || s.line != line {
		return nil, closeWith(CloseMoved, "this connection was replaced")
	}
	if len(c.effects) > maxEffects {
		return nil, refuse(room.CodeUnavailable, "the server is busy: try again")
	}
	at := c.now()
	events, err := c.room.Do(at, s.member, command)
	if err != nil {
		return nil, err
	}
	q := &question{session: s, re: re}
	c.routeLocked(at, events, q)
	return q.outside, nil
}

// routeLocked sends events to whom they concern, in their order.
func (c *class) routeLocked(at time.Time, events []room.Event, q *question) {
	for _, e := range events {
		switch {
		case e.To.Kind == room.ToSystem:
			c.effectLocked(at, e, q)
		case e.Reply:
			q.reply(e.Data)
		default:
			c.tellLocked(at, e)
		}
	}
}

func (q *question) reply(data any) {
	if q != nil && q.re != 0 && q.session != nil && q.session.line != nil {
		q.session.line.Send(newReply(q.re, data))
	}
}

// classOf is what a room's word for a class of messages means here.
var classOf = map[room.Class]Class{
	room.ClassVital:     Needed,
	room.ClassState:     Lasting,
	room.ClassEphemeral: Fleeting,
}

// tellLocked sends one event to its audience. It is made into text once, and
// only when there is somebody.
func (c *class) tellLocked(at time.Time, e room.Event) {
	var m *Message
	give := func(s *session) {
		if s == nil || !e.Durable && s.line == nil {
			return
		}
		if m == nil {
			m = c.messageLocked(e)
		}
		s.tell(m, at)
	}
	if e.To.Kind == room.ToMembers {
		for _, id := range e.To.Members {
			if id != e.To.Except {
				give(c.members[id])
			}
		}
		return
	}
	for id, s := range c.members {
		if c.room.Reaches(e.To, id) {
			give(s)
		}
	}
}

func (c *class) messageLocked(e room.Event) *Message {
	m := &Message{Class: classOf[e.Class], Key: e.Key}
	if e.Durable {
		c.seq++
		m.Seq = c.seq
	}
	m.Text = encode(event{m.Seq, e.Type, e.Data})
	return m
}

// attachLocked connects a member, in place of a connection that there is.
func (c *class) attachLocked(s *session, line Line) {
	if s.line != nil {
		s.line.End(Close{CloseMoved, "this connection was replaced"})
	}
	s.line = line
	c.empty = time.Time{}
}

// lost says that a member's connection has ended. His place is kept for a while.
func (c *class) lost(s *session, line Line) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.line != line {
		return
	}
	s.line, s.lost = nil, c.now()
	if c.over == nil {
		c.systemLocked(room.Lost{Member: s.member})
	}
}

// leave says that a member goes for good.
func (c *class) leave(s *session, line Line) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.line != line {
		return
	}
	s.line = nil
	if c.over == nil {
		c.systemLocked(room.Leave{Member: s.member})
		c.leaveLocked(s)
	}
}

// forgetLocked ends a session: nobody comes back to it.
func (c *class) forgetLocked(s *session) {
	delete(c.sessions, s.id)
	if c.members[s.member] == s {
		delete(c.members, s.member)
	}
}

// leaveLocked ends the session of somebody who is gone, and his media.
func (c *class) leaveLocked(s *session) {
	c.forgetLocked(s)
	c.laterLocked(func() { c.stage.Leave(string(s.member)) })
}

// run does what the rules say, in their order, and tells them the time, until
// the class is over. It returns when nothing of the class is left.
func (c *class) run() {
	defer close(c.done)
	defer c.rooms.drop(c)
	tick := time.NewTicker(room.TickEvery)
	defer tick.Stop()
	for !c.perform() {
		select {
		case <-c.wake:
		case <-tick.C:
			c.tick()
		}
	}
	c.stage.Close()
}

// perform does what has been decided, and says whether that was all.
func (c *class) perform() (over bool) {
	for {
		c.mu.Lock()
		effects := c.effects
		c.effects = nil
		over = c.over != nil
		c.mu.Unlock()
		if len(effects) == 0 {
			return over
		}
		for _, f := range effects {
			f()
		}
	}
}

func (c *class) tick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over != nil {
		return
	}
	at := c.now()
	c.routeLocked(at, c.room.Tick(at), nil)
	connected := false
	for _, s := range c.sessions {
		switch {
		case s.line != nil:
			connected = true
		case at.Sub(s.lost) > sessionKept:
			c.leaveLocked(s)
		}
	}
	switch {
	case connected:
		c.empty = time.Time{}
	case c.empty.IsZero():
		c.empty = at
	case at.Sub(c.empty) > c.rooms.options.Idle:
		c.endLocked(Close{CloseGone, "nobody was here"})
	}
}

// end closes the class; the caller waits for done if it has to.
func (c *class) end(with Close) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endLocked(with)
}

func (c *class) endLocked(with Close) {
	if c.over != nil {
		return
	}
	c.over = &with
	for _, s := range c.sessions {
		if s.line != nil {
			s.line.End(with)
		}
	}
	c.signal()
}

func (c *class) laterLocked(f func()) {
	c.effects = append(c.effects, f)
	c.signal()
}

func (c *class) signal() {
	select {
	case c.wake <- struct{}{}:
	default: // it is told already
	}
}
