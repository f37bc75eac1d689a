package app

import (
	"strings"

	"lectern/internal/classroom"
	"lectern/internal/room"
	"lectern/internal/stage"
)

// roomOptions are those of the classrooms.
func (a *App) roomOptions() classroom.Options {
	c := a.config
	return classroom.Options{
		Media:          &stage.Media{Engine: a.peers, Streams: a.router, Log: a.log},
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
