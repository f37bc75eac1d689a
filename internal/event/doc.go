// Package event keeps what has happened on the server, in its order, for those
// who tell it to the outside: the event API, webhooks, Kafka.
//
// Invariant: nobody who reads holds up what happens, or another reader. The
// numbers of events grow by one, and whoever was too slow for what is kept
// learns how much he has missed: a gap is never silent.
package event
