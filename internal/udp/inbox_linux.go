package udp

import (
	"encoding/binary"
	"net"
	"syscall"
)

// udpGRO is UDP_GRO of linux/udp.h: as an option, that datagrams may be handed
// over together; as a control message, the size of each.
const udpGRO = 104

// joinedControl is the room for the control message, an int.
var joinedControl = syscall.CmsgSpace(4)

// joinDatagrams asks the kernel to hand over datagrams together.
func joinDatagrams(socket *net.UDPConn) bool {
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	failed := raw.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_UDP, udpGRO, 1)
	})
	return failed == nil && err == nil
}

// joinedSize reads the size of each datagram from what the kernel tells about
// them; 0 if it tells nothing, as about a single one.
func joinedSize(control []byte) int {
	data := syscall.CmsgLen(0)
	if len(control) < data+4 {
		return 0
	}
	level := binary.NativeEndian.Uint32(control[data-8:])
	kind := binary.NativeEndian.Uint32(control[data-4:])
	if level != syscall.IPPROTO_UDP || kind != udpGRO {
		return 0
	}
	return int(int32(binary.NativeEndian.Uint32(control[data:])))
}
