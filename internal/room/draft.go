package room

import "slices"

// draft is what a message's earlier operations will have made of the board.
type draft struct {
	*board
	pages   int
	isStaff bool
	by      MemberID
	added   []draftShape
	gone    []string
}

type draftShape struct {
	id   string
	page int
	size int
}

// check says whether an operation can be done after those before it, and what it becomes.
func (d *draft) check(op Op) (Op, error) {
	if op.Page < 0 || op.Page > d.pages || op.Page == d.pages && op.T != "page" {
		return op, invalid("ops.page", "there is no such page")
	}
	if len(op.ID) > maxShapeID {
		return op, &Error{Code: CodeTooLarge, Field: "ops.id", Message: "the id is too long"}
	}
	switch op.T {
	case "stroke", "shape", "text", "image":
		return d.checkAdd(op)
	case "move":
		if max(op.DX, -op.DX) > 2*coordinate || max(op.DY, -op.DY) > 2*coordinate {
			return op, invalid("ops.dx", "it is off the page")
		}
		return Op{ID: op.ID, T: op.T, Page: op.Page, DX: op.DX, DY: op.DY}, d.checkOwn(op)
	case "del":
		if err := d.checkOwn(op); err != nil {
			return op, err
		}
		d.gone = append(d.gone, op.ID)
		return Op{ID: op.ID, T: op.T, Page: op.Page}, nil
	case "undo":
		id := d.last(op.Page)
		if id == "" {
			return op, refuse(CodeBadState, "there is nothing of yours to undo")
		}
		d.gone = append(d.gone, id)
		return Op{ID: id, T: "del", Page: op.Page}, nil
	case "clear", "page":
		if !d.isStaff {
			return op, &Error{Code: CodeForbidden, Field: "ops.t", Hint: string(CapModerate), Message: "this is for the staff"}
		}
		return d.checkPage(op)
	}
	return op, invalid("ops.t", "there is no such operation")
}

func (d *draft) checkAdd(op Op) (Op, error) {
	if op.ID == "" {
		return op, invalid("ops.id", "a shape has an id")
	}
	if len(op.D) == 0 || len(op.D) > maxShapeBytes {
		return op, &Error{Code: CodeTooLarge, Field: "ops.d", Message: "a shape has data, and not more than 16 KiB"}
	}
	p, count, bytes, all := page{}, 0, 0, 0
	if op.Page < len(d.Pages) {
		p = d.Pages[op.Page]
	}
	for _, a := range d.added {
		if a.id == op.ID {
			return op, &Error{Code: CodeConflict, Field: "ops.id", Message: "there is such a shape"}
		}
		all += a.size
		if a.page == op.Page {
			count++
			bytes += a.size
		}
	}
	if d.find(op.Page, op.ID) != nil && !slices.Contains(d.gone, op.ID) {
		return op, &Error{Code: CodeConflict, Field: "ops.id", Message: "there is such a shape"}
	}
	size := len(op.D) + shapeCost
	switch {
	case len(p.shapes)+count >= maxShapes || p.bytes+bytes+size > maxPageBytes:
		return op, &Error{Code: CodeTooLarge, Field: "ops.page", Hint: "page_full", Message: "the page is full; take a new one"}
	case d.bytes+all+size > maxBoardBytes:
		return op, &Error{Code: CodeTooLarge, Field: "ops", Hint: "board_full", Message: "the board is full"}
	}
	d.added = append(d.added, draftShape{op.ID, op.Page, size})
	return Op{ID: op.ID, T: op.T, Page: op.Page, D: slices.Clone(op.D)}, nil
}

// checkOwn says whether a shape is there, and may be changed.
func (d *draft) checkOwn(op Op) error {
	if slices.Contains(d.gone, op.ID) {
		return &Error{Code: CodeNotFound, Field: "ops.id", Message: "there is no such shape"}
	}
	if slices.ContainsFunc(d.added, func(a draftShape) bool { return a.id == op.ID && a.page == op.Page }) {
		return nil
	}
	s := d.find(op.Page, op.ID)
	if s == nil {
		return &Error{Code: CodeNotFound, Field: "ops.id", Message: "there is no such shape"}
	}
	if s.By != d.by && !d.isStaff {
		return &Error{Code: CodeForbidden, Field: "ops.id", Hint: string(CapModerate), Message: "somebody else drew this"}
	}
	return nil
}

// last is the newest of one's shapes on a page.
func (d *draft) last(n int) string {
	for _, a := range slices.Backward(d.added) {
		if a.page == n && !slices.Contains(d.gone, a.id) {
			return a.id
		}
	}
	if n >= len(d.Pages) {
		return ""
	}
	for _, s := range slices.Backward(d.Pages[n].shapes) {
		if s.By == d.by && !slices.Contains(d.gone, s.ID) {
			return s.ID
		}
	}
	return ""
}

func (d *draft) checkPage(op Op) (Op, error) {
	if op.T == "clear" {
		if len(d.added) > 0 || len(d.gone) > 0 {
			return op, invalid("ops.t", "clear before drawing, not after")
		}
		if op.Page < len(d.Pages) {
			for _, s := range d.Pages[op.Page].shapes {
				d.gone = append(d.gone, s.ID)
			}
		}
	}
	if op.Page == d.pages {
		if d.pages == maxPages {
			return op, &Error{Code: CodeTooLarge, Field: "ops.page", Message: "the board has no more pages"}
		}
		d.pages++
	}
	return Op{T: op.T, Page: op.Page}, nil
}
