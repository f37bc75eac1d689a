package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"lectern/internal/auth"
)

// accessSchema is what was added for keys. The revision lets another process
// see cheaply that something has changed.
const accessSchema = `
CREATE TABLE keys (
	id      TEXT PRIMARY KEY,
	digest  TEXT NOT NULL UNIQUE,         -- of the secret, which is nowhere
	name    TEXT NOT NULL,
	stream  BLOB NOT NULL,                -- a JSON list, as is can
	can     BLOB NOT NULL,
	expires INTEGER NOT NULL,             -- 0 is never
	made    INTEGER NOT NULL,
	used    INTEGER NOT NULL              -- 0 is never
) WITHOUT ROWID;

CREATE TABLE denied (
	id    TEXT PRIMARY KEY,               -- of a signed token: jti
	until INTEGER NOT NULL                -- 0 is for ever
) WITHOUT ROWID;

CREATE TABLE access (revision INTEGER NOT NULL);
INSERT INTO access VALUES (1);
`

var _ auth.Shelf = (*Store)(nil)

// IssuedKeys returns all keys that were made.
func (s *Store) IssuedKeys(ctx context.Context) ([]auth.Issued, error) {
	return query(ctx, s, func(rows *sql.Rows, k *auth.Issued) error {
		var stream, can []byte
		var expires, made, used int64
		if err := rows.Scan(&k.ID, &k.Digest, &k.Name, &stream, &can, &expires, &made, &used); err != nil {
			return err
		}
		k.Expires, k.Made, k.Used = fromMicros(expires), fromMicros(made), fromMicros(used)
		if err := json.Unmarshal(stream, &k.Stream); err != nil {
			return err
		}
		return json.Unmarshal(can, &k.Can)
	}, `SELECT id, digest, name, stream, can, expires, made, used FROM keys ORDER BY made, id`)
}

// PutKey keeps a key in place of the one with its ID, and returns when it is on disk.
func (s *Store) PutKey(ctx context.Context, k auth.Issued) error {
	stream, err := json.Marshal(append([]string{}, k.Stream...))
	if err != nil {
		return fmt.Errorf("keep a key: %w", err)
	}
	can, err := json.Marshal(append([]auth.Action{}, k.Can...))
	if err != nil {
		return fmt.Errorf("keep a key: %w", err)
	}
	_, err = s.access(ctx, `INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET digest = excluded.digest,
		name = excluded.name, stream = excluded.stream, can = excluded.can, expires = excluded.expires`,
		k.ID, k.Digest, k.Name, stream, can, micros(k.Expires), micros(k.Made), micros(k.Used))
	return err
}

// DropKey forgets a key, and says whether there was one.
func (s *Store) DropKey(ctx context.Context, id string) (bool, error) {
	return s.access(ctx, `DELETE FROM keys WHERE id = ?`, id)
}

// TouchKey notes when a key was used.
func (s *Store) TouchKey(ctx context.Context, id string, at time.Time) error {
	return s.later(ctx, run(`UPDATE keys SET used = ? WHERE id = ?`, micros(at), id))
}

// DeniedTokens returns the ids of the signed tokens that are denied now, each
// with the time until which; zero is for ever.
func (s *Store) DeniedTokens(ctx context.Context) (map[string]time.Time, error) {
	type denied struct {
		id    string
		until int64
	}
	list, err := query(ctx, s, func(rows *sql.Rows, d *denied) error { return rows.Scan(&d.id, &d.until) },
		`SELECT id, until FROM denied WHERE until = 0 OR until > ?`, micros(s.now()))
	all := make(map[string]time.Time, len(list))
	for _, d := range list {
		all[d.id] = fromMicros(d.until)
	}
	return all, err
}

// DenyToken keeps the signed token with an id out, and returns when that is on disk.
func (s *Store) DenyToken(ctx context.Context, id string, until time.Time) error {
	_, err := s.access(ctx, `INSERT INTO denied VALUES (?, ?) ON CONFLICT DO UPDATE SET until = excluded.until`, id, micros(until))
	return err
}

// AllowToken lets a denied token in again, and says whether it was denied.
func (s *Store) AllowToken(ctx context.Context, id string) (bool, error) {
	return s.access(ctx, `DELETE FROM denied WHERE id = ?`, id)
}

// AccessRevision changes with each change of keys and denied tokens, whichever
// process made it. It does not wait for writes that are under way.
func (s *Store) AccessRevision(ctx context.Context) (int64, error) {
	var revision int64
	if err := s.read.QueryRowContext(ctx, `SELECT revision FROM access`).Scan(&revision); err != nil {
		return 0, fmt.Errorf("read the revision of the keys: %w", err)
	}
	return revision, nil
}

// access changes keys or denied tokens, and says whether that changed a row.
// Denials that are over are forgotten on the way.
func (s *Store) access(ctx context.Context, statement string, args ...any) (changed bool, err error) {
	err = s.sync(ctx, func(ctx context.Context, tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if changed = n > 0; err != nil || !changed {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM denied WHERE until > 0 AND until <= ?`, micros(s.now())); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE access SET revision = revision + 1`)
		return err
	})
	return changed, err
}
