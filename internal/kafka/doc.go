// Package kafka writes to Kafka what happens on the server and, of streams that
// are chosen, the media packets. The schema is api/lectern.v1.proto.
//
// Invariant: a broker that does not answer costs a bounded buffer and one line
// in the log, and never media. Each event is written once and in its order, or
// counted, and an event says that some are missing; each packet is written as a
// viewer gets it, or counted, and pictures go on with the next key frame.
package kafka
