package portmux

import (
	"encoding/binary"
	"errors"
	"io"
)

// Protocol is what a connection's first octets show it to speak.
type Protocol int

const (
	HTTP      Protocol = iota // begins with the capital letter of a method
	TLS                       // begins with a handshake record, 22
	STUN                      // begins with a binding request framed as RFC 4571 says: ICE-TCP
	RTMP                      // begins with the version, 3
	protocols                 // how many there are
)

// String names the protocol for a log.
func (p Protocol) String() string {
	switch p {
	case HTTP:
		return "http"
	case TLS:
		return "tls"
	case STUN:
		return "stun"
	case RTMP:
		return "rtmp"
	}
	return "unknown"
}

// headLen is how many octets may be needed to tell: the frame's length and the
// message type of STUN.
const headLen = 4

var (
	errMore    = errors.New("more octets are needed to tell the protocol")
	errUnknown = errors.New("unknown protocol")
)

// identify tells the protocol of a connection that begins with head. The error
// is errMore for fewer than headLen octets of what may be STUN, else
// errUnknown.
func identify(head []byte) (Protocol, error) {
	if len(head) == 0 {
		return 0, errMore
	}
	switch first := head[0]; {
	case first >= 'A' && first <= 'Z':
		return HTTP, nil
	case first == 0x16:
		return TLS, nil
	case first == 0x03:
		return RTMP, nil
	case first < 0x03: // a STUN frame of less than 768 octets, as requests are
		return identifyFrame(head)
	}
	return 0, errUnknown
}

// identifyFrame tells a framed binding request (RFC 4571 §2, RFC 8489 §5),
// with which an active ICE agent opens (RFC 6544 §7.1). A STUN message has a
// header of 20 octets and a length that is a multiple of 4.
func identifyFrame(head []byte) (Protocol, error) {
	if len(head) < headLen {
		return 0, errMore
	}
	length := binary.BigEndian.Uint16(head)
	request := binary.BigEndian.Uint16(head[2:])
	if length < 20 || length%4 != 0 || request != 0x0001 {
		return 0, errUnknown
	}
	return STUN, nil
}

// readHead reads as little as tells the protocol, headLen octets at most.
func readHead(r io.Reader) (p Protocol, head []byte, err error) {
	head = make([]byte, 0, headLen)
	for {
		n, readErr := r.Read(head[len(head):headLen])
		head = head[:len(head)+n]
		p, err = identify(head)
		if !errors.Is(err, errMore) {
			return p, head, err
		}
		if readErr != nil {
			return p, head, readErr
		}
	}
}
