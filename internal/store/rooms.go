package store

import (
	"context"
	"database/sql"
	"encoding/json"
)

// Room is a room's definition, which the store does not look into.
type Room struct {
	ID         string
	Definition json.RawMessage
}

// PutRoom keeps a room, in place of what was kept of it, and returns when it is on disk.
func (s *Store) PutRoom(ctx context.Context, r Room) error {
	return s.sync(ctx, run(`INSERT INTO rooms VALUES (?, ?) ON CONFLICT DO UPDATE SET definition = excluded.definition`, r.ID, []byte(r.Definition)))
}

// Rooms returns all rooms, by name.
func (s *Store) Rooms(ctx context.Context) ([]Room, error) {
	return query(ctx, s, func(rows *sql.Rows, r *Room) error {
		return rows.Scan(&r.ID, (*[]byte)(&r.Definition))
	}, `SELECT id, definition FROM rooms ORDER BY id`)
}

// DeleteRoom forgets a room and everything that was ever in it, and returns when that is done.
func (s *Store) DeleteRoom(ctx context.Context, id string) error {
	return s.sync(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, statement := range []string{
			`DELETE FROM rooms WHERE id = ?`, `DELETE FROM bans WHERE room = ?`, `DELETE FROM classes WHERE room = ?`,
		} {
			if _, err := tx.ExecContext(ctx, statement, id); err != nil {
				return err
			}
		}
		return nil
	})
}
