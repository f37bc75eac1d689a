package signaling

import (
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/websocket"

	"lectern/internal/limit"
	"lectern/internal/probe"
	"lectern/sfu/peer"
)

const (
	// checkTime is how long a connection that tests a network is kept. The page /check looks at one for five seconds.
	checkTime = 15 * time.Second
	// mostChecks are the tests that run at once, and addressChecks those for one address, which can be a school. Each
	// sends 64 kbit/s.
	mostChecks, addressChecks = 400, 100
	// checkProtocol is the subprotocol of the WebSocket that says everything back.
	checkProtocol = "check.v1"
	// mostEchoes and echoBytes bound what it says back.
	mostEchoes, echoBytes = 20, 64
)

var (
	errChecks     = errors.New("too many tests of networks at once")
	errCheckOver  = errors.New("the test's time is over")
	errEchoSocket = errors.New("this WebSocket speaks the subprotocol " + checkProtocol + " and no other: name it in Sec-WebSocket-Protocol")
)

// checkups are the tests of networks that browsers make, and what became of them.
type checkups struct {
	stream  probe.Stream
	running *counts
	codes   *checkCodes
}

func newCheckups() *checkups { return &checkups{running: newCounts(), codes: newCheckCodes()} }

// mountCheck adds the routes by which a browser finds out whether it can reach this server:
//
//	/api/v1/check       an offer, answered like one to WHEP
//	/api/v1/check/ws    a WebSocket that says everything back
//	/api/v1/checks, /api/v1/checks/CODE  what browsers found out, for the owner
func (s *Server) mountCheck(r gin.IRouter) {
	r.Any("/api/v1/check", methods{"POST": s.checkMedia}.handler(s))
	r.Any("/api/v1/check/ws", methods{"GET": s.checkSocket}.handler(s))
	r.Any("/api/v1/checks", methods{"GET": s.listChecks, "POST": s.addCheck}.handler(s))
	r.Any("/api/v1/checks/:code", methods{"GET": s.showCheck, "POST": s.reportCheck, "DELETE": s.removeCheck}.handler(s))
}

// checkMedia answers an offer with a connection that carries packets of silence until the client closes it, or until
// checkTime is over. It shows no stream, so that nobody needs a right for it.
func (s *Server) checkMedia(c *gin.Context) {
	p, err := s.beginCheck(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Type", typeSDP)
	s.linkICEServers(c)
	c.Status(http.StatusOK)
	_, _ = c.Writer.WriteString(p.Answer()) // a client that has gone does not connect
}

func (s *Server) beginCheck(c *gin.Context) (*peer.Peer, error) {
	r, from := c.Request, s.client(c.Request)
	if s.draining.Load() {
		return nil, errDraining
	}
	if err := s.admit(whep, from, nobody); err != nil {
		return nil, err
	}
	if err := wantType(r, typeSDP); err != nil {
		return nil, err
	}
	sdp, err := readBody(c, s.options.Limits.OfferBytes)
	if err != nil {
		return nil, err
	}
	if !s.gate.enter() {
		return nil, errDraining
	}
	defer s.gate.leave()
	over, err := s.countCheck(from)
	if err != nil {
		return nil, err
	}
	p, settled, err := s.openCheck(from, peer.Offer{SDP: sdp, Reached: s.reached(r, from), Log: s.log.With("protocol", "check", "remote", from.ip)})
	if err != nil {
		over()
		return nil, err
	}
	s.gate.in.Go(func() { // we are in the gate
		defer over()
		s.followCheck(p, settled)
	})
	return p, nil
}

// openCheck makes the connection. The caller calls settled when it stands, or stands no more.
func (s *Server) openCheck(from client, offer peer.Offer) (p *peer.Peer, settled func(), err error) {
	settled, err = s.setup(whep, from, "", nobody)
	if err != nil {
		return nil, nil, err
	}
	router, hush, err := s.checks.stream.Listen()
	if err != nil {
		settled()
		return nil, nil, err
	}
	p, err = s.options.Peers.Watch(router, probe.Name, offer)
	if err != nil {
		settled()
		hush()
		return nil, nil, err
	}
	s.gate.in.Go(func() {
		<-p.Done()
		hush()
	})
	return p, settled, nil
}

// followCheck waits for the connection and ends it in time.
func (s *Server) followCheck(p *peer.Peer, settled func()) {
	timer := time.NewTimer(checkTime)
	defer timer.Stop()
	connected := p.Connected()
	for {
		select {
		case <-connected:
			settled()
			connected, settled = nil, func() {}
		case <-timer.C:
			p.Close(errCheckOver)
		case <-s.closing:
			p.Close(errDraining)
			settled()
			return
		case <-p.Done():
			settled()
			return
		}
	}
}

// countCheck counts one more test until over is called.
func (s *Server) countCheck(from client) (over func(), err error) {
	of := []allowance{{everywhere, mostChecks}}
	if !from.exempt {
		of = append(of, allowance{from.key, addressChecks})
	}
	over, ok := s.checks.running.begin(of...)
	if !ok {
		s.counts.limits.Add(limit.Checks)
		return nil, errChecks
	}
	return over, nil
}

// echoes makes WebSockets that say everything back.
var echoes = websocket.Upgrader{
	Subprotocols: []string{checkProtocol},
	CheckOrigin:  func(*http.Request) bool { return true }, // checkSocket has asked
}

// checkSocket says back what it is told, so that the client knows that a WebSocket gets through, and how long that takes.
func (s *Server) checkSocket(c *gin.Context) {
	over, err := s.admitEcho(c)
	if err != nil {
		if errors.Is(err, errNoUpgrade) {
			c.Header("Upgrade", "websocket") // RFC 9110 §15.5.22
		}
		s.fail(c, err)
		return
	}
	defer over()
	conn, err := echoes.Upgrade(c.Writer, c.Request, nil)
	if err != nil {
		return // it has answered
	}
	defer conn.Close()
	ended := make(chan struct{})
	defer close(ended)
	s.gate.in.Go(func() { // we are in the gate
		select {
		case <-s.closing:
			_ = conn.Close() // wakes echo
		case <-ended:
		}
	})
	echo(conn)
}

func echo(conn *websocket.Conn) {
	conn.SetReadLimit(echoBytes)
	_ = conn.SetReadDeadline(time.Now().Add(checkTime)) // a connection that is gone says so below
	for range mostEchoes {
		kind, text, err := conn.ReadMessage()
		if err != nil {
			return
		}
		_ = conn.SetWriteDeadline(time.Now().Add(checkTime))
		if conn.WriteMessage(kind, text) != nil {
			return
		}
	}
}

// admitEcho checks what can be said before there is a WebSocket. The caller calls over when it has ended.
func (s *Server) admitEcho(c *gin.Context) (over func(), err error) {
	r, from := c.Request, s.client(c.Request)
	if s.draining.Load() {
		return nil, errDraining
	}
	if err := s.knock(from); err != nil {
		return nil, err
	}
	if !websocket.IsWebSocketUpgrade(r) {
		return nil, errNoUpgrade
	}
	if !s.sameOrigin(r) {
		return nil, errOrigin
	}
	if wanted := websocket.Subprotocols(r); len(wanted) != 1 || wanted[0] != checkProtocol {
		return nil, errEchoSocket
	}
	release, err := s.countCheck(from)
	if err != nil {
		return nil, err
	}
	if !s.gate.enter() {
		release()
		return nil, errDraining
	}
	return func() { release(); s.gate.leave() }, nil
}
