// Package rtmp lets encoders publish, and players watch, over RTMP.
//
// A [Server] takes connections. Each has a session, which knows the protocol:
// who asks for what, whether he may, and when it is over. What is published
// goes to a publisher, which knows media and writes into package sfu; what is
// played comes from a player, which is a sink of it.
//
//	connection ─► wire ─► session ─► publisher ─► sfu.Publication
//	                         └─────► player ◄──── sfu.Viewer
//
// Invariant: nothing that a peer sends, or leaves out, costs more than its own
// session. Until somebody has been let in a connection has no more than 64 KiB,
// and 15 seconds besides the time of who decides; whatever ends a session is a
// cause, which the peer gets as a sentence, and after which no goroutine of it
// is left.
package rtmp
