package wire

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
)

const (
	version = 3 // of the protocol, §5.2.2
	// handshakeLen is what C1, S1, C2 and S2 have (§5.2.3, §5.2.4).
	handshakeLen = 1536
)

// packet is C1, S1, C2 or S2: a time, four octets that are zero or a version,
// and random ones.
type packet [handshakeLen]byte

// greet is a server's side of the handshake.
//
// The specification's own handshake is an exchange of random octets. Flash,
// and what imitates it, puts a version where that has zeros and signs its
// octets; some encoders that do so refuse to go on without a signed answer.
func greet(rw io.ReadWriter) error {
	var first [1]byte
	if _, err := io.ReadFull(rw, first[:]); err != nil {
		return fmt.Errorf("read C0: %w", err)
	}
	switch v := first[0]; {
	case v == 6 || v == 8:
		return fmt.Errorf("%w: encrypted RTMP (RTMPE) is not spoken here; use rtmp:// or rtmps://", ErrHandshake)
	case v == 0x16:
		return fmt.Errorf("%w: TLS has come to a port without it; use rtmp://", ErrHandshake)
	case v < version || v > 31: // §5.2.2: above that it is some text protocol
		return fmt.Errorf("%w: version %d", ErrHandshake, v)
	}
	var c1 packet
	if _, err := io.ReadFull(rw, c1[:]); err != nil {
		return fmt.Errorf("read C1: %w", err)
	}
	answer := make([]byte, 1+2*handshakeLen)
	answer[0] = version
	s1, s2 := (*packet)(answer[1:]), (*packet)(answer[1+handshakeLen:])
	if signed, at := c1.signature(playerKey); signed != nil {
		s1.fill(serverVersion)
		s1.sign(at, serverKey)
		s2.answer(signed)
	} else {
		s1.fill(0)
		*s2 = c1
	}
	if _, err := rw.Write(answer); err != nil {
		return fmt.Errorf("write S0, S1 and S2: %w", err)
	}
	// What C2 holds is not looked at: encoders get it wrong, and it proves nothing.
	if _, err := io.ReadFull(rw, c1[:]); err != nil {
		return fmt.Errorf("read C2: %w", err)
	}
	return nil
}

// introduce is a client's side of the handshake, the specification's own.
func introduce(rw io.ReadWriter) error {
	hello := make([]byte, 1+handshakeLen)
	hello[0] = version
	(*packet)(hello[1:]).fill(0)
	if _, err := rw.Write(hello); err != nil {
		return fmt.Errorf("write C0 and C1: %w", err)
	}
	var first [1]byte
	var s1, s2 packet
	if _, err := io.ReadFull(rw, first[:]); err != nil {
		return fmt.Errorf("read S0: %w", err)
	}
	if first[0] != version {
		return fmt.Errorf("%w: the server's version is %d", ErrHandshake, first[0])
	}
	if _, err := io.ReadFull(rw, s1[:]); err != nil {
		return fmt.Errorf("read S1: %w", err)
	}
	if _, err := io.ReadFull(rw, s2[:]); err != nil {
		return fmt.Errorf("read S2: %w", err)
	}
	if _, err := rw.Write(s1[:]); err != nil {
		return fmt.Errorf("write C2: %w", err)
	}
	return nil
}

// fill makes a packet with the time 0, as everybody sends, and a version.
func (p *packet) fill(version uint32) {
	binary.BigEndian.PutUint32(p[4:], version)
	rand.Read(p[8:])
}
