package signaling_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"lectern/internal/auth"
	"lectern/sfu"
	"lectern/sfu/peer"
	"lectern/sfu/sfutest"
	"lectern/signaling"
)

// lab is a server with all that is behind it, on the loopback interface.
type lab struct {
	*signaling.Server
	router  *sfu.Router
	engine  *peer.Engine
	handler http.Handler
	clock   *clock
	test    testing.TB
}

// setup is what a test may choose of a lab.
type setup struct {
	signaling.Options
	peers peer.Options
}

// newLab starts a server and checks that nothing of it is left in the end.
func newLab(t testing.TB, configure ...func(*setup)) *lab {
	t.Helper()
	gin.SetMode(gin.ReleaseMode)
	sfutest.NoLeaks(t)
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{router: sfu.NewRouter(sfu.Options{}), clock: &clock{at: time.Now()}, test: t}
	t.Cleanup(l.router.Close)
	o := setup{peers: peer.Options{UDP: udp}}
	o.Now = l.clock.now
	o.LookupNetIP = func(context.Context, string, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("203.0.113.5")}, nil
	}
	for _, f := range configure {
		f(&o)
	}
	if l.engine, err = peer.New(o.peers); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.engine.Close)
	o.Options.Router, o.Options.Peers = l.router, l.engine
	l.Server = signaling.New(o.Options)
	t.Cleanup(l.Server.Close)
	engine := gin.New()
	l.Mount(engine)
	l.handler = engine
	return l
}

// clock stands still until a test advances it, so that no limit fills up
// while the test runs.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// do sends a request as from 192.0.2.7 to 127.0.0.1. headers are pairs; those
// of net/http's own fields are set there.
func (l *lab) do(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+path, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.7:50000"
	r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}))
	for i := 0; i < len(headers); i += 2 {
		switch name, value := headers[i], headers[i+1]; name {
		case "Host":
			r.Host = value
		case "From":
			r.RemoteAddr = value
		default:
			r.Header.Add(name, value)
		}
	}
	w := httptest.NewRecorder()
	l.handler.ServeHTTP(w, r)
	if l.test != nil {
		conforms(l.test, r, w)
	}
	return w
}

func (l *lab) post(path, offer string, headers ...string) *httptest.ResponseRecorder {
	return l.do("POST", path, offer, append([]string{"Content-Type", "application/sdp"}, headers...)...)
}

func offer(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "offers", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// keys is an authorizer with a key for each of two people and one for watching
// only.
func keys(t testing.TB, closed bool) *auth.Keyring {
	t.Helper()
	all := []string{"*"}
	ring, err := auth.New(auth.Options{ClosedWatch: closed, Keys: []auth.Key{
		{Token: "alice-key", Sub: "alice", Stream: all, Can: []auth.Action{auth.Publish, auth.Watch}},
		{Token: "alice-other-key", Sub: "alice", Stream: all, Can: []auth.Action{auth.Publish, auth.Watch}},
		{Token: "bob-key", Sub: "bob", Stream: all, Can: []auth.Action{auth.Publish, auth.Watch}},
		{Token: "watch-key", Sub: "carol", Stream: []string{"live/demo"}, Can: []auth.Action{auth.Watch}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return ring
}
