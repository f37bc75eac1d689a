package signaling

import (
	"container/list"
	"sync"
)

// maxKeys bounds what is remembered of addresses and tokens. What was not seen
// for the longest time is forgotten first, which gives it a fresh allowance:
// that is the lesser evil, as memory has no bound otherwise.
const maxKeys = 16384

// recent remembers values by key, the most recently used ones.
type recent[V any] struct {
	max int

	mu    sync.Mutex
	order *list.List // of *entry[V], the most recently used one first
	byKey map[string]*list.Element
}

type entry[V any] struct {
	key   string
	value V
}

func newRecent[V any](limit int) *recent[V] {
	return &recent[V]{max: limit, order: list.New(), byKey: map[string]*list.Element{}}
}

// get returns the value of a key, and counts as a use of it.
func (r *recent[V]) get(key string) (V, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.byKey[key]; ok {
		r.order.MoveToFront(e)
		return e.Value.(*entry[V]).value, true
	}
	var none V
	return none, false
}

// put sets the value of a key.
func (r *recent[V]) put(key string, value V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.putLocked(key, value)
}

// getOrPut returns the value of a key, and creates it if there was none.
func (r *recent[V]) getOrPut(key string, create func() V) V {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.byKey[key]; ok {
		r.order.MoveToFront(e)
		return e.Value.(*entry[V]).value
	}
	value := create()
	r.putLocked(key, value)
	return value
}

func (r *recent[V]) putLocked(key string, value V) {
	if e, ok := r.byKey[key]; ok {
		e.Value.(*entry[V]).value = value
		r.order.MoveToFront(e)
		return
	}
	r.byKey[key] = r.order.PushFront(&entry[V]{key, value})
	for r.order.Len() > r.max {
		last := r.order.Back()
		r.order.Remove(last)
		delete(r.byKey, last.Value.(*entry[V]).key)
	}
}

// take forgets a key, and says whether it was there.
func (r *recent[V]) take(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.byKey[key]
	if ok {
		r.order.Remove(e)
		delete(r.byKey, key)
	}
	return ok
}
