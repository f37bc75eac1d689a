// Package sfu forwards RTP from publishers to viewers.
//
// A [Packet] is immutable once written to a [Track]. Everything else in this
// package follows from that sentence: packets are shared by all viewers, kept
// in one cache a track, and read by any number of goroutines without a lock.
//
//	Publication ─► Track ─► cache ─► worker ─► Subscription ─► Sink
//	  publisher's goroutine          gate, renumber            the viewer's way out
//
// A publisher asks [Router.Publish] for a [Publication], adds Tracks to it,
// and writes. A viewer asks [Router.Join] for a [Viewer] and subscribes a
// [Sink] to a kind of media. The two meet in a [Source], which has a name,
// and outlives both: viewers may come before the publisher, and stay when it
// goes away and comes back.
//
// The workers of a Source hand whatever has arrived by now to one viewer
// after another: a viewer's packets of the burst leave together, and there
// is no timer. Nothing on this way blocks; a Sink that might is wrapped by
// [NewQueue]. Each packet that a viewer does not get has a [DropReason].
//
// The package has no network, no HTTP and no configuration in it. Package
// sfu/peer connects it to WebRTC.
package sfu
