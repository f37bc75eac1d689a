package classroom

import (
	"cmp"
	"log/slog"
	"time"

	"lectern/internal/event"
	"lectern/internal/room"
	"lectern/internal/store"
	"lectern/internal/trace"
)

// Options are the choices of Rooms. Zero values mean the defaults.
type Options struct {
	// Store keeps what outlasts a class. Nil keeps nothing.
	Store *store.Store
	// Media moves sound and pictures. Nil moves none: the rest works.
	Media Media
	// Seats, Codec and MaxPeople are what a room has unless it says otherwise.
	// Default 6, "vp8" and 500.
	Seats     int
	Codec     string
	MaxPeople int
	// Grace is how long a lost member keeps his place. Default two minutes.
	Grace time.Duration
	// Idle is how long a room stays live when nobody is connected. Default 20 min,
	// which is longer than any place is kept.
	Idle time.Duration
	// MaxRooms bounds the rooms that there are, and MaxLive those in which
	// somebody is. Default 10 000 and 1 000.
	MaxRooms, MaxLive int
	// Requests is what one client may ask; whoever goes on asking twice Burst more
	// than that is disconnected. Default 50 a second, 100 at once.
	Requests room.Rate
	// ChatRate and DanmakuRate are as in room.Settings.
	ChatRate, DanmakuRate room.Rate
	// MaxPublishKbps is what clients are told to send at most. Default 1 800.
	MaxPublishKbps int
	// ICEServers are told to clients.
	ICEServers []room.ICEServer
	// Server is what the program calls itself.
	Server room.Server
	// Observe is told what happens in rooms, one call after the other for each room.
	// It must not wait, and call nothing of this package. Nil is nobody.
	Observe func(e event.Event)
	// Log receives one line a change of state. Default: none.
	Log *slog.Logger
	// Tracer follows what people ask for. Nil follows none.
	Tracer *trace.Tracer
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	o.Seats = cmp.Or(o.Seats, 6)
	o.Codec = cmp.Or(o.Codec, "vp8")
	o.MaxPeople = cmp.Or(o.MaxPeople, 500)
	o.Grace = cmp.Or(o.Grace, room.DefaultGrace)
	o.Idle = cmp.Or(o.Idle, 20*time.Minute)
	o.MaxRooms = cmp.Or(o.MaxRooms, 10_000)
	o.MaxLive = cmp.Or(o.MaxLive, 1000)
	o.Requests = cmp.Or(o.Requests, room.Rate{PerSecond: 50, Burst: 100})
	o.MaxPublishKbps = cmp.Or(o.MaxPublishKbps, 1800)
	o.Server.Name = cmp.Or(o.Server.Name, "lectern")
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	if o.ICEServers == nil {
		o.ICEServers = []room.ICEServer{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
