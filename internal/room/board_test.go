package room

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

func stroke(id string) Op { return Op{ID: id, T: "stroke", D: json.RawMessage(`[10,10,5,5]`)} }

func (c *class) draw(id MemberID, ops ...Op) int {
	c.t.Helper()
	c.at = c.at.Add(50 * time.Millisecond)
	return c.do(id, BoardOp{Board: "b1", Ops: ops}).(BoardVer).Ver
}

func (c *class) shapes(id MemberID, page int) []string {
	c.t.Helper()
	c.at = c.at.Add(time.Second)
	var ids []string
	for _, s := range c.do(id, BoardGet{Board: "b1", Page: page}).(BoardPage).Shapes {
		ids = append(ids, s.ID)
	}
	return ids
}

func TestBoardOperations(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	c.refused(CodeForbidden, student, BoardOp{Board: "b1", Ops: []Op{stroke("x")}})
	c.do(teacher, BoardGrant{Member: student, On: true})
	c.draw(teacher, stroke("t1"))
	c.draw(student, stroke("s1"), stroke("s2"))
	for _, bad := range []struct {
		op   Op
		code Code
	}{
		{stroke("t1"), CodeConflict},
		{Op{T: "stroke", ID: "no data"}, CodeTooLarge},
		{Op{T: "stroke", D: json.RawMessage(`1`)}, CodeBadRequest},
		{Op{T: "del", ID: "t1"}, CodeForbidden},
		{Op{T: "move", ID: "t1", DX: 1}, CodeForbidden},
		{Op{T: "move", ID: "s1", DX: 1 << 20}, CodeBadRequest},
		{Op{T: "del", ID: "nothing"}, CodeNotFound},
		{Op{T: "clear"}, CodeForbidden},
		{Op{T: "page", Page: 1}, CodeForbidden},
		{Op{T: "stroke", ID: "x", Page: 1, D: json.RawMessage(`1`)}, CodeBadRequest},
		{Op{T: "burn"}, CodeBadRequest},
	} {
		c.at = c.at.Add(50 * time.Millisecond)
		c.refused(bad.code, student, BoardOp{Board: "b1", Ops: []Op{stroke("before"), bad.op}})
	}
	if got := c.shapes(student, 0); fmt.Sprint(got) != "[t1 s1 s2]" {
		t.Errorf("%v: what was refused left something", got)
	}
	c.draw(student, Op{T: "move", ID: "s1", DX: 7, DY: -3}, Op{T: "undo"})
	c.draw(teacher, Op{T: "del", ID: "s1"})
	c.draw(teacher, Op{T: "page", Page: 1}, Op{T: "stroke", ID: "p1", Page: 1, D: json.RawMessage(`1`)})
	if b := c.pages[student].Boards[0]; b.Page != 1 || b.Pages != 2 {
		t.Errorf("%+v, want the second page of two", b)
	}
	if got := c.shapes(student, 0); fmt.Sprint(got) != "[t1]" {
		t.Errorf("%v, want [t1]", got)
	}
	c.refused(CodeBadState, student, BoardOp{Board: "b1", Ops: []Op{{T: "undo"}}})
	c.draw(teacher, Op{T: "clear"})
	if got := c.shapes(student, 0); len(got) != 0 {
		t.Errorf("%v, want a clean page", got)
	}
	if got := c.shapes(student, 1); fmt.Sprint(got) != "[p1]" {
		t.Errorf("%v, want [p1]", got)
	}
}

func TestUndoArrivesAsWhatItBecame(t *testing.T) {
	c := newClass(t, Settings{})
	teacher := c.join("teacher", Teacher)
	c.draw(teacher, stroke("a"), stroke("b"))
	c.since()
	c.draw(teacher, Op{T: "undo"}, Op{T: "undo"})
	for _, e := range c.events {
		if d, ok := e.Data.(BoardOps); ok {
			if fmt.Sprint(d.Ops) != fmt.Sprint([]Op{{ID: "b", T: "del"}, {ID: "a", T: "del"}}) {
				t.Errorf("%+v", d.Ops)
			}
		}
	}
}

func TestLateComerGetsThePageAndOthersTheRest(t *testing.T) {
	c := newClass(t, Settings{})
	teacher := c.join("teacher", Teacher)
	var ver int
	for i := range 150 {
		ver = c.draw(teacher, stroke(fmt.Sprint(i)))
	}
	behind := ver - 20
	page := c.do(teacher, BoardGet{Board: "b1", Since: &behind}).(BoardPage)
	if len(page.Ops) != 20 || page.Shapes != nil || page.Ops[0].Ver != behind+1 {
		t.Errorf("%d operations and %d shapes, want 20 and none", len(page.Ops), len(page.Shapes))
	}
	for i := range 200 {
		ver = c.draw(teacher, stroke(fmt.Sprint("more", i)))
	}
	for _, since := range []int{behind, -1, ver + 1} {
		page = c.do(teacher, BoardGet{Board: "b1", Since: &since}).(BoardPage)
		if page.Ops != nil || len(page.Shapes) != 350 || page.Ver != ver {
			t.Errorf("since %d of %d: %d operations and %d shapes, want the page", since, ver, len(page.Ops), len(page.Shapes))
		}
	}
}

