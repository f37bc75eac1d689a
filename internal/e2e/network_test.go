package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"lectern/internal/e2e/browser"
)

// network is the way between a browser and the server. While it is cut,
// datagrams are lost and streams of octets stand still, as when a cable has
// been pulled: nobody is told.
type network struct {
	url   string // where the browser finds the server
	media *net.UDPConn
	peer  netip.AddrPort // the server's

	mu    sync.Mutex
	whole chan struct{} // closed while the network is not cut
	flows map[netip.AddrPort]*net.UDPConn
}

// newNetwork makes a way to the server that leads through this process, for
// pages, signaling and media. It ends with the test.
func newNetwork(t *testing.T, s *server) *network {
	t.Helper()
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	n := &network{whole: make(chan struct{}), flows: map[netip.AddrPort]*net.UDPConn{}}
	close(n.whole)
	loopback := netip.MustParseAddr("127.0.0.1")
	port, err := strconv.ParseUint(target.Port(), 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	n.peer = netip.AddrPortFrom(loopback, uint16(port)) // the same number as the web port
	if n.media, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0))); err != nil {
		t.Fatal(err)
	}
	l, err := listenTCP()
	if err != nil {
		t.Fatal(err)
	}
	n.url = "http://" + l.Addr().String()
	web := &http.Server{Handler: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			r.Out.Header.Del("Accept-Encoding")
		},
		ModifyResponse: n.redirectMedia,
		ErrorHandler:   func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}}
	var running sync.WaitGroup
	running.Go(func() { _ = web.Serve(cable{l, n}) })
	running.Go(func() { n.carryMedia(&running) })
	t.Cleanup(func() {
		n.mend()
		_ = web.Close()
		_ = n.media.Close()
		n.mu.Lock()
		for _, flow := range n.flows {
			_ = flow.Close()
		}
		n.mu.Unlock()
		running.Wait()
	})
	return n
}

// cut stops everything, until mend.
func (n *network) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.whole = make(chan struct{})
}

// rebind forgets which addresses have sent datagrams, as a NAT does: the server
// sees them come from other ports from now on, and what it sends to the ones
// before is lost. Nobody is told.
func (n *network) rebind() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, flow := range n.flows {
		_ = flow.Close()
	}
	clear(n.flows)
}

func (n *network) mend() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !closed(n.whole) {
		close(n.whole)
	}
}

func (n *network) wholeAgain() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.whole
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

var (
	udpCandidate = regexp.MustCompile(`(candidate:\S+ 1 udp \d+) \S+ \d+ `)
	tcpCandidate = regexp.MustCompile(`(?i)a=candidate:\S+ 1 tcp [^\r\n]*\r?\n`)
)

// redirectMedia makes an answer lead the browser's media through this network:
// its UDP candidates are ours, and the way around by TCP is closed.
func (n *network) redirectMedia(r *http.Response) error {
	switch r.Header.Get("Content-Type") {
	case "application/sdp", "application/trickle-ice-sdpfrag":
	default:
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body.Close()
	own := n.media.LocalAddr().(*net.UDPAddr)
	body = udpCandidate.ReplaceAll(body, fmt.Appendf(nil, "$1 %s %d ", own.IP, own.Port))
	body = tcpCandidate.ReplaceAll(body, nil)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

// carryMedia carries datagrams to the server, and gives each address of the
// browser's a way back.
func (n *network) carryMedia(running *sync.WaitGroup) {
	var datagram [2048]byte
	for {
		size, from, err := n.media.ReadFromUDPAddrPort(datagram[:])
		if err != nil {
			return
		}
		if !closed(n.wholeAgain()) {
			continue
		}
		n.mu.Lock()
		flow := n.flows[from]
		if flow == nil {
			if flow, err = net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(n.peer)); err == nil {
				n.flows[from] = flow
				running.Go(func() { n.carryBack(flow, from) })
			}
		}
		n.mu.Unlock()
		if flow != nil {
			_, _ = flow.Write(datagram[:size])
		}
	}
}

func (n *network) carryBack(flow *net.UDPConn, to netip.AddrPort) {
	var datagram [2048]byte
	for {
		size, err := flow.Read(datagram[:])
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil && closed(n.wholeAgain()) { // other errors are the server's absence
			_, _ = n.media.WriteToUDPAddrPort(datagram[:size], to)
		}
	}
}

// cable is a listener whose connections belong to a network.
type cable struct {
	net.Listener
	network *network
}

func (c cable) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return strand{conn, c.network}, nil
}

// strand is a connection that stands still while its network is cut.
type strand struct {
	net.Conn
	network *network
}

func (s strand) Read(b []byte) (int, error) {
	size, err := s.Conn.Read(b)
	<-s.network.wholeAgain()
	return size, err
}

func (s strand) Write(b []byte) (int, error) {
	<-s.network.wholeAgain()
	return s.Conn.Write(b)
}

