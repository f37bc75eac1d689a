// Package udp is a UDP socket from which the packets of a burst leave together.
//
// A system call a packet is most of what it costs to forward media. Linux
// takes many datagrams for one address in one call and cuts them apart itself
// (generic segmentation offload, UDP_SEGMENT), provided that all have one size
// but the last, which may be shorter: just what the packets of a picture are.
//
// A [Conn] is the socket of all sessions, a [Burst] what one session sends by:
// its packets are made where they leave from, and between Begin and End they
// wait for each other. There is no timer. What is written to the Conn itself
// leaves at once. Where the kernel or the way to an address does not take
// several at a time, they leave one by one.
//
// The other way, [Conn.Divert] lets a session have its media packets from the
// goroutine that reads the socket, past all queues.
//
// Invariant: the packets of a Burst leave in the order in which they were added,
// and nobody waits for those of another.
package udp
