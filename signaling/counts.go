package signaling

import (
	"slices"
	"sync"
)

// counts bounds how many of something there are at once, by key.
type counts struct {
	mu    sync.Mutex
	byKey map[string]int
}

func newCounts() *counts { return &counts{byKey: map[string]int{}} }

// allowance is how many there may be with a key.
type allowance struct {
	key  string
	most int
}

// begin counts one more with each of the keys, unless one of them has as many
// as it may. The caller calls end once when it is over.
func (c *counts) begin(of ...allowance) (end func(), ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range of {
		if c.byKey[a.key] >= a.most {
			return nil, false
		}
	}
	for _, a := range of {
		c.byKey[a.key]++
	}
	return func() { c.end(of) }, true
}

// full is which of the allowances has no room, as it was for begin unless that
// has changed since.
func (c *counts) full(of []allowance) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(slices.IndexFunc(of, func(a allowance) bool { return c.byKey[a.key] >= a.most }), 0)
}

// of is how many there are with a key.
func (c *counts) of(key string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byKey[key]
}

func (c *counts) end(of []allowance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range of {
		if c.byKey[a.key]--; c.byKey[a.key] == 0 {
			delete(c.byKey, a.key)
		}
	}
}
