package packetcache

import (
	"math"
	"sync"
	"testing"
)

type item struct{ n uint64 }

func byN(i *item) uint64 { return i.n }

func TestGetReturnsWhatWasPutOrNothing(t *testing.T) {
	c := New(6, byN)
	if c.Size() != 8 {
		t.Fatalf("size = %d, want 8", c.Size())
	}
	for n := uint64(100); n < 120; n++ {
		c.Put(&item{n})
	}
	for n := uint64(90); n < 130; n++ {
		got, kept := c.Get(n), n >= 112 && n < 120
		if (got != nil) != kept {
			t.Errorf("Get(%d) = %v, want kept %v", n, got, kept)
		}
		if got != nil && got.n != n {
			t.Errorf("Get(%d) = the value of %d", n, got.n)
		}
	}
}

func TestWhatIsRemovedIsGone(t *testing.T) {
	c := New(4, byN)
	first, second := &item{1}, &item{5}
	if before := c.Put(first); before != nil {
		t.Errorf("Put into nothing returned %v", before)
	}
	if before := c.Put(second); before != first {
		t.Errorf("Put over the first returned %v", before)
	}
	c.Remove(first)
	if c.Get(5) != second {
		t.Error("removing what was overwritten has removed its successor")
	}
	c.Remove(second)
	if c.Get(5) != nil {
		t.Error("it is still there")
	}
}

func TestIndicesAtTheEnds(t *testing.T) {
	c := New(4, byN)
	for _, n := range []uint64{0, math.MaxUint64} {
		c.Put(&item{n})
		if got := c.Get(n); got == nil || got.n != n {
			t.Errorf("Get(%d) = %v", n, got)
		}
	}
}

func TestReadersNeverSeeAnotherValue(t *testing.T) {
	c := New(16, byN)
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for n := range uint64(50_000) {
				if got := c.Get(n); got != nil && got.n != n {
					t.Errorf("Get(%d) = the value of %d", n, got.n)
					return
				}
			}
		})
	}
	for n := range uint64(50_000) {
		c.Put(&item{n})
	}
	readers.Wait()
}

func BenchmarkGet(b *testing.B) {
	c := New(1024, byN)
	for n := range uint64(1024) {
		c.Put(&item{n})
	}
	b.ReportAllocs()
	for i := range b.N {
		c.Get(uint64(i) & 1023)
	}
}
