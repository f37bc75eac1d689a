package app

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"lectern/internal/classroom"
	"lectern/internal/room"
	"lectern/internal/stage"
	"lectern/internal/store"
)

// storeFile is the name, inside the data directory, of what outlasts a class.
const storeFile = "rooms.db"

// openRooms opens what is stored of the classrooms, and reads it.
func (a *App) openRooms() (err error) {
	ctx := context.Background()
	a.store, err = store.Open(ctx, store.Options{
		Path:           filepath.Join(a.config.Data.Dir, storeFile),
		KeepChat:       a.config.Rooms.KeepChat,
		KeepAttendance: a.config.Rooms.KeepAttendance,
		Log:            a.log,
	})
	if err != nil {
		return fmt.Errorf("in data.dir: %w", err)
	}
	a.rooms = classroom.New(a.roomOptions())
	if err := a.rooms.Load(ctx); err != nil {
		a.closeRooms()
		return fmt.Errorf("in data.dir: %w", err)
	}
	return nil
}

// closeRooms ends the classes, which go on when the server is back, and writes
// what is to be written.
func (a *App) closeRooms() {
	a.rooms.Close()
	if err := a.store.Close(); err != nil {
		a.log.Error("the store does not close", "error", err)
	}
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
		MaxPublishKbps: int(c.Rooms.PublishBitrate / 1000),
		ICEServers:     a.roomICEServers(),
		Server:         room.Server{Name: "lectern", Ver: a.version},
		Log:            a.log,
	}
}

// roomICEServers are as browsers take them.
func (a *App) roomICEServers() []room.ICEServer {
	list := []room.ICEServer{}
	for _, s := range a.config.RTC.ICEServers {
		list = append(list, room.ICEServer{URLs: strings.Fields(s.URL), Username: s.Username, Credential: string(s.Credential)})
	}
	return list
}
