package udp

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
)

// udpSegment is UDP_SEGMENT of linux/udp.h: the size of the datagrams that a
// message is to be cut into.
const udpSegment = 103

// linux sends without the lock that package net holds through each write: it
// would let one core wait for another.
type linux struct {
	socket *net.UDPConn
	raw    syscall.RawConn
	ipv6   bool // its addresses are, also those of IPv4
	calls  sync.Pool
}

// newKernel says also whether the socket takes several datagrams in one call.
func newKernel(socket *net.UDPConn) (k kernel, segments bool, err error) {
	l := &linux{socket: socket}
	l.calls.New = func() any { return l.newCall() }
	if l.raw, err = socket.SyscallConn(); err != nil {
		return nil, false, err
	}
	var domain int
	var failed error
	if err = l.raw.Control(func(fd uintptr) {
		domain, failed = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_DOMAIN)
		_, unknown := syscall.GetsockoptInt(int(fd), syscall.IPPROTO_UDP, udpSegment)
		segments = unknown == nil
	}); err != nil {
		return nil, false, err
	}
	l.ipv6 = domain == syscall.AF_INET6
	return l, segments, failed
}

// call is the arguments of one sendmsg, in memory that is used again.
type call struct {
	octets  []byte
	control []byte // empty for one datagram
	segment []byte // of the control message, with its size at sizeAt
	ipv4    syscall.SockaddrInet4
	ipv6    syscall.SockaddrInet6
	to      syscall.Sockaddr
	err     error
	run     func(fd uintptr)
}

// sizeAt is where the data of a control message begin.
var sizeAt = syscall.CmsgLen(0)

func (l *linux) newCall() *call {
	c := &call{segment: make([]byte, syscall.CmsgSpace(2))}
	// struct cmsghdr of linux/socket.h: a length as wide as the machine's
	// words, level and type.
	at := strconv.IntSize / 8
	if at == 8 {
		binary.NativeEndian.PutUint64(c.segment, uint64(syscall.CmsgLen(2)))
	} else {
		binary.NativeEndian.PutUint32(c.segment, uint32(syscall.CmsgLen(2)))
	}
	binary.NativeEndian.PutUint32(c.segment[at:], syscall.IPPROTO_UDP)
	binary.NativeEndian.PutUint32(c.segment[at+4:], udpSegment)
	c.run = func(fd uintptr) {
		for {
			_, c.err = syscall.SendmsgN(int(fd), c.octets, c.control, c.to, 0)
			if c.err != syscall.EINTR {
				return
			}
		}
	}
	return c
}

func (l *linux) send(octets []byte, size int, to netip.AddrPort) error {
	switch {
	case !to.IsValid() || !l.ipv6 && !to.Addr().Unmap().Is4():
		return syscall.EAFNOSUPPORT
	case to.Addr().Zone() == "":
	case size < len(octets):
		return syscall.EINVAL // as where it does not work
	default: // net knows the number of the interface
		_, err := l.socket.WriteToUDPAddrPort(octets, to)
		return err
	}
	c := l.calls.Get().(*call)
	defer l.calls.Put(c)
	c.octets, c.control = octets, nil
	if size < len(octets) {
		c.control = c.segment
		binary.NativeEndian.PutUint16(c.segment[sizeAt:], uint16(size))
	}
	c.address(to, l.ipv6)
	err := l.raw.Control(c.run)
	if err == nil {
		err = c.err
	}
	if errors.Is(err, syscall.EAGAIN) {
		err = l.wait(c, to)
	}
	c.octets = nil
	return err
}

// wait sends when there is room in the socket's buffer.
func (l *linux) wait(c *call, to netip.AddrPort) error {
	_, _, err := l.socket.WriteMsgUDPAddrPort(c.octets, c.control, to)
	return err
}

// address fills in where to.
func (c *call) address(to netip.AddrPort, ipv6 bool) {
	if ipv6 {
		c.ipv6.Port, c.ipv6.Addr = int(to.Port()), to.Addr().As16()
		c.to = &c.ipv6
		return
	}
	c.ipv4.Port, c.ipv4.Addr = int(to.Port()), to.Addr().Unmap().As4()
	c.to = &c.ipv4
}
