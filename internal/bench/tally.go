package bench

import "lectern/internal/seq"

const (
	// seenWindow is how far back a packet is known not to be a repetition.
	seenWindow = 1024
	// maxDropout is the jump forward from which numbers have started again,
	// and nothing was lost (RFC 3550 appendix A.1).
	maxDropout = 3000
)

// tally counts the packets of one SSRC by their numbers.
type tally struct {
	ssrc     uint32
	numbers  seq.Unwrapper[uint16]
	begun    bool
	base     uint64 // the first number since the last restart
	highest  uint64
	distinct int64 // numbers seen since the last restart
	missed   int64 // lost before it
	seen     [seenWindow / 64]uint64
	expected uint16 // the number after a packet that was too late
	late     bool   // the last packet was

	packets    int64 // repetitions included
	bytes      int64 // of UDP payload
	gaps       int64 // times that a number was not the next
	duplicates int64
}

// add counts a packet and returns its number without wrap-arounds.
func (t *tally) add(number uint16, size int) uint64 {
	t.packets++
	t.bytes += int64(size)
	n := t.numbers.Next(number)
	late := t.begun && n+seenWindow <= t.highest
	if late && t.late && number == t.expected { // two in a row: they have started again
		n, late = t.numbers.Restart(number), false
	}
	t.late, t.expected = late, number+1
	switch {
	case !t.begun:
		t.begin(n)
	case n > t.highest+maxDropout:
		t.missed += t.lostSinceBase()
		t.begin(n)
	case n > t.highest:
		if n != t.highest+1 {
			t.gaps++
		}
		for i := t.highest + 1; i < n; i++ {
			t.mark(i, false)
		}
		t.highest = n
		t.take(n)
	case late || t.marked(n):
		t.duplicates++
	default:
		t.base = min(t.base, n)
		t.take(n)
	}
	return n
}

func (t *tally) begin(n uint64) {
	t.begun, t.base, t.highest, t.distinct = true, n, n, 0
	t.seen = [seenWindow / 64]uint64{}
	t.take(n)
}

func (t *tally) take(n uint64) {
	t.distinct++
	t.mark(n, true)
}

func (t *tally) mark(n uint64, seen bool) {
	word, bit := &t.seen[n%seenWindow/64], uint64(1)<<(n%64)
	*word &^= bit
	if seen {
		*word |= bit
	}
}

func (t *tally) marked(n uint64) bool { return t.seen[n%seenWindow/64]&(1<<(n%64)) != 0 }

// lost is how many numbers between the first and the highest did not come.
func (t *tally) lost() int64 { return t.missed + t.lostSinceBase() }

func (t *tally) lostSinceBase() int64 {
	if !t.begun {
		return 0
	}
	return int64(t.highest-t.base+1) - t.distinct
}

// Counts are what came to the sockets of viewers.
type Counts struct {
	Packets    int64 `json:"packets"`    // of RTP, repetitions included
	Bytes      int64 `json:"bytes"`      // of UDP payload
	Lost       int64 `json:"lost"`       // numbers that did not come
	Gaps       int64 `json:"gaps"`       // times that a number was not the next
	Duplicates int64 `json:"duplicates"` // numbers that came again, or too late
}

func (c Counts) plus(d Counts) Counts {
	return Counts{c.Packets + d.Packets, c.Bytes + d.Bytes, c.Lost + d.Lost, c.Gaps + d.Gaps, c.Duplicates + d.Duplicates}
}

func (c Counts) minus(d Counts) Counts {
	return Counts{c.Packets - d.Packets, c.Bytes - d.Bytes, c.Lost - d.Lost, c.Gaps - d.Gaps, c.Duplicates - d.Duplicates}
}

func (t *tally) counts() Counts {
	return Counts{t.packets, t.bytes, t.lost(), t.gaps, t.duplicates}
}
