package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
)

// query reads all rows of a statement, after everything that was asked for before.
func query[T any](ctx context.Context, s *Store, scan func(*sql.Rows, *T) error, statement string, args ...any) ([]T, error) {
	if err := s.Flush(ctx); err != nil {
		return nil, err
	}
	rows, err := s.read.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	defer func() { _ = rows.Close() }() // what went wrong is in Err
	list := []T{}
	for rows.Next() {
		var one T
		if err := scan(rows, &one); err != nil {
			return nil, fmt.Errorf("read: %w", err)
		}
		list = append(list, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return list, nil
}

// document scans a row that is one JSON document.
func document[T any](rows *sql.Rows, into *T) error {
	var data []byte
	if err := rows.Scan(&data); err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}
