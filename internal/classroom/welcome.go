package classroom

import (
	"time"

	"lectern/internal/room"
)

// protocolVersion is the 1 of room.v1.
const protocolVersion = 1

// pingSeconds is how often a client hears from the server, which the transport
// sees to.
const pingSeconds = 20

// welcomeLocked is the whole state as a member may see it. The key goes only
// into the first one of a session.
func (c *class) welcomeLocked(s *session, at time.Time, key string) *room.Welcome {
	w := c.greetingLocked(s, at)
	w.Session.Key = key
	w.Snapshot, w.Waiting = c.room.Snapshot(s.member, at)
	if w.Waiting != nil {
		w.State = "waiting"
	}
	return w
}

// greetingLocked is a welcome without the state of the room, for somebody who
// has that already.
func (c *class) greetingLocked(s *session, at time.Time) *room.Welcome {
	o := c.rooms.options
	return &room.Welcome{
		State:   "joined",
		Proto:   protocolVersion,
		Server:  o.Server,
		Time:    at.UTC(),
		Session: room.Session{ID: s.id, GraceS: int(o.Grace / time.Second), Seq: int64(c.seq), Expires: s.right.told()},
		RTC: room.RTC{
			ICEServers: o.ICEServers, Seats: c.definition.Seats, Codec: c.definition.Codec, MaxPublishKbps: o.MaxPublishKbps,
		},
		PingS:    pingSeconds,
		Features: features,
	}
}
