package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"lectern/internal/e2e/browser"
)

// The example shows, in a real browser, a live stream that is brought to the
// seat for content: one offer, and the picture comes and goes without another.
func TestTheExampleClientWatchesTheStage(t *testing.T) {
	ctx := testContext(t, 90*time.Second)
	s := startServer(t, "demo")
	response, err := http.Post(s.url+"/api/v1/rooms", "application/json", bytes.NewBufferString(`{"id":"hall"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var made struct{ Links struct{ Teacher string } }
	if err := json.NewDecoder(response.Body).Decode(&made); err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("../../examples/room-client/client.mjs")
	if err != nil {
		t.Fatal(err)
	}
	// Evaluated as a script, which has no exports and waits for nothing at its top.
	class, _, _ := strings.Cut(string(source), "\nif (typeof process")
	class = strings.Replace(class, "export class", "window.RoomClient = class", 1)

	page := browser.Chromium(t)
	if err := page.Goto(ctx, s.url+"/api/v1/info"); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Width, Height int
		Frames        int
	}
	if err := page.Eval(ctx, `(async () => {
		`+class+`
		const room = new RoomClient(`+quote(made.Links.Teacher)+`, 'Example')
		await new Promise((resolve) => room.addEventListener('event', ({ name }) => name === 'welcome' && resolve()))
		const container = document.body.appendChild(document.createElement('div'))
		const pc = await room.watch(container)
		await room.ask('stage.bring', { stream: 'live/demo', seat: 0 })
		const screen = container.querySelector('video')
		for (;;) {
			await new Promise((resolve) => setTimeout(resolve, 100))
			const frames = screen.getVideoPlaybackQuality().totalVideoFrames
			if (frames > 30) return { Width: screen.videoWidth, Height: screen.videoHeight, Frames: frames }
		}
	})()`, &got); err != nil {
		t.Fatal(err)
	}
	if got.Width != 768 || got.Height != 432 {
		t.Errorf("got %+v", got)
	}
}

func quote(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}
