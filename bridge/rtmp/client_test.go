package rtmp

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern/bridge/rtmp/wire"
	"lectern/internal/auth"
	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// lab is a running server whose publishers are made up.
type lab struct {
	server *Server
	at     string
	access *access
	opened chan *fakeIngest // by publishers that were let in
	refuse error            // what opening one returns
}

// newLab runs a server until the test ends.
func newLab(t *testing.T, change ...func(*Options)) *lab {
	t.Helper()
	sfutest.NoLeaks(t)
	l := &lab{access: &access{}, opened: make(chan *fakeIngest, 100)}
	o := Options{Router: sfu.NewRouter(sfu.Options{}), Access: l.access}
	for _, c := range change {
		c(&o)
	}
	t.Cleanup(o.Router.Close)
	l.server = New(o)
	l.server.publish = func(stream, identity, encoder string) (ingest, error) {
		if l.refuse != nil {
			return nil, l.refuse
		}
		f := &fakeIngest{stream: stream, identity: identity, encoder: encoder, ended: make(chan struct{}), came: make(chan string, 1000)}
		l.opened <- f
		return f, nil
	}
	l.at = run(t, l.server)
	return l
}

// run runs a server on a port of its own until the test ends.
func run(t *testing.T, s *Server) (at string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return listener.Addr().String()
}

// publisher waits for one that was let in.
func (l *lab) publisher(t *testing.T) *fakeIngest {
	t.Helper()
	select {
	case f := <-l.opened:
		return f
	case <-time.After(10 * time.Second):
		t.Fatal("nobody was let in")
		return nil
	}
}

// access decides as it is told, and remembers what it was asked.
type access struct {
	mu     sync.Mutex
	decide func(auth.Request) (auth.Grant, error) // nil lets everybody in
	asked  []auth.Request
	ended  []auth.Request
}

// decides sets what is decided, while the server runs.
func (a *access) decides(f func(auth.Request) (auth.Grant, error)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.decide = f
}

func (a *access) Decide(_ context.Context, r auth.Request) (auth.Grant, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, r)
	if a.decide != nil {
		return a.decide(r)
	}
	return auth.Grant{Identity: "somebody"}, nil
}

func (a *access) End(r auth.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = append(a.ended, r)
}

func (a *access) requests() (asked, ended []auth.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked), slices.Clone(a.ended)
}

// fakeIngest takes what is published.
type fakeIngest struct {
	stream, identity, encoder string
	fail                      error
	came                      chan string // "video 1200 abc"; what finds no room is left out

	once  sync.Once
	why   error
	ended chan struct{}
}

func (f *fakeIngest) take(what string) error {
	select {
	case f.came <- what:
	default:
	}
	if what == "video panic" {
		panic("as asked")
	}
	return f.fail
}

func (f *fakeIngest) video(_ uint32, body []byte, _ time.Time) error {
	return f.take("video " + string(body[:min(len(body), 20)]))
}

func (f *fakeIngest) audio(_ uint32, body []byte, _ time.Time) error {
	return f.take("audio " + string(body[:min(len(body), 20)]))
}

func (f *fakeIngest) metadata(values map[string]any) {
	name, _ := values["encoder"].(string)
	_ = f.take("metadata " + name)
}

func (f *fakeIngest) close(cause error) {
	f.once.Do(func() {
		f.why = cause
		close(f.ended)
	})
}

func (f *fakeIngest) done() <-chan struct{} { return f.ended }
func (f *fakeIngest) cause() error          { return f.why }

// wait waits until a message has come.
func (f *fakeIngest) wait(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-f.came:
		if got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("%q has not come", want)
	}
}

// waitEnd waits until the session has ended it.
func (f *fakeIngest) waitEnd(t *testing.T) error {
	t.Helper()
	select {
	case <-f.ended:
		return f.why
	case <-time.After(10 * time.Second):
		t.Fatal("it goes on")
		return nil
	}
}

// peer is a client in a test.
type peer struct {
	*wire.Conn
	net net.Conn
}

// dial shakes hands. What the peer does has ten seconds.
func dial(t *testing.T, at string) *peer {
	t.Helper()
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	w, err := wire.Open(c, wire.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return &peer{w, c}
}

func (p *peer) call(t *testing.T, stream uint32, name string, transaction float64, object wire.Object, args ...any) {
	t.Helper()
	c := wire.Command{Name: name, Transaction: transaction, Object: object, Args: args}
	if err := p.Write(c.Message(stream)); err != nil {
		t.Fatal(err)
	}
}

// expect reads until an answer: a command with a name, and returns its code
// and description.
func (p *peer) expect(t *testing.T, name string) (code, text string) {
	t.Helper()
	for {
		m, err := p.Read()
		if err != nil {
			t.Fatalf("waiting for %s: %v", name, err)
		}
		if m.Type != wire.CommandAMF0 {
			continue
		}
		c, err := wire.ParseCommand(m, wire.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if c.Name != name {
			continue
		}
		for _, a := range c.Args {
			if o, ok := a.(wire.Object); ok {
				return o.String("code"), o.String("description")
			}
		}
		return "", ""
	}
}

// expectEnd reads until the server has closed the connection.
func (p *peer) expectEnd(t *testing.T) {
	t.Helper()
	for {
		if _, err := p.Read(); err != nil {
			if errors.Is(err, wire.ErrLimit) || errors.Is(err, wire.ErrMalformed) {
				t.Error(err)
			}
			if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
				t.Error("the connection is still there")
			}
			return
		}
	}
}

func (p *peer) connect(t *testing.T, app string) {
	t.Helper()
	p.call(t, 0, "connect", 1, wire.Object{
		{Name: "app", Value: app}, {Name: "flashVer", Value: "FMLE/3.0 (test)"}, {Name: "tcUrl", Value: "rtmp://host/" + app},
	})
	if code, text := p.expect(t, "_result"); code != "NetConnection.Connect.Success" {
		t.Fatalf("connect: %s %s", code, text)
	}
}

// ask connects and asks to publish or play, as encoders do.
func ask(t *testing.T, at, what, app, key string) *peer {
	t.Helper()
	p := dial(t, at)
	p.connect(t, app)
	p.call(t, 0, "createStream", 4, nil)
	p.expect(t, "_result")
	p.call(t, 1, what, 5, nil, key, "live")
	return p
}

// publish publishes, and waits until it may.
func publish(t *testing.T, at, key string) *peer {
	t.Helper()
	p := ask(t, at, "publish", "live", key)
	if code, text := p.expect(t, "onStatus"); code != "NetStream.Publish.Start" {
		t.Fatalf("publish: %s %s", code, text)
	}
	return p
}

func (p *peer) send(t *testing.T, typ wire.Type, body string) {
	t.Helper()
	if err := p.Write(wire.Message{Type: typ, Stream: 1, Body: []byte(body)}); err != nil {
		t.Fatal(err)
	}
}

// isSentence says whether people can read it.
func isSentence(s string) bool {
	return len(s) > 10 && strings.HasSuffix(s, ".") && strings.ToUpper(s[:1]) == s[:1]
}
