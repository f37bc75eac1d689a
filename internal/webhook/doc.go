// Package webhook tells addresses of the user's what happens on the server, by
// signed HTTP requests.
//
// Invariant: nothing waits for a receiver but what else it has to be told. Each
// has a queue with a bound, of which the oldest are dropped and counted, and
// gets its events in their order, or learns by an event that some are missing.
// What was told, and with which answer, can be looked up; a secret cannot.
package webhook
