package browser

import (
	"fmt"
	"slices"
	"sync"
)

// consoleLen is how many lines are kept. The first ones explain a failure; a
// page that complains in a loop only repeats itself, so later ones are counted
// and dropped.
const consoleLen = 500

// console collects a page's complaints. The zero value is ready.
type console struct {
	mu      sync.Mutex
	lines   []string
	dropped int
}

// add appends a line: its kind, its text and, if url is not empty, where it
// came from. The line number counts from 0, as both protocols do.
func (c *console) add(kind, text, url string, line int64) {
	entry := kind + ": " + text
	if url != "" {
		entry += fmt.Sprintf(" (%s:%d)", url, line+1)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.lines) >= consoleLen {
		c.dropped++
		return
	}
	c.lines = append(c.lines, entry)
}

// Console implements Page.
func (c *console) Console() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	lines := slices.Clone(c.lines)
	if c.dropped > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more", c.dropped))
	}
	return lines
}
