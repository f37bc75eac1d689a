package peer

import (
	"bytes"
	"encoding/binary"

	"github.com/pion/stun/v4"
)

// The kinds of STUN messages that a mux tells apart (RFC 8489 §5).
const (
	stunRequest = 0x0001 // of a binding, as all of them
	stunSuccess = 0x0101

	stunHeader   = 20
	stunCookie   = 0x2112a442
	stunUsername = 0x0006 // an attribute
)

// stunKind is the type of a STUN message, if a datagram is one (RFC 8489 §5).
func stunKind(b []byte) (kind uint16, ok bool) {
	if len(b) < stunHeader || b[0]>>6 != 0 || binary.BigEndian.Uint32(b[4:]) != stunCookie {
		return 0, false
	}
	return binary.BigEndian.Uint16(b), true
}

// transaction is what an answer has in common with its question.
type transaction [12]byte

func transactionOf(message []byte) transaction { return transaction(message[8:stunHeader]) }

// calledFragment is the ufrag of the one who is to answer a check, which is the
// part of the USERNAME before the colon (RFC 8445 §7.2.2). It is part of message,
// which has a STUN header; nil when there is none.
func calledFragment(message []byte) []byte {
	size := int(binary.BigEndian.Uint16(message[2:]))
	if len(message)-stunHeader < size {
		return nil
	}
	rest := message[stunHeader : stunHeader+size]
	for len(rest) >= 4 {
		kind, n := binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
		rest = rest[4:]
		if n > len(rest) {
			return nil
		}
		if kind == stunUsername {
			ufrag, _, _ := bytes.Cut(rest[:n], []byte{':'})
			return ufrag
		}
		rest = rest[min((n+3)&^3, len(rest)):]
	}
	return nil
}

// sealed says whether a message has a MESSAGE-INTEGRITY with a password
// (RFC 8489 §14.5). Nothing is with an empty one.
func sealed(message []byte, password string) bool {
	m := &stun.Message{Raw: bytes.Clone(message)}
	return password != "" && m.Decode() == nil && stun.NewShortTermIntegrity(password).Check(m) == nil
}
