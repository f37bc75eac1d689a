// Package store keeps what outlasts a class in one SQLite file: rooms, invites,
// bans, chat, attendance, polls, boards, and the state that a class goes on
// from after a restart.
//
// Writes happen in the order in which they were asked for, by one goroutine,
// many in a transaction. Whoever asks waits for a place in the queue, never for
// the disk; [Store.Flush] waits for the disk, and every read does so first, so
// that it sees what was asked for before it.
package store
