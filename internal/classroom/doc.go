// Package classroom runs rooms: it carries what people do to the rules
// (package room), and what the rules say to those whom it concerns.
//
// Invariant: a room has one order of things. Commands are decided one after
// the other under the room's lock, and what follows from them, messages,
// numbers of messages, effects on media and on what is stored, leaves in that
// order and in no other. Nothing waits under the lock.
//
// The package knows no transport and no media. Messages go out through a Line,
// which package signaling makes of a WebSocket, and sound and pictures are
// somebody else's who implements Media.
package classroom
