//go:build !linux || 386

package udp

import (
	"net"
	"net/netip"
)

// plain sends one datagram a call.
type plain struct{ socket *net.UDPConn }

func newKernel(socket *net.UDPConn) (k kernel, segments bool, err error) {
	return plain{socket}, false, nil
}

func (p plain) send(octets []byte, _ int, to netip.AddrPort) error {
	_, err := p.socket.WriteToUDPAddrPort(octets, to)
	return err
}
