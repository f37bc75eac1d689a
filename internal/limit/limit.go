// Package limit names what bounds strangers, and counts how often each bound was
// met.
//
// Invariant: there are as many counters as names, whatever strangers do; and a
// limit that can be set has the name of its setting.
package limit

import "sync/atomic"

// Name is one limit.
type Name int

// The limits with a setting of that name under "limits".
const (
	PublishRate Name = iota
	RefusedRate
	JoinRate
	HalfOpenPublish
	HalfOpenAddress
	HalfOpenTotal
	HalfOpenTimeout
	SessionRate
	EventFeeds
	EventFeedsTotal
	BodySize
	RoomSockets
	RoomSocketsTotal
	RoomRate    // also what has no rate of its own below
	RoomChat    // lines of one member
	RoomDanmaku // lines of one member over the stage
	RoomMessage
	RoomQueue
	SDPSections
	SDPRids
	SDPCandidates
	SSRCs
	Resends
	RTMPAddress
	RTMPTotal
	RTMPPlayers
	RTMPMessage
	RTMPSetup
	RTMPSilence
	HookQueue
	Transcoders
	PublisherBitrate
	PublisherPackets
	PublisherExcess

	// Those without one.
	Rooms  // that there are, or in which somebody is
	Checks // tests of a browser's network, at once

	RoomPlaces  // people in a room
	RoomLink    // people by one link, or as guests, from one address
	RoomGuests  // guests whose presence outlasts the class
	RoomFlood   // connections to rooms that were closed for asking too fast
	RoomSilence // those that were closed because no pong came

	names
)

var texts = [names]string{
	"publish_rate", "refused_rate", "join_rate", "half_open_publish", "half_open_address", "half_open_total", "half_open_timeout",
	"session_rate", "event_feeds", "event_feeds_total", "body_size", "room_sockets", "room_sockets_total",
	"room_rate", "room_chat", "room_danmaku", "room_message", "room_queue", "sdp_sections", "sdp_rids", "sdp_candidates",
	"ssrcs", "resends", "rtmp_address", "rtmp_total", "rtmp_players", "rtmp_message", "rtmp_setup", "rtmp_silence",
	"hook_queue", "transcoders", "publisher_bitrate", "publisher_packets", "publisher_excess",
	"rooms", "checks",
	"room_places", "room_link", "room_guests", "room_flood", "room_silence",
}

// String returns the name of the setting under "limits", if there is one.
func (n Name) String() string { return texts[n] }

// Names returns all limits.
func Names() []Name {
	all := make([]Name, names)
	for i := range all {
		all[i] = Name(i)
	}
	return all
}

// Hits counts how often limits were met. The zero value is ready, and a nil one
// counts nothing; methods may be called by several goroutines.
type Hits struct{ of [names]atomic.Uint64 }

// Add counts one.
func (h *Hits) Add(n Name) {
	if h != nil {
		h.of[n].Add(1)
	}
}

// Counts are how often each limit was met, by Name.
type Counts [names]uint64

// Counts returns the present ones.
func (h *Hits) Counts() (c Counts) {
	if h == nil {
		return c
	}
	for n := range h.of {
		c[n] = h.of[n].Load()
	}
	return c
}
