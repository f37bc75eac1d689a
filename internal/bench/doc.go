// Package bench measures a WHIP and WHEP server, ours or another's, from the
// outside: it publishes a stream, attaches viewers to it, and says what a
// packet, a join and a viewer cost the server, and what the viewers got.
//
// Its invariant: a packet is counted where it leaves the kernel, before
// anything else looks at it, so that what is counted as lost was lost before
// the bench had it. What the kernel dropped at the bench's own sockets is told
// apart where the system says so (Linux).
//
// Each viewer is a client with a socket of its own, because a server tells
// viewers behind one port by their addresses. RTP is encrypted, and its header
// is not (RFC 3711 §3.1): the reader of the socket counts by it, and hands to
// Pion only what is not RTP (RFC 7983, RFC 5761), and RTP until the viewer has
// its first whole key frame. Probes, which are a few of the viewers, decrypt
// all of it, and read out of each picture when it was sent.
//
// Viewers send what browsers send, as far as it costs the server something:
// checks of the connection, a receiver report a second, and requests for a key
// frame while they have none. They ask for no lost packet again, so that the
// loss is seen; and they negotiate no transport-wide congestion control.
//
// Sockets are read as they come, without receive offload: a burst that leaves
// the server as one is cut by the kernel in the time of the server, as it
// would be in front of a network.
package bench
