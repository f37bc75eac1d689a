package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromiumArgs are given to every Chromium. --disable-features and
// --enable-features follow, see joinFeatures.
var chromiumArgs = []string{
	"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
	"--remote-debugging-pipe", "--enable-automation",

	// Nothing but the page goes to the network, and nothing asks. Some of the
	// browser's own requests have no switch: their hosts have no address.
	"--no-proxy-server",
	"--no-first-run", "--no-default-browser-check", "--disable-default-apps",
	"--disable-background-networking", "--disable-component-update", "--disable-sync",
	"--disable-client-side-phishing-detection", "--disable-extensions", "--metrics-recording-only",
	"--password-store=basic", "--use-mock-keychain", "--disable-prompt-on-repost", "--disable-breakpad",
	"--host-resolver-rules=MAP *.google.com ~NOTFOUND,MAP *.googleapis.com ~NOTFOUND,MAP *.gstatic.com ~NOTFOUND,MAP *.gvt1.com ~NOTFOUND",

	// A page behaves as if somebody looked at it.
	"--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
	"--disable-renderer-backgrounding", "--disable-ipc-flooding-protection", "--disable-hang-monitor",
	"--hide-scrollbars", "--force-color-profile=srgb",

	"--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
	"--autoplay-policy=no-user-gesture-required", "--mute-audio",
	"--allow-loopback-in-peer-connection",
	"--disable-features=WebRtcHideLocalIpsWithMdns,Translate,MediaRouter,OptimizationHints",
}

// chromium is a Page over the DevTools protocol.
type chromium struct {
	console
	proc  *process
	keep  string          // where pictures of failures go
	tab   context.Context // chromedp's name for the tab: it finds it by a value of the context
	close func() error
}

// Chromium starts Chromium with an empty tab. The test ends here when there is
// no Chromium, and closes the browser in its cleanup.
func Chromium(t testing.TB, opts ...Option) Page {
	t.Helper()
	o := newOptions(t, opts)
	c, err := startChromium(t.Context(), o)
	if err != nil {
		t.Fatalf("starting chromium: %v", err)
	}
	c.keep = artifactDir(t)
	t.Cleanup(func() { finish(t, c, &c.proc.out) })
	return c
}

func startChromium(ctx context.Context, o options) (*chromium, error) {
	path, err := locate("chromium")
	if err != nil {
		return nil, err
	}
	home, err := newHome("chromium")
	if err != nil {
		return nil, err
	}
	args := append(chromiumArgs[:len(chromiumArgs):len(chromiumArgs)],
		"--user-data-dir="+home+"/profile", fmt.Sprintf("--window-size=%d,%d", o.width, o.height))
	if o.video != "" {
		args = append(args, "--use-file-for-fake-video-capture="+o.video)
	}
	args = append(joinFeatures(append(args, o.args...)), "about:blank")

	cmd := exec.Command(path, args...)
	pipe, err := newDevtools(cmd)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	proc, err := launch(home, cmd, nil)
	pipe.started()
	if err != nil {
		pipe.close()
		return nil, err
	}
	c := &chromium{proc: proc}
	if err := c.attach(ctx, pipe, o); err != nil {
		return nil, fmt.Errorf("%w; it printed:\n%s", errors.Join(err, c.close()), &proc.out)
	}
	return c, nil
}

// attach binds c to the tab that the browser opened.
func (c *chromium) attach(ctx context.Context, pipe *devtools, o options) error {
	// The tab's context lives as long as the page. ctx and the time limit
	// end the start by ending the process, which ends every call.
	stop := context.AfterFunc(ctx, c.proc.kill)
	defer stop()
	limit := time.AfterFunc(startLimit, c.proc.kill)
	defer limit.Stop()

	all, cancelAll := chromedp.NewAllocatorContext(context.Background(), pipe)
	tab, cancel := chromedp.NewContext(all, chromedp.WithListener(c.event),
		chromedp.WithErrorf(func(format string, args ...any) { fmt.Fprintf(&c.proc.out, "chromedp: "+format+"\n", args...) }))
	c.tab = tab
	c.close = sync.OnceValue(func() error {
		err := c.proc.close() // also ends the pipe, on which chromedp reads
		cancelAll()
		cancel()
		if b := chromedp.FromContext(tab).Browser; b != nil {
			<-b.LostConnection
		}
		pipe.close()
		return err
	})

	scheme := "light"
	if o.dark {
		scheme = "dark"
	}
	err := chromedp.Do(tab,
		chromedp.EmulateViewport(int64(o.width), int64(o.height)),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			return err
		}))
	return c.failed(ctx, "attaching to the tab", err)
}

