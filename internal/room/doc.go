// Package room holds the rules of a classroom as a reducer: a [Room] takes a
// [Command] and answers with [Event]s, or refuses with an [Error].
//
// What a room knows is a function of the commands and ticks it was given, with
// their times. It has no clock, no goroutine and no I/O, it is not safe for
// concurrent use, and whatever has to happen outside (a medium to open, a
// connection to close, a line to keep) is an event to the system. Whoever owns a
// room does as the events say and decides nothing.
//
// The types of the commands and events are the messages of the protocol room.v1.
package room
