package history

import (
	"math"
	"slices"
	"strconv"
	"time"
)

// Table is the values of a span, oldest first, by column.
type Table struct {
	Step float64 `json:"step_seconds"`
	// At are the ends of the steps, in seconds since 1970.
	At []int64 `json:"at"`
	// Columns leave out those of kind Count in which nothing happened.
	Columns map[string]Numbers `json:"columns"`
}

// Numbers are values of a column. In JSON they have four figures, which is more
// than a chart shows, and null for what is not known.
type Numbers []float64

// JSONSchema describes them so.
func (Numbers) JSONSchema() map[string]any {
	return map[string]any{"type": "array", "items": map[string]any{"type": []string{"number", "null"}}}
}

// figures is how exactly values are told.
const figures = 4

// MarshalJSON implements json.Marshaler.
func (n Numbers) MarshalJSON() ([]byte, error) {
	text := make([]byte, 0, 2+6*len(n))
	text = append(text, '[')
	for i, v := range n {
		if i > 0 {
			text = append(text, ',')
		}
		switch whole := math.Round(v); {
		case math.IsNaN(v) || math.IsInf(v, 0):
			text = append(text, "null"...)
		case math.Abs(v) >= 1000 || v == whole:
			text = strconv.AppendFloat(text, whole, 'f', -1, 64)
		default:
			text = strconv.AppendFloat(text, v, 'g', figures, 64)
		}
	}
	return append(text, ']'), nil
}

// Since returns the values of a span after a time; the zero time is all that
// there are. ok is false when there is no such span.
func (h *History) Since(span string, after time.Time) (t Table, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch span {
	case Hour.Name:
		return h.hour.table(h.columns, Hour.Step, after), true
	case Day.Name:
		return h.day.table(h.columns, Day.Step, after), true
	}
	return Table{}, false
}

// ring has the last steps. The zero ring is empty.
type ring struct {
	rows [length]row
	next int
	full bool
}

type row struct {
	at     time.Time
	values []float64
}

func (r *ring) add(at time.Time, values []float64) {
	r.rows[r.next] = row{at, values}
	r.next = (r.next + 1) % length
	r.full = r.full || r.next == 0
}

func (r *ring) table(columns []Column, step time.Duration, after time.Time) Table {
	t := Table{Step: step.Seconds(), At: []int64{}, Columns: make(map[string]Numbers, len(columns))}
	for _, c := range columns {
		t.Columns[c.Name] = Numbers{}
	}
	first, count := 0, r.next
	if r.full {
		first, count = r.next, length
	}
	for i := range count {
		row := r.rows[(first+i)%length]
		if row.at.Unix() <= after.Unix() {
			continue
		}
		t.At = append(t.At, row.at.Unix())
		for j, c := range columns {
			t.Columns[c.Name] = append(t.Columns[c.Name], row.values[j])
		}
	}
	for _, c := range columns {
		if c.Kind == Count && !slices.ContainsFunc(t.Columns[c.Name], func(v float64) bool { return v != 0 }) {
			delete(t.Columns, c.Name)
		}
	}
	return t
}
