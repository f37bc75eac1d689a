package rtmp

import (
	"errors"
	"sync"

	"lectern/internal/ffmpeg"
)

// errBusy says that there is no place for another ffmpeg.
var errBusy = errors.New("as many ffmpeg processes run as may")

// transcoders are the places for ffmpeg processes, which all publishers share.
type transcoders struct {
	most int

	mu     sync.Mutex
	taken  int
	users  map[*ffmpeg.Process]struct{}
	past   TranscoderStats // of the processes that are not needed any more
	missed uint64          // places that were asked for in vain
}

// TranscoderStats are those of ffmpeg processes, from the beginning on but for
// Running.
type TranscoderStats struct {
	Running int
	// Starts counts processes, Deaths those that ended though they were needed.
	Starts, Deaths uint64
	// Dropped counts units of media that no process was given.
	Dropped uint64
}

func newTranscoders(most int) *transcoders {
	return &transcoders{most: most, users: map[*ffmpeg.Process]struct{}{}}
}

// take takes a place, which the caller gives back; false when there is none.
func (t *transcoders) take() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken >= t.most {
		t.missed++
		return false
	}
	t.taken++
	return true
}

// use says what the place is for.
func (t *transcoders) use(p *ffmpeg.Process) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.users[p] = struct{}{}
}

func (t *transcoders) give(p *ffmpeg.Process) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken--
	delete(t.users, p)
	t.past.add(p.Stats())
}

func (t *transcoders) stats() (s TranscoderStats, missed uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s = t.past
	for p := range t.users {
		s.add(p.Stats())
		if p.Stats().PID != 0 {
			s.Running++
		}
	}
	return s, t.missed
}

func (s *TranscoderStats) add(p ffmpeg.Stats) {
	s.Starts += p.Starts
	s.Deaths += p.Deaths
	s.Dropped += p.Dropped
}
