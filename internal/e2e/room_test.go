package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lectern/internal/e2e/browser"
)

// A teacher and two students in real pages: lobby, chat, hand, invitation, the
// stage seen and heard by all, mute against a modified client, a shared screen,
// poll, whiteboard, a page that is loaded again, ten seconds without the
// connection and without the server, keyboard, removal, end.
func TestAClassInBrowsers(t *testing.T) {
	runPageTests(t, "room.mjs", 8*time.Minute, "LECTERN_BIN="+binary)
}

// Who loads the page again, comes late, or is without a network for twenty
// seconds on stage, finds the room as it is: the order of twenty hands, the
// lobby, chat, board, poll and layout, and his seat.
func TestWhoComesBackToARoom(t *testing.T) {
	runPageTests(t, "roomreturns.mjs", 5*time.Minute, "LECTERN_BIN="+binary)
}

// What a room's page says when it cannot go on, or not as it should: each state
// on a desk and on a phone, clean to axe and to the console.
func TestStatesOfARoom(t *testing.T) {
	s := startServer(t)
	runPageTests(t, "roomstates.mjs", 12*time.Minute, "LECTERN_URL="+s.url)
}

// A student whose browser is Firefox sees and hears a teacher whose browser is
// Chromium, comes on stage and is seen and heard there.
func TestAClassAcrossBrowsers(t *testing.T) {
	ctx := testContext(t, 3*time.Minute)
	s := startServer(t)
	links := makeRoom(t, s.url)
	teacher, student := browser.Chromium(t), browser.Firefox(t)
	enterRoom(t, ctx, teacher, links.Teacher, "Ada Teacher")
	click(t, ctx, teacher, "dialog .primary")
	enterRoom(t, ctx, student, links.Student, "Bo")
	flows(t, ctx, student, 1)

	click(t, ctx, student, `.controls [aria-keyshortcuts="H"]`)
	click(t, ctx, teacher, `.controls [aria-label^="Hands"]`)
	click(t, ctx, teacher, ".hands .primary:not(:disabled)")
	click(t, ctx, student, "dialog .primary")
	flows(t, ctx, teacher, 2)
	for name, page := range map[string]browser.Page{"teacher": teacher, "student": student} {
		if err := page.Screenshot(ctx, filepath.Join(t.ArtifactDir(), "room-"+name+".png")); err != nil {
			t.Error(err)
		}
	}
}

// roomLinks let people into a room.
type roomLinks struct{ Teacher, Student string }

func makeRoom(t *testing.T, url string) roomLinks {
	t.Helper()
	response, err := http.Post(url+"/api/v1/rooms", "application/json", strings.NewReader(`{"title":"Algebra"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var made struct{ Links roomLinks }
	if err := json.NewDecoder(response.Body).Decode(&made); err != nil || response.StatusCode != http.StatusCreated {
		t.Fatalf("making a room: %s, %v", response.Status, err)
	}
	return made.Links
}

func enterRoom(t *testing.T, ctx context.Context, page browser.Page, link, name string) {
	t.Helper()
	if err := page.Goto(ctx, link); err != nil {
		t.Fatal(err)
	}
	js := fmt.Sprintf(`(document.querySelector("#name").value = %q, document.querySelector(".door form").requestSubmit())`, name)
	if err := page.Eval(ctx, js, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := browser.WaitFor(ctx, page, "window.lectern.state", func(state string) bool { return state == "inside" }); err != nil {
		t.Fatalf("entering as %s: %v", name, err)
	}
}

// click waits for something that can be pressed, and presses it.
func click(t *testing.T, ctx context.Context, page browser.Page, selector string) {
	t.Helper()
	js := fmt.Sprintf(`(e => e ? (e.click(), true) : false)(document.querySelector(%q))`, selector)
	if _, err := browser.WaitFor(ctx, page, js, func(done bool) bool { return done }); err != nil {
		t.Fatalf("pressing %s: %v", selector, err)
	}
}

// flows waits for pictures and sound of a seat that go on.
func flows(t *testing.T, ctx context.Context, page browser.Page, seat int) {
	t.Helper()
	type figures struct {
		Frames      int
		AudioEnergy float64
	}
	js := fmt.Sprintf("(await window.lectern.stats()).seats[%d]", seat)
	var first figures
	if err := page.Eval(ctx, js, &first); err != nil {
		t.Fatal(err)
	}
	_, err := browser.WaitFor(ctx, page, js, func(now figures) bool {
		return now.Frames > first.Frames+20 && now.AudioEnergy > first.AudioEnergy+0.01
	})
	if err != nil {
		t.Fatalf("media of seat %d: %v", seat, err)
	}
}
