package store

import (
	"context"
	"database/sql"
	"fmt"
)

// migrations bring a file from each version to the next. What was released is never changed.
var migrations = []string{
	`
CREATE TABLE rooms (
	id         TEXT PRIMARY KEY,
	definition BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE invites (
	digest  TEXT PRIMARY KEY,             -- of the secret, which is nowhere
	id      TEXT NOT NULL,
	room    TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE,
	role    TEXT NOT NULL,
	name    TEXT NOT NULL,
	uses    INTEGER NOT NULL,             -- left; negative is without end
	expires INTEGER NOT NULL,             -- 0 is never
	made    INTEGER NOT NULL,
	UNIQUE (room, id)
) WITHOUT ROWID;

CREATE TABLE bans (
	room     TEXT NOT NULL,
	identity TEXT NOT NULL,
	device   TEXT NOT NULL,
	name     TEXT NOT NULL,
	who      TEXT NOT NULL,               -- said so
	reason   TEXT NOT NULL,
	until    INTEGER NOT NULL,
	PRIMARY KEY (room, identity)
) WITHOUT ROWID;

CREATE TABLE classes (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	room     TEXT NOT NULL,
	began    INTEGER NOT NULL,
	ended    INTEGER NOT NULL,            -- 0 while it goes on
	state    BLOB,                        -- to go on from after a restart
	state_at INTEGER NOT NULL
);
CREATE INDEX classes_of_room ON classes (room, id);

CREATE TABLE chat (
	class    INTEGER NOT NULL REFERENCES classes ON DELETE CASCADE,
	msg      INTEGER NOT NULL,            -- ids grow with time
	at       INTEGER NOT NULL,
	member   TEXT NOT NULL,
	identity TEXT NOT NULL,
	name     TEXT NOT NULL,
	role     TEXT NOT NULL,
	text     TEXT NOT NULL,
	target   TEXT NOT NULL,               -- '' everybody, 'staff', or a member
	reply_to TEXT NOT NULL,
	danmaku  INTEGER NOT NULL,
	PRIMARY KEY (class, msg)
) WITHOUT ROWID;
CREATE INDEX chat_of_person ON chat (identity);

CREATE TABLE attendance (
	class    INTEGER NOT NULL REFERENCES classes ON DELETE CASCADE,
	identity TEXT NOT NULL,
	data     BLOB NOT NULL,
	PRIMARY KEY (class, identity)
) WITHOUT ROWID;
CREATE INDEX attendance_of_person ON attendance (identity);

CREATE TABLE polls (
	class INTEGER NOT NULL REFERENCES classes ON DELETE CASCADE,
	poll  TEXT NOT NULL,
	at    INTEGER NOT NULL,
	data  BLOB NOT NULL,
	PRIMARY KEY (class, poll)
) WITHOUT ROWID;

CREATE TABLE answers (
	class    INTEGER NOT NULL,
	poll     TEXT NOT NULL,
	identity TEXT NOT NULL,
	data     BLOB NOT NULL,
	PRIMARY KEY (class, poll, identity),
	FOREIGN KEY (class, poll) REFERENCES polls ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX answers_of_person ON answers (identity);

CREATE TABLE pages (
	class  INTEGER NOT NULL REFERENCES classes ON DELETE CASCADE,
	board  TEXT NOT NULL,
	page   INTEGER NOT NULL,
	ver    INTEGER NOT NULL,
	show   INTEGER NOT NULL,              -- the page that was shown then
	shapes BLOB NOT NULL,
	PRIMARY KEY (class, board, page)
);

CREATE TABLE strokes (
	class INTEGER NOT NULL REFERENCES classes ON DELETE CASCADE,
	board TEXT NOT NULL,
	ver   INTEGER NOT NULL,
	data  BLOB NOT NULL,
	PRIMARY KEY (class, board, ver)
);
`,
	accessSchema,
}

// migrate brings the file up to date, each step whole or not at all.
func migrate(ctx context.Context, db *sql.DB) error {
	var version int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > len(migrations) {
		return fmt.Errorf("%w: its schema is %d and this version of the program knows %d; start the newer one, or put a backup "+
			"from before it in the file's place", ErrNewer, version, len(migrations))
	}
	for ; version < len(migrations); version++ {
		if err := step(ctx, db, version); err != nil {
			return fmt.Errorf("bring the schema from %d to %d: %w", version, version+1, err)
		}
	}
	return nil
}

func step(ctx context.Context, db *sql.DB, version int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if _, err := tx.ExecContext(ctx, migrations[version]); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version+1)); err != nil {
		return err
	}
	return tx.Commit()
}
