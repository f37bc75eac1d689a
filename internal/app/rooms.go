package app

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"lectern/internal/classroom"
	"lectern/internal/config"
	"lectern/internal/room"
	"lectern/internal/stage"
	"lectern/internal/store"
)

// StoreFile is the name, inside the data directory, of what outlasts a class.
const StoreFile = "rooms.db"

// openRooms reads what is stored of the classrooms.
func (a *App) openRooms() (err error) {
	a.rooms = classroom.New(a.roomOptions())
	if err := a.rooms.Load(context.Background()); err != nil {
		a.closeRooms()
		return fmt.Errorf("in data.dir: %w", err)
	}
	return nil
}

// closeRooms ends the classes, which go on when the server is back.
func (a *App) closeRooms() { a.rooms.Close() }

// OpenStore opens what lasts, in data.dir; the folder must be there. A server
// may have it open at the same time. Close it.
func OpenStore(ctx context.Context, c config.Config, log *slog.Logger) (*store.Store, error) {
	s, err := store.Open(ctx, store.Options{
		Path:           filepath.Join(c.Data.Dir, StoreFile),
		KeepChat:       c.Rooms.KeepChat,
		KeepAttendance: c.Rooms.KeepAttendance,
		Log:            log,
	})
	if err != nil {
		return nil, fmt.Errorf("in data.dir: %w", err)
	}
	return s, nil
}

// roomOptions are those of the classrooms.
func (a *App) roomOptions() classroom.Options {
	c := a.config
	return classroom.Options{
		Media:          &stage.Media{Engine: a.peers, Streams: a.router, Log: a.log},
		Store:          a.store,
		Seats:          c.Rooms.Seats,
		Codec:          c.Rooms.Codec,
		MaxPeople:      c.Rooms.People,
		Grace:          c.Rooms.Grace,
		Idle:           c.Rooms.Idle,
		MaxRooms:       count(c.Rooms.Max),
		MaxLive:        count(c.Rooms.Live),
		Requests:       roomRate(c.Limits.RoomRate),
		ChatRate:       roomRate(c.Limits.RoomChat),
		DanmakuRate:    roomRate(c.Limits.RoomDanmaku),
		MaxPublishKbps: int(c.Rooms.PublishBitrate / 1000),
		ICEServers:     a.roomICEServers(),
		Server:         room.Server{Name: "lectern", Ver: a.version},
		Observe:        a.outside.events.Add,
		Log:            a.log,
		Tracer:         a.tracer,
	}
}

// roomRate translates a rate that is off, which asks for the default in a room.
func roomRate(r config.Rate) room.Rate {
	if r.Off() {
		return room.Rate{PerSecond: 1e6, Burst: 1e6}
	}
	return room.Rate{PerSecond: r.PerSecond, Burst: r.Burst}
}

// roomICEServers are as browsers take them.
func (a *App) roomICEServers() []room.ICEServer {
	list := []room.ICEServer{}
	for _, s := range a.config.RTC.ICEServers {
		list = append(list, room.ICEServer{URLs: strings.Fields(s.URL), Username: s.Username, Credential: string(s.Credential)})
	}
	return list
}
