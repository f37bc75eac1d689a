package bench

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// A stamp is in each picture that the bench publishes, and says when it was
// sent: 16 octets that are found in nothing else, which are also the UUID that
// H.264 wants before user data (H.264 §D.1.6), and the time since the run
// began in nanoseconds, as 16 hexadecimal digits. Digits have no zero octets,
// so that nothing in it is ever escaped (H.264 §7.4.1).
const (
	stampMark = "\x9c\x1d\x5e\xb2lectern-time"
	stampSize = len(stampMark) + 16
)

// appendStamp appends a moment.
func appendStamp(b []byte, at time.Duration) []byte {
	var octets [8]byte
	binary.BigEndian.PutUint64(octets[:], uint64(at))
	return hex.AppendEncode(append(b, stampMark...), octets[:])
}

// readStamp finds the moment in one RTP payload.
func readStamp(payload []byte) (at time.Duration, ok bool) {
	i := bytes.Index(payload, []byte(stampMark))
	if i < 0 || len(payload)-i < stampSize {
		return 0, false
	}
	var octets [8]byte
	if _, err := hex.Decode(octets[:], payload[i+len(stampMark):i+stampSize]); err != nil {
		return 0, false
	}
	at = time.Duration(binary.BigEndian.Uint64(octets[:]))
	return at, at >= 0
}
