package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"lectern/internal/room"
)

// Invite lets whoever knows its secret into a room. The secret is not kept.
type Invite struct {
	Digest  string // of the secret
	ID      string // names it to those who manage the room
	Room    string
	Role    room.Role
	Name    string    // whom it is for, or ""
	Uses    int       // left; negative is without end
	Expires time.Time // zero is never
	Made    time.Time
}

// PutInvite keeps an invite of a room that is kept, and returns when it is on disk.
func (s *Store) PutInvite(ctx context.Context, i Invite) error {
	return s.sync(ctx, run(`INSERT INTO invites VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (digest) DO UPDATE SET role = excluded.role, name = excluded.name, uses = excluded.uses, expires = excluded.expires`,
		i.Digest, i.ID, i.Room, string(i.Role), i.Name, i.Uses, micros(i.Expires), micros(i.Made)))
}

// UseInvite takes one use of an invite, by the digest of its secret, and returns what is left
// of it. The error is ErrNotFound when there is none, or it is used up or over.
func (s *Store) UseInvite(ctx context.Context, digest string) (Invite, error) {
	var i Invite
	err := s.sync(ctx, func(ctx context.Context, tx *sql.Tx) error {
		row := tx.QueryRowContext(ctx, `UPDATE invites SET uses = CASE WHEN uses > 0 THEN uses - 1 ELSE uses END
			WHERE digest = ? AND uses <> 0 AND (expires = 0 OR expires > ?)
			RETURNING digest, id, room, role, name, uses, expires, made`, digest, micros(s.now()))
		err := i.scan(row.Scan)
		if errors.Is(err, sql.ErrNoRows) {
			i = Invite{}
			return nil
		}
		return err
	})
	if err != nil {
		return Invite{}, err
	}
	if i.Digest == "" {
		return Invite{}, fmt.Errorf("use an invite: %w", ErrNotFound)
	}
	return i, nil
}

func (i *Invite) scan(scan func(...any) error) error {
	var role string
	var expires, made int64
	if err := scan(&i.Digest, &i.ID, &i.Room, &role, &i.Name, &i.Uses, &expires, &made); err != nil {
		return err
	}
	i.Role, i.Expires, i.Made = room.Role(role).Known(), fromMicros(expires), fromMicros(made)
	return nil
}

// Invites returns the invites of a room, of all rooms with "", oldest first.
func (s *Store) Invites(ctx context.Context, name string) ([]Invite, error) {
	return query(ctx, s, func(rows *sql.Rows, i *Invite) error { return i.scan(rows.Scan) },
		`SELECT digest, id, room, role, name, uses, expires, made FROM invites WHERE room = ?1 OR ?1 = '' ORDER BY made, id`, name)
}

// DeleteInvite takes an invite back, and returns when that is on disk. One that is not there is no error.
func (s *Store) DeleteInvite(ctx context.Context, name, id string) error {
	return s.sync(ctx, run(`DELETE FROM invites WHERE room = ? AND id = ?`, name, id))
}
