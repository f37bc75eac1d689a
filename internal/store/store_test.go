package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern/internal/room"
)

var nine = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func open(t testing.TB, path string) (*Store, *clock) {
	t.Helper()
	c := &clock{at: nine}
	s, err := Open(t.Context(), Options{Path: path, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if failed := s.Stats().Failed; failed > 0 {
			t.Errorf("%d writes were given up", failed)
		}
	})
	return s, c
}

func fresh(t testing.TB) (*Store, *clock) {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "lectern.db"))
}

// must stops a test at an error, and passes the value on.
func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func message(n int64, text string) room.Message {
	return room.Message{Msg: messageID(n), At: nine.Add(time.Duration(n) * time.Second), Member: "p_1", Name: "Ann", Role: room.Student, Text: text}
}

func texts(list []room.Message) string {
	var all []string
	for _, m := range list {
		all = append(all, m.Text)
	}
	return strings.Join(all, " ")
}

func TestChatOutlastsTheServer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a ?#%20 folder")
	ok(t, os.Mkdir(path, 0o700))
	path = filepath.Join(path, "lectern.db")
	s, _ := open(t, path)
	class := must(s.BeginClass(t.Context(), "algebra"))(t)
	want := message(1, "hello 好 \x00 '; DROP TABLE chat; --")
	want.To, want.ReplyTo = "staff", "m_0"
	ok(t, s.AppendChat(t.Context(), class, "u1", want))
	ok(t, s.AppendChat(t.Context(), class, "u1", want)) // told twice is kept once
	ok(t, s.Close())
	ok(t, s.Close())
	if err := s.AppendChat(t.Context(), class, "u1", want); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v, want ErrClosed", err)
	}
	if info := must(os.Stat(path))(t); info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %o, want 600", info.Mode().Perm())
	}
	s, _ = open(t, path)
	got := must(s.Chat(t.Context(), class, 0, true))(t)
	if len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestHistoryIsWhatOneMayRead(t *testing.T) {
	s, _ := fresh(t)
	class := must(s.BeginClass(t.Context(), "algebra"))(t)
	other := must(s.BeginClass(t.Context(), "physics"))(t)
	for i, m := range []room.Message{
		{Text: "all", Member: "p_1"}, {Text: "staff", Member: "p_1", To: "staff"}, {Text: "to2", Member: "p_1", To: "p_2"},
		{Text: "flew", Member: "p_1", Danmaku: true}, {Text: "from2", Member: "p_2", To: "p_1"}, {Text: "from3", Member: "p_3", To: "p_4"},
		{Text: "all2", Member: "p_3"},
	} {
		m.Msg = messageID(int64(100 + i))
		ok(t, s.AppendChat(t.Context(), class, "u", m))
	}
	ok(t, s.AppendChat(t.Context(), other, "u", message(1, "elsewhere")))
	for _, c := range []struct {
		q    room.FetchChat
		want string
		more bool
	}{
		{room.FetchChat{Member: "p_2", Limit: 50}, "all to2 from2 all2", false},
		{room.FetchChat{Member: "p_1", Limit: 50}, "all staff to2 from2 all2", false},
		{room.FetchChat{Member: "p_9", Limit: 50}, "all all2", false},
		{room.FetchChat{Member: "p_9", Staff: true, Limit: 50}, "all staff all2", false},
		{room.FetchChat{Member: "p_1", Limit: 2}, "from2 all2", true},
		{room.FetchChat{Member: "p_1", Limit: 3, Before: messageID(104)}, "all staff to2", false},
		{room.FetchChat{Member: "p_1", Limit: 2, Before: messageID(104)}, "staff to2", true},
		{room.FetchChat{Member: "' OR 1=1 --", Limit: 50}, "all all2", false},
	} {
		page := must(s.History(t.Context(), class, c.q))(t)
		if got := texts(page.Messages); got != c.want || page.More != c.more {
			t.Errorf("%+v: %q, more %v; want %q, %v", c.q, got, page.More, c.want, c.more)
		}
	}
	if _, err := s.History(t.Context(), class, room.FetchChat{Before: "first"}); err == nil {
		t.Error("history before no message")
	}
	ok(t, s.DeleteChat(t.Context(), class, messageID(100)))
	if got := texts(must(s.Chat(t.Context(), class, 2, false))(t)); got != "from3 all2" {
		t.Errorf("the newest two are %q", got)
	}
	ok(t, s.DeleteChat(t.Context(), class, ""))
	if got := must(s.Chat(t.Context(), class, 0, true))(t); len(got) != 0 {
		t.Errorf("after clearing: %q", texts(got))
	}
	if got := must(s.Chat(t.Context(), other, 0, true))(t); len(got) != 1 {
		t.Error("clearing one class cleared another")
	}
}

