// Package browser drives real browsers from Go tests: Chromium over the
// DevTools protocol and Firefox over WebDriver BiDi, behind one Page.
//
// One Page is one browser process with one tab, one process group and one
// private home directory. Nothing of a browser outlives its Page: Close kills
// the group, waits for it and removes the directory, and the test's cleanup
// calls Close. A browser whose test process dies is killed by the kernel where
// the kernel can do that (Linux).
//
// Both browsers have a fake camera and microphone which need no permission,
// play media without a click, and offer their loopback and interface
// addresses in the clear, so that WebRTC works on a machine without a network.
package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ErrClosed says that the browser is gone: closed, killed or crashed. No later
// call on the Page can succeed.
var ErrClosed = errors.New("browser is closed")

// Page is the only tab of a browser of its own. Its methods may be called from
// several goroutines; two navigations at the same time replace each other.
// Every method returns an error that wraps the cause of ctx when ctx ends
// first, and one that wraps ErrClosed when the browser is gone.
type Page interface {
	// Goto loads url and returns after the page's load event. An HTTP error
	// status is a page like any other; no answer at all is an error.
	Goto(ctx context.Context, url string) error

	// Eval evaluates js, which is one expression and may use await, waits for
	// the promise that it gives, and decodes the value's JSON into out as
	// json.Unmarshal does; undefined decodes as null. A nil out drops the
	// value. An exception in the page is an error with its message.
	//
	// A map-like object, RTCStatsReport among them, has no JSON of its own:
	// spread it, as in [...(await pc.getStats()).values()].
	Eval(ctx context.Context, js string, out any) error

	// Screenshot writes what the tab shows to file as PNG, and makes the
	// directories of file that are missing.
	Screenshot(ctx context.Context, file string) error

	// Console returns the page's complaints so far, oldest first, those of
	// earlier documents included. A line begins with its kind: "error"
	// (console.error and console.assert) or "exception" (nothing caught it;
	// in Firefox also what the browser itself reports, such as ICE failed).
	// In Chromium it can also be "crash", or the part of the browser that
	// reports an error, such as "network" (a failed load or an HTTP error
	// status) and "security" (a refusal by policy). A crash of the page ends
	// the browser.
	Console() []string

	// Close kills the browser and its children, waits for their end and
	// removes what they wrote. It does not let the page say goodbye: to see
	// that, Goto about:blank first. Later calls return what the first did.
	Close() error
}

// asyncJSON wraps an expression so that its value comes back as JSON text.
// The newline ends a comment at the end of js.
func asyncJSON(js string) string {
	js = strings.TrimRight(js, "; \t\r\n")
	return "(async () => JSON.stringify(await (" + js + "\n)) ?? 'null')()"
}

// decode is the way back of asyncJSON.
func decode(text string, out any) error {
	if out == nil {
		return nil
	}
	if err := json.Unmarshal([]byte(text), out); err != nil {
		return fmt.Errorf("decoding %s: %w", brief(text), err)
	}
	return nil
}

// savePicture writes a PNG image to file.
func savePicture(file string, png []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, png, 0o644)
}

// briefLen holds a line or two of an error message.
const briefLen = 300

// brief shortens text for an error message.
func brief(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= briefLen {
		return text
	}
	return strings.ToValidUTF8(text[:briefLen], "") + "…"
}
