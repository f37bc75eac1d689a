// Package packetcache keeps the latest packets of a stream for readers that
// come later: a worker that fell behind, or a viewer that lost some.
//
// Invariant: Get(i) returns the value put under i, or nil; never another.
// One goroutine puts, any number get, and nobody waits.
package packetcache

import (
	"math/bits"
	"sync/atomic"
)

// Cache is a ring of the latest values, each found by its index.
type Cache[T any] struct {
	slots []atomic.Pointer[T]
	index func(*T) uint64
}

// New returns a cache of the latest values: as many as size says, rounded up
// to a power of two. index tells under which number a value was put; it must
// give the same answer whenever it is asked.
func New[T any](size int, index func(*T) uint64) *Cache[T] {
	size = 1 << bits.Len(uint(max(size, 1)-1))
	return &Cache[T]{slots: make([]atomic.Pointer[T], size), index: index}
}

// Size is the number of values that the cache holds at the most.
func (c *Cache[T]) Size() int { return len(c.slots) }

// Put keeps v, in the place of whatever was a multiple of Size indices away
// from it, which is returned; nil when there was nothing.
func (c *Cache[T]) Put(v *T) (before *T) { return c.slot(c.index(v)).Swap(v) }

// Remove forgets v, unless it has been overwritten before.
func (c *Cache[T]) Remove(v *T) { c.slot(c.index(v)).CompareAndSwap(v, nil) }

// Get returns the value put under index, or nil when there was none or it
// has been overwritten.
func (c *Cache[T]) Get(index uint64) *T {
	if v := c.slot(index).Load(); v != nil && c.index(v) == index {
		return v
	}
	return nil
}

func (c *Cache[T]) slot(index uint64) *atomic.Pointer[T] {
	return &c.slots[index&uint64(len(c.slots)-1)]
}
