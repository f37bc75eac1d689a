package signaling

import "sync"

// gate counts what has to end before Close returns.
type gate struct {
	mu   sync.Mutex
	down bool
	in   sync.WaitGroup
}

// enter says false when Close has been called; otherwise leave is owed.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.down {
		return false
	}
	g.in.Add(1)
	return true
}

func (g *gate) leave() { g.in.Done() }

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.down = true
}

func (g *gate) wait() { g.in.Wait() }
