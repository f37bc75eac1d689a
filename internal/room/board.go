package room

import "encoding/json"

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