func TestAttendanceAndPolls(t *testing.T) {
	s, _ := fresh(t)
	class := must(s.BeginClass(t.Context(), "algebra"))(t)
	a := room.Attendance{Identity: "u2", Name: "Max", Role: room.Student, Intervals: []room.Interval{{From: nine.Add(time.Minute), To: nine.Add(time.Hour)}}}
	b := room.Attendance{Identity: "u1", Name: "Ann", Role: room.Teacher, Intervals: []room.Interval{{From: nine, To: nine.Add(time.Hour)}}, Minutes: 60}
	ok(t, s.PutAttendance(t.Context(), class, a))
	ok(t, s.PutAttendance(t.Context(), class, b))
	a.Minutes = 59
	ok(t, s.PutAttendance(t.Context(), class, a))
	if got := must(s.Attendance(t.Context(), class))(t); !reflect.DeepEqual(got, []room.Attendance{b, a}) {
		t.Errorf("got %+v", got)
	}
	poll := room.PollResult{Poll: room.Poll{Poll: "q_1", Q: "?", Options: []string{"a", "b"}, At: nine, State: room.PollClosed, Tally: []int{1, 1}},
		Answers: []room.PollAnswer{{Identity: "u1", Name: "Ann", Choice: []int{0}}, {Identity: "u2", Name: "Max", Choice: []int{1}}}}
	ok(t, s.PutPoll(t.Context(), class, poll))
	poll.Poll.State = room.PollPublished
	ok(t, s.PutPoll(t.Context(), class, poll))
	anonymous := room.PollResult{Poll: room.Poll{Poll: "q_2", Q: "?", At: nine.Add(time.Minute), Anonymous: true}, Answers: []room.PollAnswer{}}
	ok(t, s.PutPoll(t.Context(), class, anonymous))
	if got := must(s.Polls(t.Context(), class))(t); !reflect.DeepEqual(got, []room.PollResult{poll, anonymous}) {
		t.Errorf("got %+v", got)
	}

	ok(t, s.AppendChat(t.Context(), class, "u1", message(1, "mine")))
	ok(t, s.AppendChat(t.Context(), class, "u2", message(2, "stays")))
	ok(t, s.DeletePerson(t.Context(), "u1"))
	if got := must(s.Attendance(t.Context(), class))(t); len(got) != 1 || got[0].Identity != "u2" {
		t.Errorf("attendance after a person was forgotten: %+v", got)
	}
	if got := texts(must(s.Chat(t.Context(), class, 0, true))(t)); got != "stays" {
		t.Errorf("chat after a person was forgotten: %q", got)
	}
	if got := must(s.Polls(t.Context(), class))(t); len(got[0].Answers) != 1 || got[0].Poll.Tally[0] != 1 {
		t.Errorf("polls after a person was forgotten: %+v", got)
	}
}

