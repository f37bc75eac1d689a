package conformance

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
)

const subprotocol = "room.v1"

// rules are what is tried, in this order. Each begins with connections of its own.
var rules = []rule{
	{"the subprotocol is room.v1, and no other", func(ctx context.Context, t *trial) {
		if _, status := t.dial(ctx, t.options.Origin, "room.v0"); status == http.StatusSwitchingProtocols {
			fail("room.v0 is taken")
		}
		c, status := t.dial(ctx, t.options.Origin, "room.v0", subprotocol)
		if c == nil {
			fail("refused with %d", status)
		}
		if got := c.conn.Subprotocol(); got != subprotocol {
			fail("the answer names %q", got)
		}
	}},
	{"pages of others are refused", func(ctx context.Context, t *trial) {
		if _, status := t.dial(ctx, "https://elsewhere.invalid", subprotocol); status == http.StatusSwitchingProtocols {
			fail("https://elsewhere.invalid is taken")
		}
	}},
	{"the first message is hello", func(ctx context.Context, t *trial) {
		c := t.open(ctx)
		c.send(1, "chat.send", map[string]any{"text": "early"})
		c.closed(4400)
	}},
	{"what is no JSON ends the connection", func(ctx context.Context, t *trial) {
		c := t.open(ctx)
		_ = c.conn.WriteMessage(1, []byte("hello"))
		c.closed(4400)
	}},
	{"an invite that is none is refused in a word, and closed", func(ctx context.Context, t *trial) {
		c := t.open(ctx)
		c.refused("hello", map[string]any{"invite": "none"}, "unauthorized")
		c.closed(4401)
	}},
	{"the welcome has the state, and what to resume with", func(ctx context.Context, t *trial) {
		c := t.open(ctx)
		welcome := c.hello(map[string]any{"invite": t.options.Teacher, "name": "Teacher"})
		for _, part := range []string{"state", "proto", "time", "session", "self", "room", "seats", "chat", "limits", "ping_s", "rtc"} {
			if welcome[part] == nil {
				fail("it has no %s", part)
			}
		}
		if c.session["id"] == nil || c.session["key"] == nil {
			fail("the session has no id or no key")
		}
	}},
	{"each request with an id has one reply", func(ctx context.Context, t *trial) {
		c := t.enter(ctx, map[string]any{"invite": t.options.Teacher, "name": "Teacher"})
		c.refused("x.unknown", map[string]any{}, "unsupported")
		c.refused("chat.send", map[string]any{"text": []string{}}, "bad_request")
		c.send(0, "x.unknown", map[string]any{})
		c.must("people.list", map[string]any{"x_unknown": true})
	}},
	{"students may not do what teachers do", func(ctx context.Context, t *trial) {
		teacher := t.enter(ctx, map[string]any{"invite": t.options.Teacher, "name": "Teacher"})
		student := t.enter(ctx, map[string]any{"invite": t.options.Student, "name": "Student"})
		student.refused("people.kick", map[string]any{"member": teacher.member}, "forbidden")
		student.refused("room.end", map[string]any{}, "forbidden")
	}},
	{"chat reaches everybody once, with a number", func(ctx context.Context, t *trial) {
		teacher := t.enter(ctx, map[string]any{"invite": t.options.Teacher, "name": "Teacher"})
		student := t.enter(ctx, map[string]any{"invite": t.options.Student, "name": "Student"})
		text := rand.Text()
		said := student.must("chat.send", map[string]any{"text": text, "nonce": text})
		again := student.must("chat.send", map[string]any{"text": text, "nonce": text})
		if said["msg"] != again["msg"] {
			fail("one nonce made two messages")
		}
		if m := teacher.want("chat.message", map[string]any{"text": text}); m.Seq == 0 {
			fail("the message has no seq")
		}
	}},
	{"hands queue, and an invitation leads to the stage", func(ctx context.Context, t *trial) {
		teacher := t.enter(ctx, map[string]any{"invite": t.options.Teacher, "name": "Teacher"})
		student := t.enter(ctx, map[string]any{"invite": t.options.Student, "name": "Student"})
		student.must("hand.raise", map[string]any{})
		teacher.must("stage.invite", map[string]any{"member": student.member})
		student.want("stage.invited", nil)
		seat := student.must("stage.accept", map[string]any{})["seat"]
		teacher.want("seat.set", map[string]any{"seat": seat, "state": "reserved"})
		student.must("stage.leave", map[string]any{})
		teacher.want("seat.set", map[string]any{"seat": seat, "state": "free"})
	}},
	{"nothing is lost and nothing doubled over a broken connection", func(ctx context.Context, t *trial) {
		teacher := t.enter(ctx, map[string]any{"invite": t.options.Teacher, "name": "Teacher"})
		student := t.enter(ctx, map[string]any{"invite": t.options.Student, "name": "Student"})
		first, second := rand.Text(), rand.Text()
		teacher.must("chat.send", map[string]any{"text": first})
		student.want("chat.message", map[string]any{"text": first})
		_ = student.conn.NetConn().Close()
		teacher.must("chat.send", map[string]any{"text": second})
		again := t.open(ctx)
		again.seq = student.seq
		again.hello(map[string]any{"resume": map[string]any{"id": student.session["id"], "key": student.session["key"], "seq": student.seq}})
		if again.session["resumed"] != true {
			fail("the session is not resumed")
		}
		again.until("what was missed", func(m message) bool {
			if m.Type == "chat.message" && m.Data["text"] == first {
				fail("what was known comes again")
			}
			return m.Type == "chat.message" && m.Data["text"] == second
		})
	}},
	{"a session needs its key", func(ctx context.Context, t *trial) {
		student := t.enter(ctx, map[string]any{"invite": t.options.Student, "name": "Student"})
		thief := t.open(ctx)
		thief.refused("hello", map[string]any{"resume": map[string]any{"id": student.session["id"], "key": "guess", "seq": 1}}, "unauthorized")
	}},
	{"a second connection of a session replaces the first", func(ctx context.Context, t *trial) {
		student := t.enter(ctx, map[string]any{"invite": t.options.Student, "name": "Student"})
		again := t.open(ctx)
		again.hello(map[string]any{"resume": map[string]any{"id": student.session["id"], "key": student.session["key"], "seq": 0}})
		student.closed(4409)
	}},
	{"messages beyond 256 KiB end the connection", func(ctx context.Context, t *trial) {
		student := t.enter(ctx, map[string]any{"invite": t.options.Student, "name": "Student"})
		student.send(9, "chat.send", map[string]any{"text": strings.Repeat("x", 300<<10)})
		student.closed(1009)
	}},
	{"who leaves is gone", func(ctx context.Context, t *trial) {
		student := t.enter(ctx, map[string]any{"invite": t.options.Student, "name": "Student"})
		student.must("room.leave", map[string]any{})
		student.closed(1000)
		again := t.open(ctx)
		again.refused("hello", map[string]any{"resume": map[string]any{"id": student.session["id"], "key": student.session["key"], "seq": 1}}, "unauthorized")
	}},
}
