package e2e

import (
	"testing"
	"time"
)

// A teacher and two students in real pages: lobby, chat, hand, invitation, the
// stage seen and heard by all, mute against a modified client, a shared screen,
// poll, whiteboard, a page that is loaded again, ten seconds without the
// connection and without the server, keyboard, removal, end.
func TestAClassInBrowsers(t *testing.T) {
	runPageTests(t, "room.mjs", 8*time.Minute, "LECTERN_BIN="+binary)
}

// What a room's page says when it cannot go on, or not as it should: each state
// on a desk and on a phone, clean to axe and to the console.
func TestStatesOfARoom(t *testing.T) {
	s := startServer(t)
	runPageTests(t, "roomstates.mjs", 8*time.Minute, "LECTERN_URL="+s.url)
}
