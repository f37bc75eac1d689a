package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Level says how a check has ended.
type Level string

// The levels, best first.
const (
	OK   Level = "ok"
	Warn Level = "warn" // works, and something about it will hurt
	Fail Level = "fail" // does not work
)

// rank orders levels; it is the exit code of the command as well.
func (l Level) rank() int {
	switch l {
	case Fail:
		return 2
	case Warn:
		return 1
	}
	return 0
}

// mark is the level as a person reads it.
func (l Level) mark() string { return [...]string{"✔", "!", "✖"}[l.rank()] }

// Check is what one look has found.
type Check struct {
	// ID names the check for programs, as group.subject, and does not change.
	ID    string `json:"id"`
	Level Level  `json:"level"`
	// Title says in a few words what was looked at.
	Title string `json:"title"`
	// Detail is what was found, with figures.
	Detail string `json:"detail,omitempty"`
	// Fix is one line to mend it; "" when there is nothing to mend.
	Fix string `json:"fix,omitempty"`
}

// Report is what all checks have found, in their order.
type Report struct {
	Checks []Check `json:"checks"`
}

// Level is the worst of all checks.
func (r Report) Level() Level {
	worst := OK
	for _, c := range r.Checks {
		if c.Level.rank() > worst.rank() {
			worst = c.Level
		}
	}
	return worst
}

// ExitCode is 0 when all is well, 1 with warnings, and 2 when something fails.
func (r Report) ExitCode() int { return r.Level().rank() }

// Find returns the check with an id.
func (r Report) Find(id string) (Check, bool) {
	for _, c := range r.Checks {
		if c.ID == id {
			return c, true
		}
	}
	return Check{}, false
}

// WriteText writes the report for a person: a line for each check, and below
// it one with what to do.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "%s %s", c.Level.mark(), c.Title)
		if c.Detail != "" {
			fmt.Fprintf(&b, ": %s", c.Detail)
		}
		b.WriteByte('\n')
		if c.Fix != "" {
			fmt.Fprintf(&b, "    → %s\n", c.Fix)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON writes the report for a program, with its level.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Level  Level   `json:"level"`
		Checks []Check `json:"checks"`
	}{r.Level(), r.Checks})
}
