package classroom

import (
	"errors"

	"lectern/internal/limit"
	"lectern/internal/room"
)

// Limits are how often those of rooms were met.
func (r *Rooms) Limits() limit.Counts { return r.limits.Counts() }

// met counts the limit that a refusal is about, if it is about one.
func (r *Rooms) met(typ string, err error) {
	e, ok := errors.AsType[*room.Error](err)
	switch {
	case !ok:
	case e.Code == room.CodeRoomFull && e.Hint == "origin":
		r.limits.Add(limit.RoomLink)
	case e.Code == room.CodeRoomFull:
		r.limits.Add(limit.RoomPlaces)
	case e.Code != room.CodeRateLimited:
	case typ == "chat.send":
		r.limits.Add(limit.RoomChat)
	case typ == "danmaku.send":
		r.limits.Add(limit.RoomDanmaku)
	default:
		r.limits.Add(limit.RoomRate)
	}
}
