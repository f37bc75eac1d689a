package main

import (
	"fmt"
	"io"
	"os"

	"github.com/mattn/go-isatty"
)

// statusLine is a line that is written again and again: in its place on a
// terminal, below each other elsewhere.
type statusLine struct {
	w       io.Writer
	inPlace bool
}

func newStatusLine(w io.Writer) *statusLine {
	file, ok := w.(*os.File)
	return &statusLine{w, ok && isatty.IsTerminal(file.Fd())}
}

// eraseLine is the terminal's: to the line's beginning, and clear it (ECMA-48
// §8.3.41).
const eraseLine = "\r\x1b[K"

func (s *statusLine) show(line string) {
	if s.inPlace {
		fmt.Fprint(s.w, eraseLine+line)
		return
	}
	fmt.Fprintln(s.w, line)
}

func (s *statusLine) clear() {
	if s.inPlace {
		fmt.Fprint(s.w, eraseLine)
	}
}
