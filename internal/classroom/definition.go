package classroom

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"

	"lectern/internal/room"
)

// What is wrong with what is asked of rooms.
var (
	// ErrNotFound says that there is no such room.
	ErrNotFound = errors.New("there is no such room")
	// ErrNoClass, ErrNoInvite and ErrUnknown say that there is no class in a room
	// at the moment, no such invite, and nobody of whom something is kept. Each
	// is ErrNotFound, too.
	ErrNoClass  error = missing("there is no class in this room at the moment")
	ErrNoInvite error = missing("there is no such invite: it has ended, or was taken back")
	ErrUnknown  error = missing("nothing is kept of anybody with this identity")
	// ErrTaken says that there is such a room already.
	ErrTaken = errors.New("there is a room of this name")
	// ErrTooMany says that the server has as many rooms as it may.
	ErrTooMany = errors.New("there are too many rooms")
	// ErrClosed says that the server goes down.
	ErrClosed = errors.New("the server is shutting down")
	// ErrMalformed is wrapped when a description of a room breaks a rule.
	ErrMalformed = errors.New("malformed")
)

// missing is an ErrNotFound that says what is not there.
type missing string

func (m missing) Error() string        { return string(m) }
func (m missing) Is(target error) bool { return target == ErrNotFound }

// Definition is what a room is when nobody is in it.
type Definition struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Guests says that people may come without a token and an invite, as students.
	Guests bool `json:"guests"`
	// Password is the digest of the one that guests need; empty is none.
	Password []byte `json:"password,omitempty"`
	// Seats are those for people, 1 to 16.
	Seats int `json:"seats"`
	// Codec is the one for pictures, "vp8" or "h264".
	Codec string `json:"codec"`
	// MaxPeople may be in the room at once.
	MaxPeople int `json:"max_people"`
	// Manual leaves the class unstarted until somebody of the staff says so.
	Manual bool `json:"manual"`
	// LobbyText is what waiting people read.
	LobbyText string `json:"lobby_text,omitempty"`
	// Policy is what a class begins with; the zero Policy is a lecture.
	Policy room.Policy `json:"policy"`
	// Made is when the room was made.
	Made time.Time `json:"made"`
}

// nameForm is what a room may be called.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// CheckName says what is wrong with a room's name; the error wraps ErrMalformed.
func CheckName(name string) error {
	if !nameForm.MatchString(name) {
		return fmt.Errorf("%w room name %.80q: use letters, digits, _ and -, at most 64 of them", ErrMalformed, name)
	}
	return nil
}

// maxTitle is in characters.
const maxTitle = 120

func (d Definition) check() error {
	if err := CheckName(d.ID); err != nil {
		return err
	}
	switch {
	case utf8.RuneCountInString(d.Title) > maxTitle:
		return fmt.Errorf("%w title: at most %d characters", ErrMalformed, maxTitle)
	case d.Seats < 1 || d.Seats > 16:
		return fmt.Errorf("%w seats: 1 to 16", ErrMalformed)
	case d.Codec != "vp8" && d.Codec != "h264":
		return fmt.Errorf("%w codec: vp8 or h264", ErrMalformed)
	case d.MaxPeople < 1 || d.MaxPeople > 5000:
		return fmt.Errorf("%w max_people: 1 to 5000", ErrMalformed)
	case utf8.RuneCountInString(d.LobbyText) > 500:
		return fmt.Errorf("%w lobby_text: at most 500 characters", ErrMalformed)
	}
	return nil
}

const (
	passwordSalt = 16
	// passwordRounds make a guess cost a millisecond or so. A room's password
	// is short and said aloud; what protects it is that guesses are limited.
	passwordRounds = 10_000
)

// SetPassword changes what guests have to know; "" is nothing.
func (d *Definition) SetPassword(password string) {
	d.Password = nil
	if password != "" {
		salt := make([]byte, passwordSalt)
		rand.Read(salt) // never fails
		d.Password = append(salt, stretch(password, salt)...)
	}
}

func (d Definition) opens(password string) bool {
	if len(d.Password) <= passwordSalt {
		return false
	}
	salt, want := d.Password[:passwordSalt], d.Password[passwordSalt:]
	return len(password) <= 256 && subtle.ConstantTimeCompare(stretch(password, salt), want) == 1
}

func stretch(password string, salt []byte) []byte {
	key, err := pbkdf2.Key(sha256.New, password, salt, passwordRounds, sha256.Size)
	if err != nil {
		panic("classroom: " + err.Error()) // the parameters are constants
	}
	return key
}
