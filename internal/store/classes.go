package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Class is one class in a room: what is said and drawn in it belongs together.
type Class struct {
	ID    int64
	Room  string
	Began time.Time // when it was first live, or, before that, when somebody first came
	Ended time.Time // zero while it goes on
}

// OpenClass is a class that had not ended when the server did.
type OpenClass struct {
	Class
	State   []byte // as of StateAt; nil when none was kept
	StateAt time.Time
}

// BeginClass begins a class and returns its number when it is on disk.
func (s *Store) BeginClass(ctx context.Context, name string) (int64, error) {
	var id int64
	err := s.sync(ctx, func(ctx context.Context, tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `INSERT INTO classes (room, began, ended, state_at) VALUES (?, ?, 0, 0)`, name, micros(s.now()))
		if err != nil {
			return err
		}
		id, err = result.LastInsertId()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("begin a class of %s: %w", name, err)
	}
	return id, nil
}

// PutBegan keeps when a class was live for the first time.
func (s *Store) PutBegan(ctx context.Context, id int64, at time.Time) error {
	return s.later(ctx, run(`UPDATE classes SET began = ? WHERE id = ?`, micros(at), id))
}

// EndClass ends a class, as of a time, now when it is zero, and forgets its
// state; what was said in it is kept for its time.
func (s *Store) EndClass(ctx context.Context, id int64, at time.Time) error {
	if at.IsZero() {
		at = s.now()
	}
	return s.later(ctx, run(`UPDATE classes SET ended = ?, state = NULL WHERE id = ? AND ended = 0`, micros(at), id))
}

// PutState keeps what a class goes on from after a restart. Of states that come
// faster than they are written only the newest is. The store keeps the slice.
func (s *Store) PutState(ctx context.Context, id int64, state []byte) error {
	q := &s.queue
	q.latestMu.Lock()
	_, waits := q.latest[id]
	q.latest[id] = state
	q.latestMu.Unlock()
	if waits {
		return nil
	}
	err := s.later(ctx, func(ctx context.Context, tx *sql.Tx) error {
		q.latestMu.Lock()
		newest, ok := q.latest[id]
		delete(q.latest, id)
		q.latestMu.Unlock()
		if ok {
			state = newest
		}
		_, err := tx.ExecContext(ctx, `UPDATE classes SET state = ?, state_at = ? WHERE id = ? AND ended = 0`, state, micros(s.now()), id)
		return err
	})
	if err != nil {
		q.latestMu.Lock()
		delete(q.latest, id)
		q.latestMu.Unlock()
	}
	return err
}

// OpenClasses returns the classes that have not ended, oldest first.
func (s *Store) OpenClasses(ctx context.Context) ([]OpenClass, error) {
	return query(ctx, s, func(rows *sql.Rows, c *OpenClass) error {
		var began, stateAt int64
		err := rows.Scan(&c.ID, &c.Room, &began, &c.State, &stateAt)
		c.Began, c.StateAt = fromMicros(began), fromMicros(stateAt)
		return err
	}, `SELECT id, room, began, state, state_at FROM classes WHERE ended = 0 ORDER BY id`)
}

// Classes returns the classes of a room of which something is kept, the newest first.
func (s *Store) Classes(ctx context.Context, name string) ([]Class, error) {
	return query(ctx, s, func(rows *sql.Rows, c *Class) error {
		var began, ended int64
		err := rows.Scan(&c.ID, &c.Room, &began, &ended)
		c.Began, c.Ended = fromMicros(began), fromMicros(ended)
		return err
	}, `SELECT id, room, began, ended FROM classes WHERE room = ? ORDER BY id DESC`, name)
}
