package ffmpeg

import (
	"slices"
	"testing"
	"time"
)

func TestQueueDropsUpToTheNextKeyUnit(t *testing.T) {
	const second = time.Second
	type put struct {
		size int
		key  bool
		at   time.Duration
	}
	for _, test := range []struct {
		name string
		puts []put
		left []int // which of them wait in the end
	}{
		{"nothing begins without a key unit", []put{{1, false, 0}, {1, false, 0}}, nil},
		{"in order", []put{{1, true, 0}, {1, false, 0}, {1, true, 0}}, []int{0, 1, 2}},
		{"too much", []put{{queueLen - 1, true, 0}, {2, false, 0}, {1, false, 0}}, []int{0}},
		{"a key unit takes the place of what waits", []put{{queueLen - 1, true, 0}, {2, false, 0}, {2, true, 0}, {1, false, 0}}, []int{2, 3}},
		{"too old", []put{{1, true, 0}, {1, false, queueAge}, {1, false, queueAge + 1}, {1, false, queueAge + 1}}, []int{0, 1}},
		{"a key unit ends what is too old", []put{{1, true, 0}, {1, false, 3 * second}, {1, true, 4 * second}}, []int{2}},
		{"a key unit that has no room at all", []put{{1, true, 0}, {queueLen + 1, true, 0}, {1, false, 0}}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			q := newQueue()
			began := time.Now()
			for i, p := range test.puts {
				data := make([]byte, p.size)
				data[0] = byte(i)
				q.put(unit{data, p.key, began.Add(p.at)})
			}
			var left []int
			for u, ok, _ := q.take(); ok; u, ok, _ = q.take() {
				left = append(left, int(u.data[0]))
			}
			if !slices.Equal(left, test.left) || q.size != 0 {
				t.Errorf("%v wait and %d octets, want %v", left, q.size, test.left)
			}
			if want := len(test.puts) - len(test.left); q.drops() != uint64(want) {
				t.Errorf("%d dropped, want %d", q.drops(), want)
			}
		})
	}
}

func TestProcessBeginsWithTheNewestKeyUnit(t *testing.T) {
	q := newQueue()
	q.setHeader([]byte("header"))
	for i, key := range []bool{true, false, true, false} {
		q.put(unit{data: []byte{byte(i)}, key: key})
	}
	if header := q.begin(); string(header) != "header" {
		t.Errorf("begins with %q, want the header", header)
	}
	if u, ok, changed := q.take(); !ok || changed || u.data[0] != 2 {
		t.Errorf("goes on with %v, %v, %v, want unit 2", u, ok, changed)
	}
	q.setHeader([]byte("header"))
	if _, _, changed := q.take(); changed {
		t.Error("the same header again is a change")
	}
	q.setHeader([]byte("another"))
	if _, ok, changed := q.take(); ok || !changed {
		t.Error("another header is no change")
	}
	if q.ready() || q.put(unit{data: []byte{9}}) {
		t.Error("units go on behind another header without a key unit")
	}
}

func TestTailKeepsTheLastLines(t *testing.T) {
	var w tail
	for range 3 * tailLen {
		_, _ = w.Write([]byte("x"))
	}
	_, _ = w.Write([]byte("\none\n\n two \nthree\nfo"))
	_, _ = w.Write([]byte("ur\xff\n"))
	if got := w.lines(); got != "two; three; four" {
		t.Errorf("last words %q, want the last three lines", got)
	}
	if len(w.text) > tailLen {
		t.Errorf("%d octets kept, want at most %d", len(w.text), tailLen)
	}
}