// cuts are for how long networks are cut, and within which time the picture
// must be back when they are whole again. The browser finds out after some
// seconds that nothing comes, tries to restart ICE, and makes a new session
// when that does not help; its waits grow to 8 s at the most.
var cuts = []struct{ gone, within time.Duration }{
	{3 * time.Second, 10 * time.Second},
	{20 * time.Second, 20 * time.Second},
}

// goesOn waits until the viewer's picture moves again after what happened, and
// returns the last reading.
func goesOn(t *testing.T, viewer browser.Page, what string, within time.Duration) watched {
	t.Helper()
	ctx := testContext(t, within+30*time.Second)
	back := time.Now()
	before := wait(t, ctx, viewer, "the counters", func(watched) bool { return true })
	w := wait(t, ctx, viewer, "the picture "+what, func(w watched) bool {
		moved := w.FramesDecoded > before.FramesDecoded+15 || w.PCID != before.PCID && w.FramesDecoded > 15
		return w.State == "playing" && moved
	})
	took := time.Since(back)
	t.Logf("%s: the picture is back after %v, in session %d", what, took.Round(100*time.Millisecond), w.Sessions)
	if took > within {
		t.Errorf("%s: the picture is back after %v, want %v", what, took, within)
	}
	return w
}

// A viewer's network is gone for a while, and the server is not: the page goes
// on by itself.
func TestTheViewersNetworkIsCut(t *testing.T) {
	ctx := testContext(t, 2*time.Minute)
	s := startServer(t)
	n := newNetwork(t, s)
	publisher, viewer := browser.Chromium(t), browser.Chromium(t)
	publish(t, ctx, publisher, s.url+"/publish/clock?source=clock&preset=low&auto=1")
	watch(t, ctx, viewer, n.url+"/watch/clock")
	for _, c := range cuts {
		n.cut()
		<-time.After(c.gone) // the time is what is tested
		w := wait(t, ctx, viewer, "the page to notice", func(w watched) bool { return w.State != "playing" })
		t.Logf("%v without a network: %s", c.gone, w.State)
		n.mend()
		goesOn(t, viewer, fmt.Sprintf("after %v without a network", c.gone), c.within)
	}
}

// A publisher's network is gone for a while: its page goes on sending by
// itself, and whoever watches keeps the session that he has.
func TestThePublishersNetworkIsCut(t *testing.T) {
	ctx := testContext(t, 2*time.Minute)
	s := startServer(t)
	n := newNetwork(t, s)
	publisher, viewer := browser.Chromium(t), browser.Chromium(t)
	publish(t, ctx, publisher, n.url+"/publish/clock?source=clock&preset=low&auto=1")
	watch(t, ctx, viewer, s.url+"/watch/clock")
	for _, c := range cuts {
		n.cut()
		<-time.After(c.gone) // the time is what is tested
		wait(t, ctx, viewer, "the page to notice", func(w watched) bool { return w.State == "stalled" || w.State == "waiting" })
		n.mend()
		w := goesOn(t, viewer, fmt.Sprintf("after the publisher's %v without a network", c.gone), c.within)
		if w.Sessions != 1 {
			t.Errorf("the viewer has had %d sessions, want 1", w.Sessions)
		}
		if _, err := browser.WaitFor(ctx, publisher, published, func(state string) bool { return state == "live" }); err != nil {
			t.Errorf("the publisher's page: %v", err)
		}
	}
}

// The NAT between a browser and the server gives it another port, of which the
// page knows nothing: media come to the new one before anything is given up, for
// a viewer and for a publisher.
func TestANATForgetsABrowser(t *testing.T) {
	ctx := testContext(t, 2*time.Minute)
	s := startServer(t)
	up, down := newNetwork(t, s), newNetwork(t, s)
	publisher, viewer := browser.Chromium(t), browser.Chromium(t)
	publish(t, ctx, publisher, up.url+"/publish/clock?source=clock&preset=low&auto=1")
	watch(t, ctx, viewer, down.url+"/watch/clock")
	for _, c := range []struct {
		who string
		nat *network
	}{{"viewer", down}, {"publisher", up}, {"viewer again", down}} {
		before := wait(t, ctx, viewer, "the counters", func(watched) bool { return true })
		began := time.Now()
		c.nat.rebind()
		after := wait(t, ctx, viewer, "media", func(w watched) bool { return w.FramesDecoded > before.FramesDecoded+15 })
		took := time.Since(began)
		t.Logf("the %s's port is another one: 15 pictures after %v", c.who, took.Round(100*time.Millisecond))
		if took > 5*time.Second+time.Second { // the pictures themselves are half a second
			t.Errorf("media of the %s after %v, want them within 5 s", c.who, took)
		}
		if after.Sessions != 1 {
			t.Errorf("%d sessions, want the first", after.Sessions)
		}
		<-time.After(3 * time.Second) // so that it is stable again
	}
}
