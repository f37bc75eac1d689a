package room

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestDecode(t *testing.T) {
	long := `{"text":"` + strings.Repeat("x", text) + `"}`
	for _, c := range []struct {
		typ, data string
		want      Command
		code      Code
		field     string
	}{
		{typ: "chat.send", data: `{"text":"hello"}`, want: ChatSend{Text: "hello"}},
		{typ: "chat.send", data: `{"text":"hello","new_in_2030":[1,{}]}`, want: ChatSend{Text: "hello"}},
		{typ: "chat.send", data: long, code: CodeTooLarge, field: "data"},
		{typ: "chat.send", data: `{"text":7}`, code: CodeBadRequest, field: "text"},
		{typ: "chat.send", data: `[]`, code: CodeBadRequest},
		{typ: "chat.send", data: `{"text":"a"} {}`, code: CodeBadRequest, field: "data"},
		{typ: "chat.send", data: `{`, code: CodeBadRequest, field: "data"},
		{typ: "stage.accept", data: ``, want: StageAccept{}},
		{typ: "stage.accept", data: ` null `, want: StageAccept{}},
		{typ: "board.op", data: `{"board":"b1","ops":[{"t":"del","id":"x","page":2}]}`, want: BoardOp{Board: "b1", Ops: []Op{{ID: "x", T: "del", Page: 2}}}},
		{typ: "board.op", data: `{"ops":[{"page":"two"}]}`, code: CodeBadRequest, field: "ops.page"},
		{typ: "sub.prefs", data: `{"seats":[{"seat":1,"video":"h"},{"seat":2,"video":{"w":480,"h":270}}]}`,
			want: SubPrefs{Seats: []SeatPrefs{{Seat: 1, Video: VideoWish{Layer: "h"}}, {Seat: 2, Video: VideoWish{W: 480, H: 270}}}}},
		{typ: "sub.prefs", data: `{"seats":[{"seat":1,"video":"huge"}]}`, code: CodeBadRequest, field: "data"},
		{typ: "sub.prefs", data: `{"seats":[{"seat":1,"video":{"w":-1}}]}`, code: CodeBadRequest, field: "data"},
		{typ: "fly", data: `{}`, code: CodeUnsupported, field: "type"},
		{typ: "Join", data: `{"Identity":"teacher"}`, code: CodeUnsupported, field: "type"},
		{typ: "", data: `{}`, code: CodeUnsupported, field: "type"},
	} {
		t.Run(c.typ+" "+c.data[:min(len(c.data), 30)], func(t *testing.T) {
			got, err := Decode(c.typ, []byte(c.data))
			if c.code == "" {
				if err != nil || !reflect.DeepEqual(got, c.want) {
					t.Errorf("got %+v, %v, want %+v", got, err, c.want)
				}
				return
			}
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Code != c.code || e.Field != c.field {
				t.Errorf("got %v, want %s of %q", err, c.code, c.field)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for typ := range messages {
		f.Add(typ, []byte(`{"member":"p_1","text":"x","pc":"sub","ops":[{"d":[1]}],"seats":[{"video":"h"}],"on":true}`))
	}
	f.Fuzz(func(t *testing.T, typ string, data []byte) {
		c, err := Decode(typ, data)
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok || c != nil {
				t.Fatalf("%v, %v", c, err)
			}
			return
		}
		if c.needs() == capSystem {
			t.Fatalf("%s is the system's", typ)
		}
		cl := newClass(t, Settings{})
		teacher := cl.join("teacher", Teacher)
		if _, err := cl.try(teacher, c); err == nil {
			cl.pass(2 * time.Second)
			if _, err := cl.r.Save(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestVideoWishIsWrittenAsItIsRead(t *testing.T) {
	for _, text := range []string{`"off"`, `"l"`, `{"w":480,"h":270}`} {
		var v VideoWish
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(v); err != nil || string(got) != text {
			t.Errorf("got %s, %v, want %s", got, err, text)
		}
	}
}

// TestWhoMayWhat tries every command with every role, without and on what it needs.
func TestWhoMayWhat(t *testing.T) {
	for typ, m := range messages {
		for _, role := range []Role{Teacher, Assistant, Student, Observer, "", "admin"} {
			t.Run(typ+" "+string(role), func(t *testing.T) {
				c := newClass(t, Settings{})
				c.join("teacher", Teacher)
				id := c.join("someone", role)
				who := c.r.Members[id]
				able := c.r.caps(who).has(m.empty.needs())
				_, err := c.try(id, m.empty)
				e, _ := errors.AsType[*Error](err)
				if !able && (e == nil || e.Code != CodeForbidden) {
					t.Errorf("a %q lacks %s and gets %v, want forbidden", role, m.empty.needs(), err)
				}
				if able && e != nil && e.Code == CodeForbidden && e.Hint == string(m.empty.needs()) {
					t.Errorf("a %q has %s and gets %v", role, m.empty.needs(), err)
				}
			})
		}
	}
}

func TestWhoIsNotInTheRoomMayNothing(t *testing.T) {
	c := newClass(t, Settings{Policy: Policy{Lobby: true}})
	teacher := c.join("teacher", Teacher)
	student := c.join("student", Student)
	for typ, m := range messages {
		c.refused(CodeWaiting, student, m.empty)
		c.refused(CodeUnauthorized, "p_nobody", m.empty)
		c.refused(CodeForbidden, System, m.empty)
		if t.Failed() {
			t.Fatal(typ)
		}
	}
	for _, system := range []Command{Join{Identity: "x"}, Lost{teacher}, Back{}, Leave{teacher}, MediaUp{}, MediaDown{}, Shown{}, StreamUp{},
		StreamDown{}, Heard{}, Measured{}, Forget{}, Finish{}} {
		c.refused(CodeForbidden, teacher, system)
	}
	c.do(teacher, RoomEnd{})
	c.refused(CodeRoomEnded, teacher, RoomStart{})
	c.refused(CodeRoomEnded, System, Join{Identity: "late", Role: Teacher})
	if events := c.r.Tick(c.at.Add(time.Hour)); len(events) != 0 {
		t.Errorf("an ended room still says %v", events)
	}
}

func TestCatalogNamesEveryRequest(t *testing.T) {
	requests := Requests()
	if len(requests) != len(messages) {
		t.Errorf("%d requests, want %d", len(requests), len(messages))
	}
	for typ := range replies {
		if _, ok := messages[typ]; !ok {
			t.Errorf("%s has a reply and is no request", typ)
		}
	}
	for _, r := range requests {
		data, err := json.Marshal(r.Data)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Decode(r.Type, data); err != nil || fmt.Sprintf("%T", back) != fmt.Sprintf("%T", r.Data) {
			t.Errorf("%s: %T, %v, want %T", r.Type, back, err, r.Data)
		}
	}
}
