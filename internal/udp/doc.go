// Package udp is a UDP socket from which the packets of a burst leave together.
//
// A system call a packet is most of what it costs to forward media. Linux
// takes many datagrams for one address in one call and cuts them apart itself
// (generic segmentation offload, UDP_SEGMENT), provided that all have one size
// but the last, which may be shorter: just what the packets of a picture are.
//
// A [Conn] is the socket of all sessions, an [Outlet] what one session sends
// by. Between Begin and End of an Outlet its media packets wait for each other;
// all else leaves at once. There is no timer. Where the kernel or the way to an
// address does not take several at a time, they leave one by one. A [Burst] is
// for a session that makes its packets where they leave from.
//
// The other way, [Conn.Divert] lets a session have its media packets from the
// goroutine that reads the socket, past all queues.
//
// Invariant: what is written to one address by way of one Outlet leaves in the
// order in which it was written, and nobody waits for the packets of another
// Outlet.
package udp
