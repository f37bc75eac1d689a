package udp

import (
	"net"
	"net/netip"
)

// inboxOctets is the most that the kernel hands over at a time: one IP packet's
// worth, however many datagrams that is.
const inboxOctets = 64 << 10

// Inbox reads a socket from which the kernel may hand over at a time what has
// left the other side, or come by its network card, together (generic receive
// offload, UDP_GRO of Linux). It is for one goroutine, and has nothing that
// would have to be closed but the socket.
type Inbox struct {
	socket  *net.UDPConn
	octets  []byte
	control []byte
}

// NewInbox returns the Inbox of a socket, and whether the kernel may hand over
// several datagrams at a time: if that is asked for, and it can.
func NewInbox(socket *net.UDPConn, together bool) (i *Inbox, joined bool) {
	i = &Inbox{socket: socket, octets: make([]byte, inboxOctets)}
	if together && joinDatagrams(socket) {
		i.control = make([]byte, joinedControl)
	}
	return i, i.control != nil
}

// Read waits for datagrams, and returns those of one sender: each of size
// octets but the last, which may be shorter. They are valid until the next
// call. The error is the socket's.
func (i *Inbox) Read() (octets []byte, size int, from netip.AddrPort, err error) {
	n, told, _, from, err := i.socket.ReadMsgUDPAddrPort(i.octets, i.control)
	if err != nil {
		return nil, 0, from, err
	}
	size = joinedSize(i.control[:told])
	if size <= 0 || size > n {
		size = n
	}
	return i.octets[:n], size, from, nil
}
