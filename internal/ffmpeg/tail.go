package ffmpeg

import (
	"strings"
	"sync"
)

const (
	// tailLen is what is kept of a process's complaints, in octets.
	tailLen = 4096

	// tailLines is how many of them an error quotes.
	tailLines = 3
)

// tail keeps the last octets written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p[max(0, len(p)-tailLen):]...)
	if over := len(t.text) - tailLen; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

// lines returns the last lines as one.
func (t *tail) lines() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var kept []string
	for line := range strings.Lines(strings.ToValidUTF8(string(t.text), "")) {
		if line = strings.TrimSpace(line); line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept[max(0, len(kept)-tailLines):], "; ")
}
