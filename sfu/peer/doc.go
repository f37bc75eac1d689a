// Package peer connects package sfu to WebRTC: a publisher's PeerConnection
// writes into Tracks, a viewer's is a Sink.
//
// An [Engine] has one UDP port, and one TCP listener for networks that block
// UDP. [Engine.Publish] and [Engine.Watch] take an SDP offer from anywhere,
// and return a [Peer] with the answer. The client always offers, and the
// answer is final: it has all candidates, and all codecs that both ends have,
// so that a publisher with another codec needs no new one.
//
// Invariant: a Peer has one end. Whatever goes wrong, on whichever goroutine,
// is a cause given to it; [Peer.Done] is closed when no goroutine of the
// session is left.
package peer
