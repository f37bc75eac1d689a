package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lectern/internal/e2e/browser"
)

// onAir is what the publish page says of its layers, the largest first.
type onAir struct {
	Layers []struct {
		RID    string
		Height int
		Bytes  int
	}
}

const onAirStats = "await window.lectern.stats()"

// picked is what the watch page gets, and what its quality menu says.
const picked = `(async () => ({
	...await window.lectern.stats(),
	items: [...document.querySelectorAll('[role=menuitemradio]')].map((b) => b.textContent),
	ticked: document.querySelector('[role=menuitemradio][aria-checked=true]')?.textContent ?? '',
	focused: document.activeElement?.getAttribute('role') === 'menuitemradio' ? document.activeElement.textContent : '',
}))()`

type pickedNow struct {
	watched
	VideoPackets, AudioPackets int
	Items                      []string
	Ticked, Focused            string
}

// press is a key pressed by a person.
func press(t *testing.T, ctx context.Context, page browser.Page, key string) {
	t.Helper()
	const js = `(document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key: %q, bubbles: true, cancelable: true }))`
	if err := page.Eval(ctx, fmt.Sprintf(js, key), nil); err != nil {
		t.Fatal(err)
	}
}

// pick opens the quality menu by its key, and chooses by the keyboard the item
// that begins with a text.
func pick(t *testing.T, ctx context.Context, page browser.Page, item string) pickedNow {
	t.Helper()
	press(t, ctx, page, "q")
	before, err := browser.WaitFor(ctx, page, picked, func(p pickedNow) bool { return len(p.Items) > 0 && p.Focused != "" })
	if err != nil {
		t.Fatalf("the menu: %v", err)
	}
	if before.Focused != before.Ticked {
		t.Errorf("%q has the focus, want what is chosen, %q", before.Focused, before.Ticked)
	}
	at := slices.IndexFunc(before.Items, func(i string) bool { return strings.HasPrefix(i, item) })
	if at < 0 {
		t.Fatalf("no %s in %q", item, before.Items)
	}
	press(t, ctx, page, "Home")
	for range at {
		press(t, ctx, page, "ArrowDown")
	}
	if err := page.Eval(ctx, "document.activeElement.click()", nil); err != nil { // as Enter does
		t.Fatal(err)
	}
	if _, err := browser.WaitFor(ctx, page, picked, func(p pickedNow) bool { return len(p.Items) == 0 }); err != nil {
		t.Fatalf("the menu stays after %s: %v", item, err)
	}
	return before
}

// within waits for what a person notices, and says how long it took.
func within(t *testing.T, ctx context.Context, page browser.Page, what string, most time.Duration, ok func(pickedNow) bool) pickedNow {
	t.Helper()
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, 2*most+20*time.Second)
	defer cancel()
	p, err := browser.WaitFor(limited, page, picked, ok)
	took := time.Since(began).Round(10 * time.Millisecond)
	if err != nil {
		t.Fatalf("%s: %v; last %+v", what, err, p)
	}
	t.Logf("%s after %v", what, took)
	if took > most {
		t.Errorf("%s after %v, want it within %v", what, took, most)
	}
	return p
}

// sent returns by how many bytes each layer has grown in a time, by its height.
func sentIn(t *testing.T, ctx context.Context, page browser.Page, d time.Duration) map[int]int {
	t.Helper()
	var before, after onAir
	if err := page.Eval(ctx, onAirStats, &before); err != nil {
		t.Fatal(err)
	}
	<-time.After(d) // the time is what is tested
	if err := page.Eval(ctx, onAirStats, &after); err != nil {
		t.Fatal(err)
	}
	grown := map[int]int{}
	for _, layer := range after.Layers {
		for _, earlier := range before.Layers {
			if layer.RID == earlier.RID {
				grown[layer.Height] = layer.Bytes - earlier.Bytes
			}
		}
	}
	return grown
}

