package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"lectern/internal/room"
)

// AppendBoard keeps operations on a board.
func (s *Store) AppendBoard(ctx context.Context, class int64, ops room.BoardOps) error {
	data, err := json.Marshal(ops)
	if err != nil {
		return fmt.Errorf("keep a board: %w", err)
	}
	return s.later(ctx, run(`INSERT INTO strokes VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, class, ops.Board, ops.Ver, data))
}

// PutBoardPages keeps whole pages, and forgets the operations that are in them.
func (s *Store) PutBoardPages(ctx context.Context, class int64, save room.SaveBoardPages) error {
	shapes := make([][]byte, len(save.Pages))
	for i, p := range save.Pages {
		var err error
		if shapes[i], err = json.Marshal(p.Shapes); err != nil {
			return fmt.Errorf("keep a page: %w", err)
		}
	}
	return s.later(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for i, p := range save.Pages {
			if _, err := tx.ExecContext(ctx, `INSERT INTO pages VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET ver = excluded.ver, show = excluded.show, shapes = excluded.shapes`,
				class, save.Board, p.Page, save.Ver, save.Show, shapes[i]); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM strokes WHERE class = ? AND board = ? AND ver <= ?`, class, save.Board, save.Ver)
		return err
	})
}

// Boards returns the boards of a class: whole pages, and the operations after them.
func (s *Store) Boards(ctx context.Context, class int64) ([]room.SavedBoard, error) {
	type keptPage struct {
		board           string
		page, ver, show int
		shapes          []byte
	}
	pages, err := query(ctx, s, func(rows *sql.Rows, p *keptPage) error {
		return rows.Scan(&p.board, &p.page, &p.ver, &p.show, &p.shapes)
	}, `SELECT board, page, ver, show, shapes FROM pages WHERE class = ? ORDER BY board, page`, class)
	if err != nil {
		return nil, err
	}
	strokes, err := query(ctx, s, document[room.BoardOps], `SELECT data FROM strokes WHERE class = ? ORDER BY board, ver`, class)
	if err != nil {
		return nil, err
	}
	boards := []room.SavedBoard{}
	at := make(map[string]int)
	board := func(id string) *room.SavedBoard {
		if _, ok := at[id]; !ok {
			at[id] = len(boards)
			boards = append(boards, room.SavedBoard{ID: id})
		}
		return &boards[at[id]]
	}
	for _, p := range pages {
		b := board(p.board)
		for len(b.Pages) <= p.page {
			b.Pages = append(b.Pages, nil)
		}
		if err := json.Unmarshal(p.shapes, &b.Pages[p.page]); err != nil {
			return nil, fmt.Errorf("read a page: %w", err)
		}
		if p.ver >= b.Ver {
			b.Ver, b.Show = p.ver, p.show
		}
	}
	for _, ops := range strokes {
		if b := board(ops.Board); ops.Ver > b.Ver {
			b.Ops = append(b.Ops, ops)
		}
	}
	return boards, nil
}
