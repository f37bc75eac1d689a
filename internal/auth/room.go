package auth

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// RoleTeacher is the role of who may make rooms and do everything in them.
const RoleTeacher = "teacher"

// roomForm is a room's name, or the beginning of one followed by *.
var roomForm = regexp.MustCompile(`^([A-Za-z0-9_-]{1,64}|[A-Za-z0-9_-]{0,64}\*)$`)

// CheckRoomPattern reports why p cannot be a pattern of room names. A pattern
// is a name (math-7b), the beginning of one and a * (math-*), or * for every room.
func CheckRoomPattern(p string) error {
	if !roomForm.MatchString(p) {
		return fmt.Errorf("room pattern %.80q: use name, begin* or *", p)
	}
	return nil
}

// matchesRoom reports whether a pattern covers a name. What is no pattern covers nothing.
func matchesRoom(pattern, name string) bool {
	if !roomForm.MatchString(pattern) {
		return false
	}
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return pattern == name
}

// place decides about a room. Who is on this machine may do everything there
// as well, so that a first room needs no key, unless Options.ClosedLoopback;
// everybody else needs a token.
// That somebody may come without one is for the room to say, which gives him
// less than this.
func (k *Keyring) place(ctx context.Context, r Request) (Grant, error) {
	g, err := k.Rooms(ctx, r)
	if err != nil {
		return Grant{}, err
	}
	if !g.Joins(r.Room) {
		return Grant{}, fmt.Errorf("%w: join %.80q", ErrDenied, r.Room)
	}
	return g, nil
}

// Rooms returns what somebody may do in rooms, whichever it is: Grant.Joins says
// of each. Of the request Token and Loopback count.
func (k *Keyring) Rooms(ctx context.Context, r Request) (Grant, error) {
	if r.Token == "" && r.Loopback && !k.closedLoopback {
		return Grant{Identity: "loopback", Room: r.Room, Rooms: []string{"*"}, Role: RoleTeacher}, nil
	}
	return k.identify(ctx, r.Token)
}

// Rooms is the Keyring's.
func (s *Sessions) Rooms(ctx context.Context, r Request) (Grant, error) {
	return s.keyring.Rooms(ctx, r)
}
