package room

import (
	"encoding/json"
	"slices"
)

// BoardOp changes a board (board.op): all of its operations, or none.
type BoardOp struct {
	Board string `json:"board"`
	Ops   []Op   `json:"ops"` // 1 to 64
}

// Op is one operation on one page.
type Op struct {
	ID   string `json:"id,omitempty"` // the shape's, chosen by its maker, at most 40 bytes
	T    string `json:"t"`            // adds: "stroke", "shape", "text", "image"; else "move", "del", "clear", "undo", "page"
	Page int    `json:"page"`         // from 0; "page" shows it, and adds it when it is the next
	DX   int    `json:"dx,omitempty"` // of "move", in units of the page
	DY   int    `json:"dy,omitempty"`
	// D is the shape itself: points, colour, width, text. The server does not look into it. At most 16 KiB.
	D json.RawMessage `json:"d,omitempty"`
}

// BoardVer is the reply to BoardOp.
type BoardVer struct {
	Ver int `json:"ver"`
}

// BoardOps are operations as they were applied (board.ops). An "undo" arrives as the "del" that it became.
type BoardOps struct {
	Board string   `json:"board"`
	Ver   int      `json:"ver"` // after the last of them; one op is one version
	By    MemberID `json:"by"`
	Ops   []Op     `json:"ops"`
}

// BoardLive is ink in progress, or the pointer (board.live); it is passed on and forgotten.
type BoardLive struct {
	Board  string   `json:"board"`
	Page   int      `json:"page"`
	ID     string   `json:"id"`
	T      string   `json:"t,omitempty"` // what is drawn, for the others' pens
	Pts    []int    `json:"pts"`         // at most 512 numbers
	End    bool     `json:"end,omitempty"`
	Member MemberID `json:"member,omitempty"` // set by the server
}

// BoardGet asks for a page (board.get): what changed since a version, or all of it.
type BoardGet struct {
	Board string `json:"board"`
	Page  int    `json:"page"`
	Since *int   `json:"since,omitempty"`
}

// BoardPage is its reply: either the operations since, on whatever page, or the page's shapes.
type BoardPage struct {
	Board  string     `json:"board"`
	Ver    int        `json:"ver"`
	Page   int        `json:"page"`
	Pages  int        `json:"pages"`
	Shapes []Shape    `json:"shapes,omitzero"`
	Ops    []BoardOps `json:"ops,omitzero"`
}

// Shape is what an adding operation left, in the order of drawing.
type Shape struct {
	ID string          `json:"id"`
	By MemberID        `json:"by"`
	T  string          `json:"t"`
	DX int             `json:"dx,omitempty"`
	DY int             `json:"dy,omitempty"`
	D  json.RawMessage `json:"d,omitempty"`
}

// Board is a board in a welcome: its shapes are fetched with board.get.
type Board struct {
	ID    string `json:"id"`
	Page  int    `json:"page"` // shown to everybody
	Pages int    `json:"pages"`
	Ver   int    `json:"ver"`
}

// BoardGrant lets somebody draw (board.grant): a member, "stage" or "*".
type BoardGrant struct {
	Member MemberID `json:"member"`
	On     bool     `json:"on"`
}

func (BoardOp) needs() Cap    { return CapBoard }
func (BoardLive) needs() Cap  { return CapBoard }
func (BoardGet) needs() Cap   { return capAny }
func (BoardGrant) needs() Cap { return CapModerate }

// The bounds of a board. A page is fetched in one message, so that it must fit
// into the queue of a connection.
const (
	maxPages      = 100
	maxShapes     = 4000      // on a page
	maxPageBytes  = 640 << 10 // of shapes, on a page
	maxBoardBytes = 32 << 20  // on all pages
	maxOps        = 64        // in a message
	maxShapeID    = 40
	maxShapeBytes = 16 << 10
	maxLog        = 200 // operations since; whoever is further behind gets the page
	maxPoints     = 512
	coordinate    = 1 << 15
	shapeCost     = 96 // bytes that a shape costs besides its data
)

// board is a whiteboard as the room knows it.
type board struct {
	ID    string
	Pages []page
	Show  int
	Ver   int
	log   []BoardOps
	ops   int // in the log
	bytes int
}

