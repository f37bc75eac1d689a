package e2e

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"lectern/internal/e2e/browser"
)

//go:embed testdata/member.js
var memberScript string

// memberSeat is what testdata/member.js says of a seat.
type memberSeat struct {
	Frames, KeyFrames, Width int
	Sound                    int // packets
	Codec                    string
	Offers                   int
}

// enter lets a page into a room, as a program of its own: without our page.
func enter(t *testing.T, ctx context.Context, page browser.Page, s *server, link, name string) {
	t.Helper()
	_, invite, _ := strings.Cut(link, "#i=")
	if err := page.Goto(ctx, s.url+"/"); err != nil {
		t.Fatal(err)
	}
	if err := page.Eval(ctx, fmt.Sprintf("await (async () => { %s\n; window.member = await join(%q, %q, %q) })()", memberScript, "media", invite, name), nil); err != nil {
		t.Fatal(err)
	}
}

// openRoom makes a room, and returns the links for teachers and students.
func openRoom(t *testing.T, s *server) (teacher, student string) {
	t.Helper()
	resp, err := http.Post(s.url+"/api/v1/rooms", "application/json", bytes.NewReader([]byte(`{"id":"media"}`)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var made struct {
		Links struct{ Teacher, Student string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&made); err != nil || made.Links.Teacher == "" {
		t.Fatalf("%s: %v", resp.Status, err)
	}
	return made.Links.Teacher, made.Links.Student
}

// A camera comes in three sizes, and a viewer gets the one that its layout
// needs, or none.
func TestAViewerGetsAsMuchOfASeatAsItShows(t *testing.T) {
	ctx := testContext(t, 2*time.Minute)
	s := startServer(t)
	forTeachers, forStudents := openRoom(t, s)
	teacher, student := browser.Chromium(t), browser.Chromium(t)
	enter(t, ctx, teacher, s, forTeachers, "Ms Noether")
	enter(t, ctx, student, s, forStudents, "Ada")
	var seat int
	if err := teacher.Eval(ctx, `await member.publish(1280, 720, [{ rid: "q", scaleResolutionDownBy: 4 }, { rid: "h", scaleResolutionDownBy: 2 }, { rid: "f" }])`, &seat); err != nil {
		t.Fatal(err)
	}
	if err := student.Eval(ctx, "await member.watch()", nil); err != nil {
		t.Fatal(err)
	}
	see := func(wish string, ok func(memberSeat) bool) memberSeat {
		t.Helper()
		if wish != "" {
			if err := student.Eval(ctx, fmt.Sprintf(`await member.ask("sub.prefs", { seats: [{ seat: %d, video: %s, audio: true }] })`, seat, wish), nil); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		now, err := browser.WaitFor(ctx, student, fmt.Sprintf("await member.seat(%d)", seat), ok)
		if err != nil {
			t.Fatalf("wish %s: %v", wish, err)
		}
		t.Logf("wish %q: %d wide after %v", wish, now.Width, time.Since(began).Round(10*time.Millisecond))
		return now
	}
	see("", func(m memberSeat) bool { return m.Width == 1280 })
	see(`"l"`, func(m memberSeat) bool { return m.Width == 320 })
	see(`{ w: 640, h: 360 }`, func(m memberSeat) bool { return m.Width == 640 })
	see(`"off"`, func(m memberSeat) bool { return true })
	off := see("", func(m memberSeat) bool { return true })
	later := see("", func(m memberSeat) bool { return m.Sound > off.Sound+50 })
	if more := later.Frames - off.Frames; more > 5 { // those on their way
		t.Errorf("%d pictures that nobody looks at", more)
	}
	see(`"h"`, func(m memberSeat) bool { return m.Width == 1280 && m.Frames > later.Frames+10 })
	if m := see("", func(m memberSeat) bool { return m.Sound > later.Sound }); m.Offers != 1 {
		t.Errorf("the viewer has offered %d times", m.Offers)
	}
}

// An encoder's stream, H.264 by RTMP, is brought to a seat of a room whose
// members send VP8. A viewer sees both, has offered once, and sees the member
// again who has the seat next.
func TestAnEncodersStreamIsBroughtToASeat(t *testing.T) {
	ctx := testContext(t, time.Minute)
	s := startServer(t)
	forTeachers, forStudents := openRoom(t, s)
	live(t, s.rtmpURL("obs1"), 2)
	s.info(t, "live/obs1", "the encoder", func(i streamInfo) bool { return i.State == "live" })

	teacher, student := browser.Chromium(t), browser.Chromium(t)
	enter(t, ctx, teacher, s, forTeachers, "Ms Noether")
	enter(t, ctx, student, s, forStudents, "Ada")
	var seat int
	if err := teacher.Eval(ctx, "await member.publish()", &seat); err != nil {
		t.Fatal(err)
	}
	if err := student.Eval(ctx, "await member.watch()", nil); err != nil {
		t.Fatal(err)
	}
	sees := func(what string, seat int, ok func(memberSeat) bool) memberSeat {
		t.Helper()
		now, err := browser.WaitFor(ctx, student, fmt.Sprintf("await member.seat(%d)", seat), ok)
		if err != nil {
			t.Fatalf("waiting for %s: %v", what, err)
		}
		return now
	}
	own := sees("the teacher", seat, func(m memberSeat) bool { return m.Frames > 20 && m.Sound > 20 })
	const other = 4
	began := time.Now()
	if err := teacher.Eval(ctx, fmt.Sprintf(`await member.ask("stage.bring", { stream: "live/obs1", seat: %d })`, other), nil); err != nil {
		t.Fatal(err)
	}
	sees("the stream's first picture", other, func(m memberSeat) bool { return m.Frames > 0 })
	first := time.Since(began)
	brought := sees("the stream", other, func(m memberSeat) bool { return m.Frames > 40 && m.Sound > 20 })
	if own.Codec != "video/VP8" || brought.Codec != "video/H264" {
		t.Errorf("the teacher came in %s, the stream in %s", own.Codec, brought.Codec)
	}
	if brought.Offers != 1 {
		t.Errorf("the viewer has offered %d times", brought.Offers)
	}
	again := sees("the teacher, still", seat, func(m memberSeat) bool { return m.Frames > own.Frames+20 })
	t.Logf("the stream was seen after %v; it %+v, the teacher %+v", first.Round(time.Millisecond), brought, again)

	if err := teacher.Eval(ctx, `await member.ask("stage.bring", { stream: "live/nothing", seat: 5 })`, nil); err != nil {
		t.Logf("a stream that is not there: %v", err)
	}
	if _, err := browser.WaitFor(ctx, teacher, "member.events.filter((m) => m.type === 'seat.set' && m.data.seat === 5).at(-1)?.data.state ?? 'free'", func(state string) bool { return state == "free" }); err != nil {
		t.Errorf("the seat of a stream that is not there: %v", err)
	}
}