// A viewer chooses among the layers of a publisher, leaves the choice to the
// server again, and does without the picture. What nobody watches is not sent:
// the publisher's page stops it, and begins again when somebody wants it.
func TestTheQualityMenu(t *testing.T) {
	ctx := testContext(t, 4*time.Minute)
	s := startServer(t)
	publisher, viewer := browser.Chromium(t), browser.Chromium(t)
	publish(t, ctx, publisher, s.url+"/publish/clock?source=clock&preset=talk&simulcast=1&codec=video/VP8&auto=1")
	if _, err := browser.WaitFor(ctx, publisher, onAirStats, func(o onAir) bool {
		return len(o.Layers) == 3 && o.Layers[0].Bytes > 100_000
	}); err != nil {
		t.Fatalf("three layers: %v", err)
	}

	rest := func(heights ...int) {
		t.Helper()
		began := time.Now()
		for {
			grown := sentIn(t, ctx, publisher, time.Second)
			quiet := true
			for _, height := range heights {
				quiet = quiet && grown[height] < 2000
			}
			if quiet {
				t.Logf("%v rest after %v: %v bytes in a second", heights, time.Since(began).Round(time.Second), grown)
				if grown[180] < 5000 {
					t.Errorf("the smallest layer sends %d bytes a second", grown[180])
				}
				return
			}
			if time.Since(began) > 30*time.Second {
				t.Fatalf("%v do not rest: %v bytes in a second", heights, grown)
			}
		}
	}
	rest(720, 360)

	if err := viewer.Goto(ctx, s.url+"/watch/clock"); err != nil {
		t.Fatal(err)
	}
	wait(t, ctx, viewer, "a picture", func(w watched) bool { return w.FramesDecoded > 0 })
	within(t, ctx, viewer, "the large picture that rested", 3*time.Second, func(p pickedNow) bool { return p.Width == 1280 })
	before := pick(t, ctx, viewer, "180p")
	t.Logf("the menu: %q, ticked %q", before.Items, before.Ticked)
	if len(before.Items) != 5 || before.Ticked != "Auto (720p)" {
		t.Errorf("the menu: %q, ticked %q", before.Items, before.Ticked)
	}
	within(t, ctx, viewer, "the small picture", 3*time.Second, func(p pickedNow) bool { return p.Width == 320 })
	rest(720, 360)

	pick(t, ctx, viewer, "360p")
	within(t, ctx, viewer, "the middle picture that rested", 3*time.Second, func(p pickedNow) bool { return p.Width == 640 })
	pick(t, ctx, viewer, "Auto")
	within(t, ctx, viewer, "the large picture again", 3*time.Second, func(p pickedNow) bool { return p.Width == 1280 })

	pick(t, ctx, viewer, "Audio only")
	<-time.After(time.Second) // what was on its way
	var silent, later pickedNow
	if err := viewer.Eval(ctx, picked, &silent); err != nil {
		t.Fatal(err)
	}
	<-time.After(5 * time.Second) // the time is what is tested
	if err := viewer.Eval(ctx, picked, &later); err != nil {
		t.Fatal(err)
	}
	if got := later.VideoPackets - silent.VideoPackets; got > 0 {
		t.Errorf("%d packets of video in 5 s with the sound alone", got)
	}
	if got := later.AudioPackets - silent.AudioPackets; got < 200 {
		t.Errorf("%d packets of sound in 5 s", got)
	}
	if later.State != "playing" || later.Sessions != 1 {
		t.Errorf("the page is %s in session %d", later.State, later.Sessions)
	}
	if after := pick(t, ctx, viewer, "Auto"); after.Ticked != "Audio only" {
		t.Errorf("ticked %q with the sound alone", after.Ticked)
	}
	frames := later.FramesDecoded
	within(t, ctx, viewer, "the picture back", 3*time.Second, func(p pickedNow) bool { return p.FramesDecoded > frames+15 && p.State == "playing" })
	if err := viewer.Screenshot(ctx, filepath.Join(t.ArtifactDir(), "watch.png")); err != nil {
		t.Error(err)
	}
	for _, page := range []browser.Page{publisher, viewer} {
		if lines := page.Console(); len(lines) > 0 {
			t.Errorf("console: %q", lines)
		}
	}
}
