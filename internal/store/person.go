package store

import (
	"context"
	"database/sql"
)

// DeletePerson forgets what a person said, answered and when it was present, in all rooms, and
// returns when that is done. What only counts people stays, and so does a ban,
// which would otherwise end by asking to be forgotten, but without the name.
// Drawings stay: who made them is told by attendance alone.
func (s *Store) DeletePerson(ctx context.Context, identity string) error {
	return s.sync(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, statement := range []string{
			`DELETE FROM chat WHERE identity = ?`, `DELETE FROM attendance WHERE identity = ?`, `DELETE FROM answers WHERE identity = ?`,
			`UPDATE bans SET name = '' WHERE identity = ?`,
		} {
			if _, err := tx.ExecContext(ctx, statement, identity); err != nil {
				return err
			}
		}
		return nil
	})
}
