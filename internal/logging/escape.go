package logging

import (
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// escaping writes JSON with every character escaped that a terminal or an
// editor would do something with, and not show (RFC 8259 §7). Structure is
// ASCII, so that what is found is part of a string.
type escaping struct{ w io.Writer }

// Write implements io.Writer for whole lines.
func (e escaping) Write(line []byte) (int, error) {
	n := len(line)
	if _, err := e.w.Write(escape(line)); err != nil {
		return 0, err
	}
	return n, nil
}

// escape returns the line itself when there is nothing to do.
func escape(line []byte) []byte {
	clean := true
	for i := 0; i < len(line) && clean; {
		r, size := utf8.DecodeRune(line[i:])
		clean = !acts(r)
		i += size
	}
	if clean {
		return line
	}
	out := make([]byte, 0, len(line)+16)
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRune(line[i:])
		if !acts(r) {
			out = append(out, line[i:i+size]...)
		} else if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		} else {
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += size
	}
	return out
}

// acts tells characters that do something: control characters, but for the end
// of the line, which is ours, and those that only format.
func acts(r rune) bool {
	return r != '\n' && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r))
}
