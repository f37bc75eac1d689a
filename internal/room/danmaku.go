package room

import (
	"cmp"
	"regexp"
	"strconv"
	"time"
)

// DanmakuSend lets a line fly over the stage (danmaku.send).
type DanmakuSend struct {
	Text  string `json:"text"`            // at most 40 characters, one line
	Color string `json:"color,omitempty"` // "#rrggbb"
	Lane  string `json:"lane,omitempty"`  // "roll" (or ""), "top", "bottom"
}

// Danmaku is what flies next (danmaku), at most every 100 ms.
type Danmaku struct {
	Items   []DanmakuItem `json:"items"`
	Dropped int           `json:"dropped,omitempty"` // lines left out since the last one
}

// DanmakuItem is one line. It belongs into the chat too, dimmed.
type DanmakuItem struct {
	Msg    string   `json:"msg"`
	Text   string   `json:"text"`
	Color  string   `json:"color,omitempty"`
	Lane   string   `json:"lane"`
	Member MemberID `json:"member"`
	Name   string   `json:"name"`
}

// React is a reaction (react).
type React struct {
	K string `json:"k"` // "clap", "up", "laugh", "heart", "wow" or "sad"
}

// Reactions counts the reactions of a second (reactions).
type Reactions map[string]int

func (DanmakuSend) needs() Cap { return CapDanmaku }
func (React) needs() Cap       { return CapReact }

const (
	linesPerSecond = 20 // over the stage, however many are written
	linesPerBatch  = linesPerSecond / 10
	linesAtOnce    = 6  // after a pause
	maxLines       = 64 // held until the next batch, at most
)

// lines are what may fly next.
type lines struct {
	held    []DanmakuItem
	stride  int // every how many of those that came were held
	came    int // since the last batch
	dropped int // since the last event
	credit  int // how many may fly at once
	shown   [10]shownLines
	next    int
}

// shownLines is how many flew in a batch.
type shownLines struct {
	at time.Time
	n  int
}

var colour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func (c DanmakuSend) do(t *turn) error {
	said, err := written("text", line(c.Text, maxText), maxDanmaku)
	if err != nil {
		return err
	}
	lane := cmp.Or(c.Lane, "roll")
	if err := oneOf("lane", lane, "roll", "top", "bottom"); err != nil {
		return err
	}
	if c.Color != "" && !colour.MatchString(c.Color) {
		return invalid("color", "it is written #rrggbb")
	}
	m := t.actor
	if !t.isStaff(m) && !t.Policy.Links && address.MatchString(said) {
		return &Error{Code: CodeForbidden, Field: "text", Hint: "links", Message: "links are not allowed here"}
	}
	if err := m.buckets.danmaku.take(t.at, t.danmakuRate.times(1)); err != nil {
		return err
	}
	m.Messages++
	t.gathered.lines.hold(DanmakuItem{Text: said, Color: c.Color, Lane: lane, Member: m.ID, Name: m.Name})
	t.gathered.danmaku.dirty = true
	return nil
}

// hold keeps a line for the next batch. When there are too many, every second of
// them goes, and of those that follow one in two: what is kept is even.
func (l *lines) hold(item DanmakuItem) {
	l.stride = max(l.stride, 1)
	if l.came%l.stride == 0 {
		if len(l.held) == maxLines {
			for i := range maxLines / 2 {
				l.held[i] = l.held[2*i]
			}
			l.held = l.held[:maxLines/2]
			l.stride *= 2
		}
		if l.came%l.stride == 0 {
			l.held = append(l.held, item)
		}
	}
	l.came++
}

// take returns the lines that fly now, evenly chosen from those held.
func (l *lines) take(at time.Time) []DanmakuItem {
	flew := 0
	for _, s := range l.shown {
		if at.Sub(s.at) < time.Second {
			flew += s.n
		}
	}
	n := max(0, min(len(l.held), l.credit, linesPerSecond-flew))
	items := make([]DanmakuItem, 0, n)
	for i := range n {
		items = append(items, l.held[i*len(l.held)/n])
	}
	l.credit -= n
	l.dropped += l.came - n
	l.shown[l.next] = shownLines{at, n}
	l.next = (l.next + 1) % len(l.shown)
	l.held, l.came, l.stride = l.held[:0], 0, 1
	return items
}

func (t *turn) sendDanmaku() {
	l := &t.gathered.lines
	last := l.shown[(l.next+len(l.shown)-1)%len(l.shown)].at
	l.credit = int(min(linesAtOnce, int64(l.credit)+int64(t.at.Sub(last)/danmakuEvery)*linesPerBatch))
	items := l.take(t.at)
	if len(items) == 0 {
		return
	}
	for i := range items {
		items[i].Msg = "m_" + strconv.FormatInt(t.nextID(), 36)
	}
	t.pass("danmaku", everyone, "", Danmaku{Items: items, Dropped: l.dropped})
	l.dropped = 0
	for _, item := range items {
		m := t.Members[item.Member]
		if m == nil {
			continue
		}
		t.effect(SaveChat{Identity: m.Identity, Message: Message{Msg: item.Msg, At: t.at.UTC().Truncate(time.Millisecond), Member: m.ID, Name: m.Name,
			Role: m.Role, Text: item.Text, Danmaku: true}})
	}
}

func (c React) do(t *turn) error {
	if err := oneOf("k", c.K, "clap", "up", "laugh", "heart", "wow", "sad"); err != nil {
		return err
	}
	if err := t.actor.buckets.react.take(t.at, reactRate); err != nil {
		return err
	}
	if t.gathered.claps == nil {
		t.gathered.claps = make(Reactions)
	}
	t.gathered.claps[c.K]++
	t.gathered.reactions.dirty = true
	return nil
}

func (t *turn) sendReactions() {
	t.pass("reactions", everyone, "", t.gathered.claps)
	t.gathered.claps = nil
}