func (c *chromium) Goto(ctx context.Context, url string) error {
	_, err := chromiumRun(ctx, c, chromedp.Navigate(url))
	return c.failed(ctx, "loading "+url, err)
}

func (c *chromium) Eval(ctx context.Context, js string, out any) error {
	text, err := chromiumRun(ctx, c, chromedp.Evaluate[string](asyncJSON(js), chromedp.EvalAwaitPromise))
	if err == nil {
		err = decode(text, out)
	}
	return c.failed(ctx, "evaluating "+brief(js), err)
}

func (c *chromium) Screenshot(ctx context.Context, file string) error {
	png, err := chromiumRun(ctx, c, chromedp.CaptureScreenshot())
	if err == nil {
		err = savePicture(file, png)
	}
	return c.failed(ctx, "taking a screenshot", err)
}

func (c *chromium) Close() error { return c.close() }

func (c *chromium) artifacts() string { return c.keep }

// chromiumRun runs an action in the tab until ctx ends.
func chromiumRun[T any](ctx context.Context, c *chromium, action chromedp.Action[T]) (T, error) {
	tab, cancel := context.WithCancel(c.tab)
	defer cancel()
	stop := context.AfterFunc(ctx, cancel)
	defer stop()
	return chromedp.Run(tab, action)
}

// failed names what failed and why. chromedp reports every end, that of the
// caller's context, of the browser and of the connection, as a cancellation.
func (c *chromium) failed(ctx context.Context, doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
	case errors.Is(err, context.Canceled), errors.Is(err, chromedp.ErrTargetDetached):
		return fmt.Errorf("%s: %w", doing, ErrClosed)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// event keeps the complaints. chromedp calls it in the order of the protocol,
// so that everything logged before an Eval returns is in Console by then.
func (c *chromium) event(ev any) {
	switch ev := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.ConsoleAPICalledTypeError || ev.Type == runtime.ConsoleAPICalledTypeAssert {
			url, line := origin(ev.StackTrace)
			c.add("error", remoteText(ev.Args), url, line)
		}
	case *runtime.EventExceptionThrown:
		d := ev.ExceptionDetails
		text := d.Text // "Uncaught" or "Uncaught (in promise)"
		if d.Exception != nil {
			text += " " + remoteText([]*runtime.RemoteObject{d.Exception})
		}
		c.add("exception", text, d.URL, d.LineNumber)
	case *log.EventEntryAdded:
		if e := ev.Entry; e.Level == log.EntryLevelError {
			c.add(string(e.Source), e.Text, e.URL, e.LineNumber)
		}
	case *inspector.EventTargetCrashed:
		// Nothing that the tab was asked will ever be answered.
		c.add("crash", "the process of the page died", "", 0)
		c.proc.kill()
	}
}

func origin(s *runtime.StackTrace) (url string, line int64) {
	if s == nil || len(s.CallFrames) == 0 {
		return "", 0
	}
	return s.CallFrames[0].URL, s.CallFrames[0].LineNumber
}

// remoteText writes values as a console does, an error without its stack.
func remoteText(args []*runtime.RemoteObject) string {
	var parts []string
	for _, a := range args {
		var s string
		switch {
		case a.Type == runtime.RemoteObjectTypeString && json.Unmarshal(a.Value, &s) == nil:
		case a.Preview != nil && a.Subtype == "":
			s = previewText(a.Preview)
		case a.Description != "":
			s, _, _ = strings.Cut(a.Description, "\n    at ")
		case a.UnserializableValue != "":
			s = string(a.UnserializableValue)
		case a.Value != nil:
			s = string(a.Value)
		default:
			s = string(a.Type)
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

// previewText writes the first properties of an object.
func previewText(p *runtime.ObjectPreview) string {
	var parts []string
	for _, property := range p.Properties {
		parts = append(parts, property.Name+": "+property.Value)
	}
	if p.Overflow {
		parts = append(parts, "…")
	}
	return p.Description + " {" + strings.Join(parts, ", ") + "}"
}

// joinFeatures merges repeated --enable-features and --disable-features, of
// which Chromium heeds only the last.
func joinFeatures(args []string) []string {
	var out []string
	for _, arg := range args {
		key, value, found := strings.Cut(arg, "=")
		at := -1
		if found && (key == "--enable-features" || key == "--disable-features") {
			for i := range out {
				if strings.HasPrefix(out[i], key+"=") {
					at = i
				}
			}
		}
		if at < 0 {
			out = append(out, arg)
			continue
		}
		out[at] += "," + value
	}
	return out
}
