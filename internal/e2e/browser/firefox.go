package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// firefox is a Page over WebDriver BiDi.
type firefox struct {
	console
	proc  *process
	keep  string // where pictures of failures go
	bidi  *bidi
	tab   string // BiDi's browsing context
	close func() error
}

// Firefox starts Firefox ESR with an empty tab. The test ends here when there
// is no Firefox, and closes the browser in its cleanup.
func Firefox(t testing.TB, opts ...Option) Page {
	t.Helper()
	o := newOptions(t, opts)
	if o.video != "" {
		t.Fatal("firefox cannot play a file as its camera: use Chromium")
	}
	f, err := startFirefox(t.Context(), o)
	if err != nil {
		t.Fatalf("starting firefox: %v", err)
	}
	f.keep = artifactDir(t)
	t.Cleanup(func() { finish(t, f, &f.proc.out) })
	return f
}

func startFirefox(ctx context.Context, o options) (*firefox, error) {
	path, err := locate("firefox-esr")
	if err != nil {
		return nil, err
	}
	home, err := newHome("firefox")
	if err != nil {
		return nil, err
	}
	profile := filepath.Join(home, "profile")
	if err := writePrefs(profile, o.dark); err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	args := append([]string{"--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"}, o.args...)
	address := newAddress()
	proc, err := launch(home, exec.Command(path, args...), address)
	if err != nil {
		return nil, err
	}
	f := &firefox{proc: proc}
	f.close = sync.OnceValue(func() error {
		err := proc.close() // also ends the connection, whose own error says nothing then
		if f.bidi != nil {
			_ = f.bidi.close()
		}
		return err
	})
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := f.attach(ctx, address.found, o); err != nil {
		return nil, fmt.Errorf("%w; it printed:\n%s", errors.Join(err, f.close()), &proc.out)
	}
	return f, nil
}

// attach opens the BiDi session and binds f to the tab that the browser opened.
func (f *firefox) attach(ctx context.Context, address <-chan string, o options) error {
	var url string
	select {
	case url = <-address:
	case <-f.proc.done:
		return fmt.Errorf("waiting for its address: %w", ErrClosed)
	case <-ctx.Done():
		return fmt.Errorf("waiting for its address: %w", context.Cause(ctx))
	}
	var err error
	if f.bidi, err = dialBidi(ctx, url+"/session", f.event); err != nil {
		return err
	}
	if err := f.bidi.call(ctx, "session.new", object{"capabilities": object{}}, nil); err != nil {
		return err
	}
	if err := f.bidi.call(ctx, "session.subscribe", object{"events": []string{"log.entryAdded"}}, nil); err != nil {
		return err
	}
	var tree struct {
		Contexts []struct {
			Context string `json:"context"`
		} `json:"contexts"`
	}
	if err := f.bidi.call(ctx, "browsingContext.getTree", object{}, &tree); err != nil {
		return err
	}
	if len(tree.Contexts) == 0 {
		return errors.New("it has no tab")
	}
	f.tab = tree.Contexts[0].Context
	return f.bidi.call(ctx, "browsingContext.setViewport",
		object{"context": f.tab, "viewport": object{"width": o.width, "height": o.height}}, nil)
}

// object is a JSON object of a command.
type object = map[string]any

func (f *firefox) Goto(ctx context.Context, url string) error {
	err := f.bidi.call(ctx, "browsingContext.navigate", object{"context": f.tab, "url": url, "wait": "complete"}, nil)
	if err != nil {
		return fmt.Errorf("loading %s: %w", url, err)
	}
	return nil
}

func (f *firefox) Eval(ctx context.Context, js string, out any) error {
	text, err := f.evaluate(ctx, asyncJSON(js))
	if err == nil {
		err = decode(text, out)
	}
	if err != nil {
		return fmt.Errorf("evaluating %s: %w", brief(js), err)
	}
	return nil
}

// evaluate returns the string that the promise of the expression gives.
func (f *firefox) evaluate(ctx context.Context, expression string) (string, error) {
	var answer struct {
		Result struct {
			Value string `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	err := f.bidi.call(ctx, "script.evaluate", object{
		"expression": expression, "target": object{"context": f.tab}, "awaitPromise": true,
	}, &answer)
	if err != nil {
		return "", err
	}
	if answer.Exception != nil {
		return "", errors.New("exception: " + answer.Exception.Text)
	}
	return answer.Result.Value, nil
}

func (f *firefox) Screenshot(ctx context.Context, file string) error {
	var picture struct {
		Data []byte `json:"data"` // base64, as encoding/json has it
	}
	err := f.bidi.call(ctx, "browsingContext.captureScreenshot", object{"context": f.tab}, &picture)
	if err == nil {
		err = savePicture(file, picture.Data)
	}
	if err != nil {
		return fmt.Errorf("taking a screenshot: %w", err)
	}
	return nil
}

func (f *firefox) Close() error { return f.close() }

func (f *firefox) artifacts() string { return f.keep }

// event keeps the complaints.
func (f *firefox) event(method string, params json.RawMessage) {
	var entry struct {
		Level string `json:"level"`
		Type  string `json:"type"`
		Text  string `json:"text"`
		Stack struct {
			Frames []struct {
				URL  string `json:"url"`
				Line int64  `json:"lineNumber"`
			} `json:"callFrames"`
		} `json:"stackTrace"`
	}
	if method != "log.entryAdded" || json.Unmarshal(params, &entry) != nil || entry.Level != "error" {
		return
	}
	kind := "error"
	if entry.Type == "javascript" {
		kind = "exception"
	}
	var url string
	var line int64
	if len(entry.Stack.Frames) > 0 {
		url, line = entry.Stack.Frames[0].URL, entry.Stack.Frames[0].Line
	}
	f.add(kind, entry.Text, url, line)
}

// addressLen bounds a line of which the end is awaited; longer ones are not
// the address.
const addressLen = 1024

// address finds in a browser's output the line that says where its BiDi server
// listens, and sends it to found once.
type address struct {
	found chan string
	line  []byte
	seen  bool
}

func newAddress() *address { return &address{found: make(chan string, 1)} }

func (a *address) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0 && !a.seen; {
		line, after, complete := bytes.Cut(rest, []byte("\n"))
		if room := addressLen - len(a.line); room > 0 {
			a.line = append(a.line, line[:min(room, len(line))]...)
		}
		rest = after
		if !complete {
			break
		}
		if url, found := bytes.CutPrefix(a.line, []byte("WebDriver BiDi listening on ")); found {
			a.found <- string(bytes.TrimSpace(url))
			a.seen = true
		}
		a.line = a.line[:0]
	}
	return len(p), nil
}
