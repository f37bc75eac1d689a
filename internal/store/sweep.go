package store

import (
	"context"
	"database/sql"
	"time"
)

// sweepEvery is how often what is too old is forgotten, and once at the start.
const sweepEvery = time.Hour

// sweep forgets what has been kept for its time. A class that never ended
// counts from when it was last known to go on.
func (s *Store) sweep(ctx context.Context, tx *sql.Tx) error {
	now := s.now()
	const old = ` WHERE class IN (SELECT id FROM classes WHERE CASE WHEN ended > 0 THEN ended ELSE max(began, state_at) END < ?)`
	chat, attendance := micros(now.Add(-s.keepChat)), micros(now.Add(-s.keepAttendance))
	for _, statement := range []struct {
		text   string
		before int64
	}{
		{`DELETE FROM chat` + old, chat},
		{`DELETE FROM strokes` + old, chat},
		{`DELETE FROM pages` + old, chat},
		{`DELETE FROM attendance` + old, attendance},
		{`DELETE FROM polls` + old, attendance},
		{`DELETE FROM bans WHERE until <= ?`, micros(now)},
		{`DELETE FROM invites WHERE expires > 0 AND expires <= ?`, micros(now)},
		{`DELETE FROM classes WHERE CASE WHEN ended > 0 THEN ended ELSE max(began, state_at) END < ?`, min(chat, attendance)},
	} {
		if _, err := tx.ExecContext(ctx, statement.text, statement.before); err != nil {
			return err
		}
	}
	return nil
}

// Sweep forgets now what has been kept for its time. It happens by itself every hour.
func (s *Store) Sweep(ctx context.Context) error { return s.sync(ctx, s.sweep) }
