package room

import "time"

// Settings are what a room is made from. The zero value of each field has a meaning.
type Settings struct {
	ID        string // the room's name, as in its address
	Title     string // "" is the ID
	Seats     int    // people's seats, 1 to 16; 0 is 6
	MaxPeople int    // in the room at once; 0 is 500
	Codec     string // the video codec of every seat; "" is "vp8"
	Policy    Policy // the zero Policy is the preset lecture
	// Manual leaves a class unstarted until somebody of the staff says room.start;
	// otherwise the first of the staff who comes in starts it.
	Manual bool
	// LobbyText is what waiting people read.
	LobbyText string
	// Grace is how long somebody whose connection was lost keeps the seat; 0 is 120 s.
	Grace time.Duration
	// ChatRate and DanmakuRate are how fast one person writes; the staff four times
	// as fast in the chat. The zero Rates are 5 in 10 s and one in 2 s.
	ChatRate, DanmakuRate Rate
	// Bans, Chat and Boards are what an earlier run of this class left. The room keeps the newest of each.
	// A board of an earlier run brings its versions along.
	Bans   []Ban
	Chat   []Message
	Boards []SavedBoard
}

// Limits and times. Each bounds a list or a rate; none grows with the length of a class.
const (
	// TickEvery is how often an owner calls Tick while anybody is in the room.
	TickEvery = 100 * time.Millisecond
	// DefaultGrace is how long a lost member keeps seat and place.
	DefaultGrace = 120 * time.Second
	// handGrace is how long a lost member's hand stays up.
	handGrace = 600 * time.Second
	// inviteFor is how long an invitation to the stage stands.
	inviteFor = 30 * time.Second

	// ChatHistory is how many messages a room holds itself and shows to whoever comes in.
	ChatHistory = 50

	defaultSeats  = 6
	maxSeats      = 16
	defaultPeople = 500
	maxPeople     = 5000
)
