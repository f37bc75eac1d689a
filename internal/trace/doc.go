// Package trace follows what somebody has asked for through the server, and
// hands what it has seen to an OpenTelemetry collector (OTLP over HTTP).
//
// Invariant: a trace never holds anything up and never gives anything away.
// Spans go into a queue that drops what it has no room for; a collector that
// does not answer costs nothing but its spans. No attribute has a token, a key,
// the secret part of a URL, or words of a client that were not checked: who
// adds one says what it is by slog.Attr, as in the log, where the same holds.
//
// Without an endpoint nothing is recorded, and every request still has an ID,
// its own or that of its traceparent (W3C Trace Context §3.2), by which its
// lines are found in the log.
//
// It is the one package that knows OpenTelemetry. The zero values of Tracer,
// Span and Mark, and nil, do nothing.
package trace