func TestBoards(t *testing.T) {
	s, _ := fresh(t)
	class := must(s.BeginClass(t.Context(), "algebra"))(t)
	op := func(ver int) room.BoardOps {
		return room.BoardOps{Board: "b1", Ver: ver, By: "p_1", Ops: []room.Op{{ID: fmt.Sprint(ver), T: "stroke", D: json.RawMessage(`[1,2]`)}}}
	}
	for v := 1; v <= 5; v++ {
		ok(t, s.AppendBoard(t.Context(), class, op(v)))
	}
	shapes := []room.Shape{{ID: "1", By: "p_1", T: "stroke", D: json.RawMessage(`[1,2]`)}}
	ok(t, s.PutBoardPages(t.Context(), class, room.SaveBoardPages{Board: "b1", Ver: 3, Pages: []room.SavedPage{{Page: 0, Shapes: shapes}}}))
	ok(t, s.PutBoardPages(t.Context(), class, room.SaveBoardPages{Board: "b1", Ver: 4, Show: 2, Pages: []room.SavedPage{{Page: 2, Shapes: shapes}}}))
	got := must(s.Boards(t.Context(), class))(t)
	want := []room.SavedBoard{{ID: "b1", Show: 2, Ver: 4, Pages: [][]room.Shape{shapes, nil, shapes}, Ops: []room.BoardOps{op(5)}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	var left int
	ok(t, s.read.QueryRow(`SELECT count(*) FROM strokes`).Scan(&left))
	if left != 1 {
		t.Errorf("%d operations are kept though four are in the pages", left)
	}
}

func TestInvites(t *testing.T) {
	s, c := fresh(t)
	ok(t, s.PutRoom(t.Context(), Room{"algebra", json.RawMessage(`{}`)}))
	if err := s.PutInvite(t.Context(), Invite{Digest: "x", ID: "x", Room: "nowhere"}); err == nil {
		t.Error("an invite into no room")
	}
	s.queue.failed.Store(0) // that one
	once := Invite{Digest: "d1", ID: "i1", Room: "algebra", Role: room.Teacher, Uses: 1, Made: nine}
	endless := Invite{Digest: "d2", ID: "i2", Room: "algebra", Role: room.Student, Name: "Max", Uses: -1, Expires: nine.Add(time.Hour), Made: nine.Add(1000)}
	ok(t, s.PutInvite(t.Context(), once))
	ok(t, s.PutInvite(t.Context(), endless))
	if got := must(s.Invites(t.Context(), "algebra"))(t); !reflect.DeepEqual(got, []Invite{once, endless}) {
		t.Errorf("got %+v", got)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	good := 0
	for range 8 {
		wg.Go(func() {
			if i, err := s.UseInvite(t.Context(), "d1"); err == nil && i.Role == room.Teacher && i.Uses == 0 {
				mu.Lock()
				good++
				mu.Unlock()
			} else if !errors.Is(err, ErrNotFound) {
				t.Errorf("%+v, %v", i, err)
			}
		})
	}
	wg.Wait()
	if good != 1 {
		t.Errorf("an invite for one let %d in", good)
	}
	for range 3 {
		if i := must(s.UseInvite(t.Context(), "d2"))(t); i != endless {
			t.Errorf("%+v, want %+v", i, endless)
		}
	}
	c.add(time.Hour)
	if _, err := s.UseInvite(t.Context(), "d2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("an invite that is over: %v", err)
	}
	ok(t, s.DeleteInvite(t.Context(), "algebra", "i1"))
	ok(t, s.DeleteInvite(t.Context(), "algebra", "i1"))
	ok(t, s.DeleteRoom(t.Context(), "algebra"))
	if got := must(s.Invites(t.Context(), ""))(t); len(got) != 0 {
		t.Errorf("invites into a room that is gone: %+v", got)
	}
}

func TestRoomsAndBans(t *testing.T) {
	s, c := fresh(t)
	for _, r := range []Room{{"b", json.RawMessage(`{"title":"B"}`)}, {"a", json.RawMessage(`{}`)}, {"b", json.RawMessage(`{"title":"B2"}`)}} {
		ok(t, s.PutRoom(t.Context(), r))
	}
	if got := must(s.Rooms(t.Context()))(t); len(got) != 2 || got[0].ID != "a" || string(got[1].Definition) != `{"title":"B2"}` {
		t.Errorf("got %s", got)
	}
	ban := room.Ban{Identity: "u1", Device: "c1", Name: "Max", By: "Ann", Reason: "enough", Until: nine.Add(24 * time.Hour)}
	ok(t, s.PutBan(t.Context(), "a", ban))
	ok(t, s.PutBan(t.Context(), "a", ban))
	if got := must(s.Bans(t.Context(), "a"))(t); len(got) != 1 || got[0] != ban {
		t.Errorf("got %+v, want %+v", got, ban)
	}
	if got := must(s.Bans(t.Context(), "b"))(t); len(got) != 0 {
		t.Errorf("a ban from another room: %+v", got)
	}
	c.add(24 * time.Hour)
	if got := must(s.Bans(t.Context(), "a"))(t); len(got) != 0 {
		t.Errorf("a ban that is over: %+v", got)
	}
	class := must(s.BeginClass(t.Context(), "a"))(t)
	ok(t, s.AppendChat(t.Context(), class, "u1", message(1, "x")))
	ok(t, s.DeleteRoom(t.Context(), "a"))
	if got := must(s.Chat(t.Context(), class, 0, true))(t); len(got) != 0 {
		t.Error("the chat of a room that is gone")
	}
}

func TestClassGoesOnAfterARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lectern.db")
	s, c := open(t, path)
	over := must(s.BeginClass(t.Context(), "algebra"))(t)
	ok(t, s.PutState(t.Context(), over, []byte("old")))
	ok(t, s.EndClass(t.Context(), over, time.Time{}))
	ok(t, s.PutState(t.Context(), over, []byte("late"))) // an ended class is not brought back by it
	c.add(time.Hour)
	on := must(s.BeginClass(t.Context(), "algebra"))(t)
	for i := range 1000 {
		ok(t, s.PutState(t.Context(), on, fmt.Append(nil, "state ", i)))
	}
	ok(t, s.Close())
	s, _ = open(t, path)
	got := must(s.OpenClasses(t.Context()))(t)
	if len(got) != 1 || got[0].ID != on || string(got[0].State) != "state 999" || !got[0].Began.Equal(nine.Add(time.Hour)) {
		t.Errorf("got %+v", got)
	}
	if got := must(s.Classes(t.Context(), "algebra"))(t); len(got) != 2 || got[0].ID != on || !got[1].Ended.Equal(nine) {
		t.Errorf("got %+v", got)
	}
}

func TestThingsAreForgottenInTime(t *testing.T) {
	s, c := fresh(t)
	keep := func(name string) int64 {
		class := must(s.BeginClass(t.Context(), name))(t)
		ok(t, s.AppendChat(t.Context(), class, "u", message(1, "x")))
		ok(t, s.PutAttendance(t.Context(), class, room.Attendance{Identity: "u"}))
		ok(t, s.PutPoll(t.Context(), class, room.PollResult{Poll: room.Poll{Poll: "q"}, Answers: []room.PollAnswer{{Identity: "u"}}}))
		ok(t, s.AppendBoard(t.Context(), class, room.BoardOps{Board: "b1", Ver: 1}))
		return class
	}
	ended, crashed, on := keep("ended"), keep("crashed"), keep("on")
	ok(t, s.EndClass(t.Context(), ended, time.Time{}))
	count := func(class int64) string {
		var n [4]int
		ok(t, s.Flush(t.Context()))
		for i, table := range []string{"chat", "strokes", "attendance", "answers"} {
			ok(t, s.read.QueryRow(`SELECT count(*) FROM `+table+` WHERE class = ?`, class).Scan(&n[i]))
		}
		return fmt.Sprint(n)
	}
	for _, step := range []struct {
		after                 time.Duration
		ended, crashed, going string
	}{
		{7 * 24 * time.Hour, "[1 1 1 1]", "[1 1 1 1]", "[1 1 1 1]"},
		{time.Second, "[0 0 1 1]", "[0 0 1 1]", "[1 1 1 1]"},
		{23 * 24 * time.Hour, "[0 0 0 0]", "[0 0 0 0]", "[1 1 1 1]"},
	} {
		c.add(step.after)
		ok(t, s.PutState(t.Context(), on, []byte("still here")))
		ok(t, s.Sweep(t.Context()))
		if a, b, d := count(ended), count(crashed), count(on); a != step.ended || b != step.crashed || d != step.going {
			t.Errorf("%s later: ended %s, crashed %s, going on %s", step.after, a, b, d)
		}
	}
	if got := must(s.Classes(t.Context(), "ended"))(t); len(got) != 0 {
		t.Errorf("an empty class is kept: %+v", got)
	}
}

func TestBackupIsAStore(t *testing.T) {
	s, _ := fresh(t)
	class := must(s.BeginClass(t.Context(), "algebra"))(t)
	ok(t, s.AppendChat(t.Context(), class, "u1", message(1, "hello")))
	path := filepath.Join(t.TempDir(), "it's a backup.db")
	ok(t, s.Backup(t.Context(), path))
	if err := s.Backup(t.Context(), path); err == nil {
		t.Error("a backup was overwritten")
	}
	if info := must(os.Stat(path))(t); info.Mode().Perm() != 0o600 {
		t.Errorf("the backup's mode is %o, want 600", info.Mode().Perm())
	}
	again, _ := open(t, path)
	if got := texts(must(again.Chat(t.Context(), class, 0, true))(t)); got != "hello" {
		t.Errorf("the backup has %q", got)
	}
}

func TestNewerFileIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lectern.db")
	s, _ := open(t, path)
	ok(t, s.Close())
	db := must(sql.Open("sqlite", path))(t)
	must(db.Exec(`PRAGMA user_version = 99`))(t)
	ok(t, db.Close())
	_, err := Open(t.Context(), Options{Path: path})
	if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "schema is 99") {
		t.Errorf("%v, want ErrNewer", err)
	}
}