func TestBoardSurvives(t *testing.T) {
	c := newClass(t, Settings{})
	teacher := c.join("teacher", Teacher)
	saved := SavedBoard{ID: "b1", Pages: make([][]Shape, 1)}
	c.since()
	for i := range 450 {
		op := stroke(fmt.Sprint(i))
		switch {
		case i == 100:
			op = Op{T: "page", Page: 1}
		case i > 100 && i%3 == 0:
			op = Op{ID: fmt.Sprint(i - 1), T: "move", DX: 3, Page: 1}
		case i > 100:
			op.Page = 1
		}
		c.draw(teacher, op)
	}
	saves := effectsOf[SaveBoardPages](c)
	if len(saves) != 2 || len(saves[0].Pages) != 2 || len(saves[1].Pages) != 1 {
		t.Errorf("kept %d times, want both pages after 200 and the second after 400", len(saves))
	}
	for _, save := range saves {
		for _, p := range save.Pages {
			for len(saved.Pages) <= p.Page {
				saved.Pages = append(saved.Pages, nil)
			}
			saved.Pages[p.Page] = p.Shapes
		}
		saved.Ver, saved.Show = save.Ver, save.Show
	}
	for _, s := range effectsOf[SaveBoard](c) {
		if s.Ops.Ver > saved.Ver {
			saved.Ops = append(saved.Ops, s.Ops)
		}
	}
	again := New(Settings{Boards: []SavedBoard{copied(t, saved)}})
	was, is := c.r.Boards[0], again.Boards[0]
	if is.Ver != was.Ver || is.Show != was.Show || is.bytes != was.bytes || len(is.Pages) != 2 {
		t.Errorf("version %d, page %d, %d bytes; want %d, %d, %d", is.Ver, is.Show, is.bytes, was.Ver, was.Show, was.bytes)
	}
	for n := range was.Pages {
		same(t, fmt.Sprint("page ", n), is.Pages[n].shapes, was.Pages[n].shapes)
	}
}

// TestTwoHoursOfWriting draws what six people draw in two hours, on as many pages as that needs.
func TestTwoHoursOfWriting(t *testing.T) {
	c := newClass(t, Settings{Policy: Policy{Preset: Open}})
	var writers []MemberID
	for i := range 6 {
		writers = append(writers, c.join(fmt.Sprint(i), Teacher))
	}
	data := json.RawMessage(`"` + string(make1k()) + `"`)
	page, full := 0, 0
	for i := range 20_000 {
		id := writers[i%len(writers)]
		c.at = c.at.Add(60 * time.Millisecond)
		op := Op{ID: fmt.Sprint(i), T: "stroke", Page: page, D: data}
		if _, err := c.try(id, BoardOp{Board: "b1", Ops: []Op{op}}); err != nil {
			full++
			page++
			op.Page = page
			c.do(id, BoardOp{Board: "b1", Ops: []Op{{T: "page", Page: page}, op}})
		}
		c.events, c.effects = nil, nil
	}
	b := c.r.Boards[0]
	n := 0
	for _, p := range b.Pages {
		n += len(p.shapes)
		if p.bytes > maxPageBytes {
			t.Errorf("a page of %d bytes", p.bytes)
		}
	}
	t.Logf("20 000 strokes on %d pages, %d KiB", len(b.Pages), b.bytes>>10)
	if n != 20_000 || b.bytes > maxBoardBytes || b.ops > maxLog {
		t.Errorf("%d shapes, %d bytes, %d operations remembered", n, b.bytes, b.ops)
	}
}

func make1k() []byte {
	b := make([]byte, 1000)
	for i := range b {
		b[i] = 'x'
	}
	return b
}

func TestInkIsPassedOn(t *testing.T) {
	c := newClass(t, Settings{})
	teacher, student := c.join("teacher", Teacher), c.join("student", Student)
	c.since()
	for range 30 {
		c.do(teacher, BoardLive{Board: "b1", ID: "x", Pts: []int{1, 2, 3}, Member: student})
	}
	c.refused(CodeRateLimited, teacher, BoardLive{Board: "b1", ID: "x"})
	c.refused(CodeTooLarge, teacher, BoardLive{Board: "b1", Pts: make([]int, maxPoints+1)})
	if c.sentTo(student, "board.live") != 30 || c.sentTo(teacher, "board.live") != 0 {
		t.Error("ink goes to everybody else")
	}
	for _, e := range c.events {
		if d, ok := e.Data.(BoardLive); ok && d.Member != teacher {
			t.Error("ink in somebody else's name")
		}
	}
}