// page holds shapes in the order of drawing.
type page struct {
	shapes  []Shape
	bytes   int
	changed bool // since the owner was given the whole page
}

// SavedBoard is a board as the owner kept it: whole pages, and the operations after them.
type SavedBoard struct {
	ID    string
	Show  int
	Ver   int
	Pages [][]Shape
	Ops   []BoardOps // in order; those up to Ver are in Pages
}

// SaveBoardPages keeps whole pages, in place of what was kept of them: those that
// were drawn on since the last time. All operations up to Ver are in the pages
// that are kept then, and can be forgotten. It comes every 200 operations.
type SaveBoardPages struct {
	Board string
	Ver   int
	Show  int
	Pages []SavedPage
}

// SavedPage is a whole page.
type SavedPage struct {
	Page   int
	Shapes []Shape
}

func newBoard(id string) *board { return &board{ID: id, Pages: make([]page, 1)} }

// restoreBoards are those of an earlier run, or a new one.
func restoreBoards(saved []SavedBoard) []*board {
	if len(saved) == 0 {
		return []*board{newBoard("b1")}
	}
	var boards []*board
	for _, s := range saved {
		b := newBoard(s.ID)
		b.Ver = s.Ver
		b.Pages = make([]page, max(1, min(len(s.Pages), maxPages)))
		for n := range min(len(s.Pages), maxPages) {
			for _, shape := range s.Pages[n] {
				b.add(n, shape)
			}
		}
		b.Show = max(0, min(s.Show, len(b.Pages)-1))
		for _, ops := range s.Ops {
			if ops.Ver <= s.Ver {
				continue
			}
			for _, op := range ops.Ops {
				b.redo(op, ops.By)
			}
			b.Ver = max(b.Ver, ops.Ver)
		}
		boards = append(boards, b)
	}
	return boards
}

// redo applies an operation that was accepted once.
func (b *board) redo(op Op, by MemberID) {
	if op.Page < 0 || op.Page > len(b.Pages) || op.Page >= maxPages || op.Page == len(b.Pages) && op.T != "page" {
		return
	}
	b.apply(op, by)
}

func (t *turn) board(id string) (*board, error) {
	for _, b := range t.Boards {
		if b.ID == id {
			return b, nil
		}
	}
	return nil, &Error{Code: CodeNotFound, Field: "board", Message: "there is no such board"}
}

func (c BoardOp) do(t *turn) error {
	b, err := t.board(c.Board)
	if err != nil {
		return err
	}
	if len(c.Ops) == 0 || len(c.Ops) > maxOps {
		return invalid("ops", "from 1 to %d operations", maxOps)
	}
	draft := draft{board: b, pages: len(b.Pages), isStaff: t.isStaff(t.actor), by: t.actor.ID}
	ops := make([]Op, 0, len(c.Ops))
	for _, op := range c.Ops {
		op, err := draft.check(op)
		if err != nil {
			return err
		}
		ops = append(ops, op)
	}
	if err := t.actor.buckets.board.take(t.at, boardRate); err != nil {
		return err
	}
	for _, op := range ops {
		b.apply(op, t.actor.ID)
	}
	b.Ver += len(ops)
	done := BoardOps{Board: b.ID, Ver: b.Ver, By: t.actor.ID, Ops: ops}
	b.remember(done)
	t.emit("board.ops", everyone, ClassState, done)
	t.effect(SaveBoard{done})
	if b.Ver/maxLog != (b.Ver-len(ops))/maxLog {
		t.savePages(b)
	}
	t.reply(BoardVer{Ver: b.Ver})
	return nil
}

// remember keeps operations for those who are a little behind.
func (b *board) remember(done BoardOps) {
	b.log = append(b.log, done)
	b.ops += len(done.Ops)
	for b.ops > maxLog {
		b.ops -= len(b.log[0].Ops)
		b.log = slices.Delete(b.log, 0, 1)
	}
}

// savePages gives the owner the pages that have changed since it last got them.
func (t *turn) savePages(b *board) {
	save := SaveBoardPages{Board: b.ID, Ver: b.Ver, Show: b.Show}
	for n := range b.Pages {
		if p := &b.Pages[n]; p.changed {
			p.changed = false
			save.Pages = append(save.Pages, SavedPage{Page: n, Shapes: slices.Clone(p.shapes)})
		}
	}
	t.effect(save)
}

