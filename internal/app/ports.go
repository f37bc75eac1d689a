package app

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"lectern/internal/config"
)

// mediaBuffer is the size in bytes that is asked for as the UDP socket's
// buffers: half a second of a hundred viewers at 2 Mbit/s. The kernel may
// give less.
const mediaBuffer = 8 << 20

// ports are the open sockets.
type ports struct {
	tcp   net.Listener
	udp   *net.UDPConn
	rtmp  net.Listener   // nil when it is off
	admin net.Listener   // nil when it is off
	addr  netip.AddrPort // of tcp
}

// openPorts opens all or none. Unless it is set, the UDP port is the one that
// TCP has got, so that there is one number to forward.
func openPorts(c config.Config) (*ports, error) {
	p := &ports{}
	if err := p.open(c); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *ports) open(c config.Config) (err error) {
	if p.tcp, err = net.Listen("tcp", c.HTTP.Listen); err != nil {
		return explain("http.listen", err)
	}
	p.addr = p.tcp.Addr().(*net.TCPAddr).AddrPort()
	media := p.addr.String()
	setting := "http.listen, which is also the media's UDP port unless rtc.udp is set"
	if c.RTC.UDP != "" {
		media, setting = c.RTC.UDP, "rtc.udp"
	}
	udp, err := net.ResolveUDPAddr("udp", media)
	if err != nil {
		return explain(setting, err)
	}
	if p.udp, err = net.ListenUDP("udp", udp); err != nil {
		return explain(setting, err)
	}
	_ = p.udp.SetReadBuffer(mediaBuffer) // what the kernel allows is enough to start with
	_ = p.udp.SetWriteBuffer(mediaBuffer)
	if c.RTMP.Listen != "" {
		if p.rtmp, err = net.Listen("tcp", c.RTMP.Listen); err != nil {
			return explain("rtmp.listen", err)
		}
	}
	if c.Admin.Listen == "" {
		return nil
	}
	if p.admin, err = net.Listen("tcp", c.Admin.Listen); err != nil {
		return explain("admin.listen", err)
	}
	return nil
}

// rtmpPort is where RTMP is taken: a port of its own, or the web's.
func (p *ports) rtmpPort() int {
	if p.rtmp == nil {
		return int(p.addr.Port())
	}
	return p.rtmp.Addr().(*net.TCPAddr).Port
}

// explain says which setting to change.
func explain(setting string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w: another program has this port; end it, or set another one (%s)", err, setting)
	}
	return fmt.Errorf("%w (%s)", err, setting)
}

func (p *ports) close() {
	if p.tcp != nil {
		_ = p.tcp.Close()
	}
	if p.udp != nil {
		_ = p.udp.Close()
	}
	if p.rtmp != nil {
		_ = p.rtmp.Close()
	}
	if p.admin != nil {
		_ = p.admin.Close()
	}
}
