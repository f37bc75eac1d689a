package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"lectern/internal/room"
)

// PutAttendance keeps a person's presence in a class, in place of what was kept before.
func (s *Store) PutAttendance(ctx context.Context, class int64, a room.Attendance) error {
	data, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("keep attendance: %w", err)
	}
	return s.later(ctx, run(`INSERT INTO attendance VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET data = excluded.data`, class, a.Identity, data))
}

// Attendance returns everybody's presence in a class, in the order of first arrival.
func (s *Store) Attendance(ctx context.Context, class int64) ([]room.Attendance, error) {
	return query(ctx, s, document[room.Attendance],
		`SELECT data FROM attendance WHERE class = ? ORDER BY data ->> '$.intervals[0].from', identity`, class)
}

// PutPoll keeps a poll and its answers, in place of what was kept before.
func (s *Store) PutPoll(ctx context.Context, class int64, r room.PollResult) error {
	data, err := json.Marshal(r.Poll)
	if err != nil {
		return fmt.Errorf("keep a poll: %w", err)
	}
	answers := make([][]byte, len(r.Answers))
	for i, a := range r.Answers {
		if answers[i], err = json.Marshal(a); err != nil {
			return fmt.Errorf("keep a poll: %w", err)
		}
	}
	return s.later(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO polls VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET data = excluded.data`,
			class, r.Poll.Poll, micros(r.Poll.At), data); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM answers WHERE class = ? AND poll = ?`, class, r.Poll.Poll); err != nil {
			return err
		}
		for i, a := range r.Answers {
			if _, err := tx.ExecContext(ctx, `INSERT INTO answers VALUES (?, ?, ?, ?)`, class, r.Poll.Poll, a.Identity, answers[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// Polls returns the polls of a class with their answers, oldest first.
func (s *Store) Polls(ctx context.Context, class int64) ([]room.PollResult, error) {
	polls, err := query(ctx, s, document[room.Poll], `SELECT data FROM polls WHERE class = ? ORDER BY at, poll`, class)
	if err != nil {
		return nil, err
	}
	results := make([]room.PollResult, 0, len(polls))
	for _, p := range polls {
		answers, err := query(ctx, s, document[room.PollAnswer], `SELECT data FROM answers WHERE class = ? AND poll = ? ORDER BY identity`, class, p.Poll)
		if err != nil {
			return nil, err
		}
		results = append(results, room.PollResult{Poll: p, Answers: answers})
	}
	return results, nil
}
