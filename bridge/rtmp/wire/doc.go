// Package wire reads and writes the octets of RTMP: the handshake, chunks and
// the messages in them, and the values of AMF 0 in some of those.
//
// Invariant: memory grows only with octets that have really come, and within
// Limits, whatever the peer announces, and nothing that it sends panics or
// recurses deeper than Limits.Depth.
//
// It knows nothing of streams, sessions or media. "The specification" is
// Adobe's Real Time Messaging Protocol 1.0 of December 2012; where encoders
// disagree with it, or with one another, the comment says so.
package wire