func TestDamagedFileSaysWhatToDo(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"text": func(path string) error {
			return os.WriteFile(path, []byte(strings.Repeat("not a database ", 1000)), 0o600)
		},
		"holes": func(path string) error {
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				return err
			}
			for at := int64(4096); at < 40960; at += 4096 {
				if _, err := f.WriteAt(make([]byte, 2000), at); err != nil {
					return err
				}
			}
			return f.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "lectern.db")
			s, _ := open(t, path)
			class := must(s.BeginClass(t.Context(), "algebra"))(t)
			for i := range 500 {
				ok(t, s.AppendChat(t.Context(), class, "u", message(int64(i), strings.Repeat("x", 100))))
			}
			ok(t, s.Close())
			ok(t, damage(path))
			_, err := Open(t.Context(), Options{Path: path})
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "move lectern.db") {
				t.Errorf("%v, want ErrDamaged and a way out", err)
			}
		})
	}
}

func TestNoFolderIsAnError(t *testing.T) {
	if _, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "none", "lectern.db")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v, want that the folder does not exist", err)
	}
}

// TestFullQueueMakesPeopleWait holds the file from outside, so that nothing is written until it lets go.
func TestFullQueueMakesPeopleWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lectern.db")
	s, _ := open(t, path)
	class := must(s.BeginClass(t.Context(), "algebra"))(t)
	other := must(sql.Open("sqlite", address(path)))(t)
	defer func() { ok(t, other.Close()) }()
	hold := must(other.BeginTx(t.Context(), nil))(t)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	n := int64(0)
	var err error
	for err == nil {
		if err = s.AppendChat(ctx, class, "u", message(n, "x")); err == nil {
			n++
		}
	}
	if !errors.Is(err, context.DeadlineExceeded) || n < queueLen || n > queueLen+2*batchLen {
		t.Errorf("%d messages, then %v; want about %d and that the caller waits", n, err, queueLen)
	}
	ok(t, hold.Rollback())
	if got := must(s.Chat(t.Context(), class, 0, true))(t); int64(len(got)) != n {
		t.Errorf("%d messages are kept, want all %d that were taken", len(got), n)
	}
}

