package classroom

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"lectern/internal/room"
)

// sessionKept is how long the session of somebody who is lost is kept: as long as
// anything of his is.
const sessionKept = 11 * time.Minute

// class is a room that is live: the rules, who is connected, and what has to be
// done next.
//
//	open ──Over, Close, nobody for a while──▶ closing ──effects done, stage closed──▶ done
type class struct {
	rooms      *Rooms
	definition Definition
	log        *slog.Logger
	stage      Stage
	number     int64         // of the class in the store
	ready      chan struct{} // closed when it has begun, or could not
	failed     error         // why it could not, set before ready is closed
	done       chan struct{} // closed when all is over

	mu       sync.Mutex
	room     *room.Room
	seq      uint64 // of the newest message that has a number
	sessions map[string]*session
	members  map[room.MemberID]*session
	views    map[*View]struct{}
	onSeats  map[int]onSeat // as they were told last to who observes
	pages    pages
	effects  lane      // on the media
	keeps    lane      // in the store
	over     *Close    // what the connections end with; nil while it is open
	resumes  bool      // it goes on after a restart of the server
	empty    time.Time // since when nobody is connected
	saved    time.Time // when its state was kept
	changed  bool      // since then
}

// now is the one clock of a class. It is read under the lock, so that it never
// goes back between two commands.
func (c *class) now() time.Time { return c.rooms.options.Now() }

// system carries out what nobody in the room asked for, unless the class is over.
// Whoever calls has no part in what goes wrong here.
func (c *class) system(command room.Command) (open bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.endPanickedLocked()
	if c.over != nil {
		return false
	}
	c.systemLocked(command)
	return true
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
	if c.effects.full() || c.keeps.full() {
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
	c.changed = c.changed || len(events) > 0
	c.observeBeginLocked(at, events)
	for _, e := range events {
		c.observeLocked(at, e)
		switch {
		case e.To.Kind == room.ToSystem:
			c.effectLocked(at, e, q)
		case e.Reply:
			c.replyLocked(q, e.Data)
		default:
			c.tellLocked(at, e)
		}
	}
}

// replyLocked answers, where an answer is wanted.
func (c *class) replyLocked(q *question, data any) {
	if q == nil || q.re == 0 || q.session == nil || q.session.line == nil {
		return
	}
	if page, ok := data.(room.BoardPage); ok && page.Shapes != nil {
		q.session.line.Send(c.pages.reply(q.re, page))
		return
	}
	q.session.line.Send(newReply(q.re, data))
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
	m.Text = encode(envelope{m.Seq, e.Type, e.Data})
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

// token is the one by which a session came, or "".
func (c *class) token(s *session) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return s.right.token
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
	s.unregister()
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

// run tells the class the time until it is over, and returns when nothing of it
// is left.
func (c *class) run() {
	defer close(c.done)
	defer c.rooms.drop(c)
	var working sync.WaitGroup
	working.Go(c.effects.run)
	working.Go(c.keeps.run)
	tick := time.NewTicker(room.TickEvery)
	defer tick.Stop()
	for !c.contained(c.tick) {
		<-tick.C
	}
	c.mu.Lock()
	if c.resumes {
		c.saveLocked(c.now())
		for _, a := range c.room.Attendance(c.now()) { // it may not go on, and who was there is known now
			c.keepLocked(room.SaveAttendance{Attendance: a})
		}
	} else {
		c.keepEndLocked()
	}
	for _, s := range c.sessions {
		s.unregister()
	}
	c.effects.close()
	c.keeps.close()
	c.mu.Unlock()
	working.Wait()
	c.stage.Close()
}

// contained calls tick, and ends the class when that panics: the others go on.
func (c *class) contained(tick func() (over bool)) (over bool) {
	defer func() {
		if cause := recover(); cause != nil {
			c.panicked(cause)
			c.end(Close{CloseInternal, "an error of the server"})
			over = true
		}
	}()
	return tick()
}

// endPanickedLocked, deferred, ends the class when what defers it panics.
func (c *class) endPanickedLocked() {
	if cause := recover(); cause != nil {
		c.panicked(cause)
		c.endLocked(Close{CloseInternal, "an error of the server"})
	}
}

// panicked says once what went wrong, for whoever mends it.
func (c *class) panicked(cause any) {
	c.log.Error("room panicked", "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
}

// tick lets time pass, and says whether the class is over.
func (c *class) tick() (over bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over != nil {
		return true
	}
	at := c.now()
	c.routeLocked(at, c.room.Tick(at), nil)
	c.lookAwayLocked()
	connected := false
	for _, s := range c.sessions {
		if s.takenBack() {
			c.expelLocked(s)
			continue
		}
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
		c.systemLocked(room.Finish{Reason: "nobody was here"})
		c.endLocked(Close{CloseGone, "nobody was here"})
	}
	if c.changed && at.Sub(c.saved) >= saveEvery {
		c.saveLocked(at)
	}
	return c.over != nil
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
	for v := range c.views {
		v.endLocked()
	}
	for _, s := range c.sessions {
		if s.line != nil {
			s.line.End(with)
		}
	}
}

func (c *class) laterLocked(f func()) { c.effects.add(f) }
