package store

import (
	"context"
	"database/sql"

	"lectern/internal/room"
)

// PutBan keeps somebody out of a room until the ban's Until, in place of an earlier ban of the same identity.
func (s *Store) PutBan(ctx context.Context, name string, b room.Ban) error {
	return s.later(ctx, run(`INSERT INTO bans VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
		device = excluded.device, name = excluded.name, who = excluded.who, reason = excluded.reason, until = excluded.until`,
		name, b.Identity, b.Device, b.Name, b.By, b.Reason, micros(b.Until)))
}

// Bans returns the bans of a room that hold now, the one that ends first first.
func (s *Store) Bans(ctx context.Context, name string) ([]room.Ban, error) {
	return query(ctx, s, func(rows *sql.Rows, b *room.Ban) error {
		var until int64
		err := rows.Scan(&b.Identity, &b.Device, &b.Name, &b.By, &b.Reason, &until)
		b.Until = fromMicros(until)
		return err
	}, `SELECT identity, device, name, who, reason, until FROM bans WHERE room = ? AND until > ? ORDER BY until`, name, micros(s.now()))
}

// DeleteBan lets somebody in again.
func (s *Store) DeleteBan(ctx context.Context, name, identity string) error {
	return s.sync(ctx, run(`DELETE FROM bans WHERE room = ? AND identity = ?`, name, identity))
}