func TestOneBadWriteCostsNoOther(t *testing.T) {
	s, _ := fresh(t)
	class := must(s.BeginClass(t.Context(), "algebra"))(t)
	ok(t, s.AppendChat(t.Context(), class, "u", message(1, "before")))
	ok(t, s.AppendChat(t.Context(), 999, "u", message(2, "to no class")))
	ok(t, s.AppendChat(t.Context(), class, "u", message(3, "after")))
	if got := texts(must(s.Chat(t.Context(), class, 0, true))(t)); got != "before after" {
		t.Errorf("kept: %q", got)
	}
	if failed := s.Stats().Failed; failed != 1 {
		t.Errorf("%d were given up, want one", failed)
	}
	s.queue.failed.Store(0)
}

func TestNothingIsLeftRunning(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 3 {
		s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "lectern.db")})
		ok(t, err)
		ok(t, s.Flush(t.Context()))
		ok(t, s.Close())
	}
	for range 200 {
		if runtime.NumGoroutine() <= before {
			return
		}
		runtime.Gosched()
	}
	buf := make([]byte, 1<<16)
	t.Errorf("%d goroutines, want %d:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
}

func BenchmarkAppendChat(b *testing.B) {
	s, _ := fresh(b)
	class := must(s.BeginClass(b.Context(), "algebra"))(b)
	n := int64(0)
	for b.Loop() {
		n++
		ok(b, s.AppendChat(b.Context(), class, "u", message(n, "a message of an ordinary length, as people write them")))
	}
	ok(b, s.Flush(b.Context()))
}
