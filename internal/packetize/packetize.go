// Package packetize cuts encoded pictures into RTP payloads.
//
// Its one invariant: no payload is longer than MTU, what a receiver puts
// together again is what was given here, less what only files and broadcasts
// need (delimiters, filler), and the last payload of a picture is marked as
// such exactly once. Nothing is allocated in steady state, and a payload that
// is not contiguous in the picture is put together in one buffer that is used
// again for the next.
package packetize

// MTU is how many octets a payload has at the most. It keeps packets below the
// 1280 octets that every network carries (RFC 8200 §5), whatever is put
// around them.
const MTU = 1180

// Emit takes one payload, which is valid during the call only. last says that
// it ends the picture: the marker of its packet. An error ends the picture.
type Emit func(payload []byte, last bool) error
