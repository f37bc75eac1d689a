package peer

import (
	"net"
	"strings"
)

// Pion's ICE agent wants a local candidate for each address of each
// interface, with goroutines of its own a viewer. Clients get our list
// instead (candidates.go), and all packets come in by the same sockets, so
// that one placeholder a family and transport is enough for the agent.
var (
	placeholder4 = net.IPv4(127, 0, 0, 1)
	placeholder6 = net.IPv6loopback
)

func isPlaceholder(ip net.IP) bool { return ip.Equal(placeholder4) || ip.Equal(placeholder6) }

// negotiate has the transport answer, and tells the mux by which password it may
// know the client.
func (p *Peer) negotiate(ufrag, pwd string) (answer string, err error) {
	answer, err = p.transport.negotiate(ufrag, pwd)
	if err != nil {
		return "", err
	}
	_, after, _ := strings.Cut(answer, "a=ice-ufrag:")
	own, _, _ := strings.Cut(after, "\r\n")
	p.engine.udp.expect(own, pwd)
	return answer, nil
}

// tcpListener says of each connection that it came to a placeholder, which is
// how Pion's mux finds the session that it belongs to.
type tcpListener struct{ net.Listener }

func (l tcpListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return tcpConn{conn}, nil
}

// Addr is where Pion believes the listener to be: everywhere, at its port.
func (l tcpListener) Addr() net.Addr {
	if local, ok := l.Listener.Addr().(*net.TCPAddr); ok {
		return &net.TCPAddr{IP: net.IPv6unspecified, Port: local.Port}
	}
	return l.Listener.Addr()
}

type tcpConn struct{ net.Conn }

func (c tcpConn) LocalAddr() net.Addr {
	local, ok := c.Conn.LocalAddr().(*net.TCPAddr)
	if !ok {
		return c.Conn.LocalAddr()
	}
	ip := placeholder6
	if local.IP.To4() != nil {
		ip = placeholder4
	}
	return &net.TCPAddr{IP: ip, Port: local.Port}
}
