package store

import (
	"context"
	"database/sql"
	"fmt"
)

// Person is somebody of whom something is kept.
type Person struct {
	Identity string
	Name     string // the one of the last class
	Messages int    // in chats
	Classes  int    // that are kept, and where it was present
	Answers  int    // to polls
	Banned   int    // rooms that it is kept out of
}

// People returns everybody with an identity or a name, with what is kept of
// them. A name may be several people's; so may the last part of an identity,
// which the token's signer, or who made the key, has chosen (ann of sub:ann and
// key:redis:ann).
func (s *Store) People(ctx context.Context, idOrName string) ([]Person, error) {
	return query(ctx, s, func(rows *sql.Rows, p *Person) error {
		return rows.Scan(&p.Identity, &p.Name, &p.Messages, &p.Classes, &p.Answers, &p.Banned)
	}, `WITH said(identity) AS (VALUES (?1), ('sub:' || ?1), ('key:' || ?1), ('key:redis:' || ?1), ('guest:' || ?1)),
		who(identity) AS (
			SELECT identity FROM attendance WHERE identity IN said OR data ->> '$.name' = ?1
			UNION SELECT identity FROM chat WHERE identity IN said OR name = ?1
			UNION SELECT identity FROM answers WHERE identity IN said OR data ->> '$.name' = ?1
			UNION SELECT identity FROM bans WHERE identity IN said OR name = ?1
		)
		SELECT identity,
			coalesce((SELECT data ->> '$.name' FROM attendance a WHERE a.identity = who.identity ORDER BY class DESC LIMIT 1),
				(SELECT name FROM chat c WHERE c.identity = who.identity ORDER BY class DESC, msg DESC LIMIT 1), ''),
			(SELECT count(*) FROM chat c WHERE c.identity = who.identity),
			(SELECT count(*) FROM attendance a WHERE a.identity = who.identity),
			(SELECT count(*) FROM answers n WHERE n.identity = who.identity),
			(SELECT count(*) FROM bans b WHERE b.identity = who.identity)
		FROM who ORDER BY identity`, idOrName)
}

// Checkpoint brings everything from the log beside the file into the file, as
// far as readers let it, so that what was deleted is in neither.
func (s *Store) Checkpoint(ctx context.Context) error {
	if err := s.Flush(ctx); err != nil {
		return err
	}
	var busy, log, done int
	if err := s.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done); err != nil {
		return fmt.Errorf("bring the log into the file: %w", err)
	}
	return nil
}
