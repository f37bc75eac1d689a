package logs

import (
	"log/slog"
	"strings"
	"time"
)

// Line is one line of the log.
type Line struct {
	ID      uint64     `json:"id"` // counts from 1 since the server started
	At      time.Time  `json:"at"`
	Level   slog.Level `json:"level"` // DEBUG, INFO, WARN, ERROR
	Message string     `json:"message"`
	Attrs   []Attr     `json:"attrs,omitempty"`
}

// Attr is a value of a line. Those of a group have its name and a dot before
// their own.
type Attr struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// newLine takes over a record, with the values that its logger has.
func newLine(r slog.Record, with []Attr, prefix string) Line {
	l := Line{At: r.Time, Level: r.Level, Message: cut(r.Message), Attrs: with[:len(with):len(with)]}
	r.Attrs(func(a slog.Attr) bool {
		l.Attrs = flatten(l.Attrs, prefix, a)
		return len(l.Attrs) < maxAttrs
	})
	return l
}

// flatten adds a value, or those of a group.
func flatten(list []Attr, prefix string, a slog.Attr) []Attr {
	v := a.Value.Resolve()
	if v.Kind() != slog.KindGroup {
		if len(list) >= maxAttrs || a.Key == "" {
			return list
		}
		return append(list, Attr{cut(prefix + a.Key), cut(v.String())})
	}
	if a.Key != "" {
		prefix += a.Key + "."
	}
	for _, part := range v.Group() {
		list = flatten(list, prefix, part)
	}
	return list
}

// cut bounds a text, and leaves valid UTF-8. It is a copy: what is logged may be
// a word of a long request, which would be kept with it.
func cut(text string) string {
	if len(text) > maxText {
		text = text[:maxText] + "…"
	}
	return strings.Clone(strings.ToValidUTF8(text, "\uFFFD"))
}