func (b *board) find(n int, id string) *Shape {
	if n >= len(b.Pages) {
		return nil
	}
	for i := range b.Pages[n].shapes {
		if s := &b.Pages[n].shapes[i]; s.ID == id {
			return s
		}
	}
	return nil
}

// apply does an operation that was checked.
func (b *board) apply(op Op, by MemberID) {
	if op.T == "page" {
		if op.Page == len(b.Pages) {
			b.Pages = append(b.Pages, page{})
		}
		b.Show = op.Page
		b.Pages[op.Page].changed = true
		return
	}
	p := &b.Pages[op.Page]
	p.changed = true
	switch op.T {
	case "clear":
		b.bytes -= p.bytes
		p.shapes, p.bytes = nil, 0
	case "del":
		if i := slices.IndexFunc(p.shapes, func(s Shape) bool { return s.ID == op.ID }); i >= 0 {
			size := len(p.shapes[i].D) + shapeCost
			p.shapes = slices.Delete(p.shapes, i, i+1)
			p.bytes -= size
			b.bytes -= size
		}
	case "move":
		if s := b.find(op.Page, op.ID); s != nil {
			s.DX = max(-coordinate, min(coordinate, s.DX+op.DX))
			s.DY = max(-coordinate, min(coordinate, s.DY+op.DY))
		}
	default:
		b.add(op.Page, Shape{ID: op.ID, By: by, T: op.T, D: op.D})
	}
}

func (b *board) add(n int, s Shape) {
	p := &b.Pages[n]
	p.shapes = append(p.shapes, s)
	p.bytes += len(s.D) + shapeCost
	b.bytes += len(s.D) + shapeCost
}

func (c BoardLive) do(t *turn) error {
	if _, err := t.board(c.Board); err != nil {
		return err
	}
	if len(c.ID) > maxShapeID || len(c.T) > maxMid || len(c.Pts) > maxPoints {
		return &Error{Code: CodeTooLarge, Field: "pts", Message: "so much ink is not passed on"}
	}
	m := t.actor
	if err := m.buckets.live.take(t.at, liveRate); err != nil {
		return err
	}
	c.Member = m.ID
	// Ink is told in steps: none replaces another, only a pointer's newest place does.
	key := ""
	if c.T == "pointer" {
		key = "board.live:" + string(m.ID)
	}
	to := everyone
	to.Except = m.ID
	t.pass("board.live", to, key, c)
	return nil
}

func (c BoardGet) do(t *turn) error {
	b, err := t.board(c.Board)
	if err != nil {
		return err
	}
	if c.Page < 0 || c.Page >= len(b.Pages) {
		return invalid("page", "there is no such page")
	}
	if err := t.actor.buckets.list.take(t.at, listRate); err != nil {
		return err
	}
	v := BoardPage{Board: b.ID, Ver: b.Ver, Page: c.Page, Pages: len(b.Pages)}
	if c.Since != nil && *c.Since <= b.Ver && *c.Since >= b.Ver-b.ops {
		v.Ops = []BoardOps{}
		for _, ops := range b.log {
			if ops.Ver > *c.Since {
				v.Ops = append(v.Ops, ops)
			}
		}
	} else {
		v.Shapes = append([]Shape{}, b.Pages[c.Page].shapes...)
	}
	t.reply(v)
	return nil
}

func (c BoardGrant) do(t *turn) error {
	switch c.Member {
	case "stage", "*":
		value := map[MemberID]string{"stage": "stage", "*": "all"}[c.Member]
		if !c.On {
			value = "staff"
		}
		return RoomPolicy{Board: &value}.do(t)
	}
	m, err := t.present(c.Member, "member")
	if err != nil {
		return err
	}
	if m.Role == Observer {
		return refuse(CodeForbidden, "observers do not draw")
	}
	m.Drawing = c.On
	t.capsChanged = true
	t.announce(m)
	return nil
}

func (r *Room) boardViews() []Board {
	views := make([]Board, 0, len(r.Boards))
	for _, b := range r.Boards {
		views = append(views, Board{ID: b.ID, Page: b.Show, Pages: len(b.Pages), Ver: b.Ver})
	}
	return views
}
