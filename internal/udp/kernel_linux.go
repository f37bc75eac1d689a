//go:build linux && !386

package udp

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"unsafe"
)

// udpSegment is UDP_SEGMENT of linux/udp.h: the size of the datagrams that a
// message is to be cut into.
const udpSegment = 103

// linux sends without the lock that package net holds through each write: it
// would let one core wait for another. Nor is Go's scheduler told of the call,
// which never waits: one for many datagrams takes so long that another thread
// would be looked for, and that costs more.
type linux struct {
	socket *net.UDPConn
	raw    syscall.RawConn
	ipv6   bool      // its addresses are, also those of IPv4
	calls  sync.Pool // *call
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
	c.set(octets, size)
	c.address(to, l.ipv6)
	err := l.raw.Control(c.run)
	if err == nil {
		err = c.err
	}
	if errors.Is(err, syscall.EAGAIN) {
		err = l.wait(c, octets, to)
	}
	c.octets.Base = nil
	return err
}

// wait sends when there is room in the socket's buffer.
func (l *linux) wait(c *call, octets []byte, to netip.AddrPort) error {
	var control []byte
	if c.message.Control != nil {
		control = c.segment[:syscall.CmsgSpace(2)]
	}
	_, _, err := l.socket.WriteMsgUDPAddrPort(octets, control, to)
	return err
}

// call is the arguments of one sendmsg, in memory that is used again.
type call struct {
	message syscall.Msghdr
	octets  syscall.Iovec
	segment [24]byte // the control message: CMSG_SPACE(2) at the most
	ipv4    syscall.RawSockaddrInet4
	ipv6    syscall.RawSockaddrInet6
	err     error
	run     func(fd uintptr)
}

// sizeAt is where the data of a control message begin.
var sizeAt = syscall.CmsgLen(0)

func (l *linux) newCall() *call {
	c := &call{}
	c.message.Iov, c.message.Iovlen = &c.octets, 1
	head := (*syscall.Cmsghdr)(unsafe.Pointer(&c.segment))
	head.Level, head.Type = syscall.IPPROTO_UDP, udpSegment
	head.SetLen(syscall.CmsgLen(2))
	c.ipv4.Family, c.ipv6.Family = syscall.AF_INET, syscall.AF_INET6
	c.run = func(fd uintptr) {
		for {
			_, _, err := syscall.RawSyscall(syscall.SYS_SENDMSG, fd, uintptr(unsafe.Pointer(&c.message)), syscall.MSG_DONTWAIT)
			switch err {
			case 0:
				c.err = nil
				return
			case syscall.EINTR:
			default:
				c.err = err
				return
			}
		}
	}
	return c
}

// set fills in what to send, as datagrams of size octets.
func (c *call) set(octets []byte, size int) {
	c.octets.Base = unsafe.SliceData(octets)
	c.octets.SetLen(len(octets))
	c.message.Control = nil
	c.message.SetControllen(0)
	if size < len(octets) {
		binary.NativeEndian.PutUint16(c.segment[sizeAt:], uint16(size))
		c.message.Control = &c.segment[0]
		c.message.SetControllen(syscall.CmsgSpace(2))
	}
}

// address fills in where to.
func (c *call) address(to netip.AddrPort, ipv6 bool) {
	port := &c.ipv4.Port
	if ipv6 {
		port = &c.ipv6.Port
		c.ipv6.Addr = to.Addr().As16()
		c.message.Name, c.message.Namelen = (*byte)(unsafe.Pointer(&c.ipv6)), syscall.SizeofSockaddrInet6
	} else {
		c.ipv4.Addr = to.Addr().Unmap().As4()
		c.message.Name, c.message.Namelen = (*byte)(unsafe.Pointer(&c.ipv4)), syscall.SizeofSockaddrInet4
	}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(port))[:], to.Port())
}
