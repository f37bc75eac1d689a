// Package peer connects package sfu to WebRTC: a publisher's PeerConnection
// writes into Tracks, a viewer's is a Sink.
//
// An [Engine] has one UDP port, and one TCP listener for networks that block
// UDP. [Engine.Publish] and [Engine.Watch] take an SDP offer from anywhere,
// and return a [Peer] with the answer. The client always offers, and the
// answer is final: it has all candidates, and all codecs that both ends have,
// so that a publisher with another codec needs no new one.
//
// Invariant: a Peer has one end. Whatever goes wrong, on whichever goroutine,
// is a cause given to it; [Peer.Done] is closed when no goroutine of the
// session is left.
//
// # What a publisher is told
//
// A publisher's packets are taken where Pion has decrypted them, by one
// goroutine, each once: Pion's own tracks and interceptors see none of them.
//
//	streams ─► publisher.take ─► layer ─► sfu.Track
//	                │ arrivals, reception, losses
//	                └─► feedback: when each packet came, what was lost, what is asked for again
//
// The three only count and decide, with the time as an argument; feedback is
// the goroutine that sends. A sender believes what it is told: a packet that
// nobody notes is a packet lost, and a browser that has lost packets sends less.
//
// # What a viewer's network carries
//
//	worker ─► sender ─► departures        numbers each packet, and notes when it left
//	                        │
//	reports of arrivals ────┴─► estimate ─► path ─► Subscription.SetBitrate
//	                                          └─► padding, when more would be of use
//
// The estimate begins without a limit, so that a viewer gets the best at once,
// and looks for a queue: when the quickest packets take longer than they did,
// and ever longer, what comes through meanwhile is what the network carries.
// Loss without a queue is believed to be congestion only when it is heavy: to
// send less would help no one against noise. Upward, padding goes first, where
// the viewer takes retransmissions: the picture follows when it came through.
// What a report says is a stranger's word, and moves that viewer's layer alone.
//
// Viewers are not offered the playout-delay extension. In Chromium 156 it takes
// pictures out of step with the sound; with a maximum of 0, pictures are shown
// some 15 ms sooner on a network in good order, and freeze more on one that
// loses 2 % and has jitter of 30 ms (5 times in 20 s, for 3 without it); with
// one of 200 ms there is no gain (18 ms kept back, for 22 ms).
//
// # How a burst leaves
//
//	worker ─► sender ─► outbound ─► seal.Sealer ─► udp.Burst ─► the socket
//	            └─ begin … end ────────────────────────┘
//
// A viewer has no PeerConnection: type link is an ICE agent, DTLS on it, and an
// answer written here. From the handshake on it has the keys of SRTP (RFC 5764
// §4.2), so that a payload, which all viewers share, is sealed straight into the
// memory that it leaves from. Between begin and end packets are gathered, and
// leave with one system call for all that are of one size. What comes alone,
// such as sound, leaves alone: nothing waits for what might come. Over TCP, and
// where the socket is not of package net, packets go through ICE one by one.
//
// They go to the candidate that ICE chose last, also while ICE is restarted,
// until there is another one (RFC 8445 §9).
//
// What sealing here obliges to:
//
//   - Nobody else writes on an SSRC that is sealed here. Between begin and end
//     the SSRCs of a viewer belong to one goroutine.
//   - The first sequence number is below 2^15, and numbers never start again on
//     an SSRC, so that both ends agree on the roll-over counter (RFC 3711
//     §3.3.1). Each number is shown to seal.Stream, also of what does not leave.
//   - One (SSRC, roll-over counter, number) is sealed once, or again with the
//     very same bytes (RFC 7714 §8.4 forbids anything else; seal.Stream refuses
//     it): what is sent again goes to the RTX stream with numbers of its own, or
//     is not changed, or is not sent.
//
// # Seats
//
// A room's viewer takes several sources at once ([Engine.WatchSeats]), a section
// of sound and one of pictures for each, which are bound once and for all: who is
// on a seat changes, the section does not.
//
//	publisher's section ─► lane: gate ─► sfu.Source of a seat ─► sender ─► viewer's section
//
// It was tried before it was built on, with two publishers who took turns on one
// of seven seats a hundred times (internal/e2e/seats):
//
//   - Chromium 156 and Firefox 153 show each new one's picture, 0.2 to 0.4 s later
//     when the machine is not busy, decode exactly one key frame a change, and
//     negotiate nothing. Sound goes on; 2 to 5 % of it is concealed, around the
//     changes. A change that takes long counts as a freeze with them. With 2 % of
//     the packets lost it is the same, and what is lost is sent again on the
//     section's RTX stream.
//   - A section may have several codecs and change its payload type with a key
//     frame: VP8 and H.264, and VP8 and VP9 in Chromium; VP8 and VP9 in Firefox,
//     of which the build at hand has no H.264. So a seat takes either codec, each
//     with its own RTX payload type, and a viewer that has not offered one sees
//     nothing on that seat ([Seats.Dark]) and all others as before.
//   - Chromium takes no second request for a key frame within 300 ms of the one
//     before. A publisher who is put on a seat, taken off and put on again within
//     that time is seen a second later, when he is asked again.
//
// An idle viewer of seven seats takes 235 KiB of heap and 10 goroutines.
//
// # How a viewer's reports come
//
//	the socket ─┬─────────────► inbound ─► recipient.take
//	            └─► ICE ─► read ───┘
//
// From the address that ICE has chosen, reports are taken on the goroutine that
// reads the socket: past two queues, two goroutines and a copy each. What does
// not open there goes on through ICE as it came: an address may have another
// session's packets. So does what is more than directReports a second, so that
// nobody's flood keeps others waiting. A report counts once it was opened with
// the session's keys, and once only.
package peer
