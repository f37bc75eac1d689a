// Package seal encrypts and authenticates the RTP packets that a session sends
// (SRTP, RFC 3711 and RFC 7714), straight into the memory that they leave from.
//
// A [Sealer] has the keys of one direction of a session, a [Stream] the packet
// index of one SSRC: its sequence numbers, without their roll-overs. RTCP, and
// what comes from the other side, are elsewhere.
//
// Invariant: no index of a Stream is sealed twice, unless the caller says that
// the packet is the very same as the first time. AES-GCM gives its keys away to
// whoever sees two packets with one index (RFC 7714 §8.4).
package seal
