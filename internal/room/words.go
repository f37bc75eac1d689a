package room

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest texts, in characters.
const (
	maxName    = 64
	maxTitle   = 120
	maxNote    = 120
	maxReason  = 200
	maxText    = 500
	maxDanmaku = 40
)

// prose cleans what people wrote: control characters go, and those that turn the
// direction of what follows around and so dress one name as another.
func prose(s string) string {
	clean := strings.Map(func(c rune) rune {
		switch {
		case c == '\n':
			return c
		case c == '\t':
			return ' '
		case unicode.IsControl(c), c == utf8.RuneError, c >= 0x202a && c <= 0x202e, c >= 0x2066 && c <= 0x2069,
			c == 0x2028, c == 0x2029, c == 0xfeff:
			return -1
		}
		return c
	}, s)
	return strings.TrimSpace(clean)
}

// line is prose on one line, cut to a length, without what cannot be seen: with
// it one name could be written in many ways that look alike. Joiners stay, which
// some scripts need, but nothing is left of a line that has nothing else.
func line(s string, most int) string {
	s = strings.Map(func(c rune) rune {
		if unicode.Is(unicode.Cf, c) && c != zwnj && c != zwj || slices.Contains(blanks, c) {
			return -1
		}
		return c
	}, prose(s))
	s = cut(strings.Join(strings.Fields(s), " "), most)
	if strings.Trim(s, string([]rune{zwnj, zwj, ' '})) == "" {
		return ""
	}
	return s
}

// Joiners, and letters and symbols that are seen as nothing.
const (
	zwnj = 0x200c
	zwj  = 0x200d
)

var blanks = []rune{0x115f, 0x1160, 0x2800, 0x3164, 0xffa0}

func cut(s string, most int) string {
	n := 0
	for i := range s {
		if n == most {
			return strings.TrimSpace(s[:i])
		}
		n++
	}
	return s
}

// written is prose that must be there and not be too long.
func written(field, s string, most int) (string, error) {
	s = prose(s)
	if s == "" {
		return "", invalid(field, "there is nothing to read")
	}
	if n := utf8.RuneCountInString(s); n > most {
		return "", &Error{Code: CodeTooLarge, Field: field, Message: "the text is longer than it may be"}
	}
	return s, nil
}

func oneOf(field, s string, allowed ...string) error {
	for _, a := range allowed {
		if s == a {
			return nil
		}
	}
	return invalid(field, "%q is none of %s", cut(s, 20), strings.Join(allowed, ", "))
}
