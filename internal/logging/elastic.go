package logging

import (
	"context"
	"encoding"
	"fmt"
	"io"
	"log/slog"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"lectern/internal/trace"
)

// elastic writes records as Elasticsearch takes them: one JSON object a line,
// flat, with dots in its names.
type elastic struct {
	lines  slog.Handler // writes what has its name already
	fixed  []slog.Attr  // in every line
	attrs  []slog.Attr  // of With, with their names
	groups string       // of WithGroup, each with a dot behind it
}

func newElastic(w io.Writer, o *slog.HandlerOptions, version string) *elastic {
	own := *o
	own.ReplaceAttr = builtin
	return &elastic{
		lines: slog.NewJSONHandler(escaping{w}, &own),
		fixed: []slog.Attr{
			slog.String("ecs.version", ecsVersion),
			slog.String("service.name", "lectern"),
			slog.String("service.version", version),
		},
	}
}

// builtin names what slog adds by itself.
func builtin(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.TimeKey:
		return slog.String("@timestamp", a.Value.Time().UTC().Format("2006-01-02T15:04:05.000000Z"))
	case slog.LevelKey:
		level, _ := a.Value.Any().(slog.Level)
		return slog.String("log.level", strings.ToLower(level.String()))
	case slog.MessageKey:
		a.Key = "message"
	}
	return a
}

// Enabled implements slog.Handler.
func (h *elastic) Enabled(ctx context.Context, l slog.Level) bool { return h.lines.Enabled(ctx, l) }

// WithAttrs implements slog.Handler.
func (h *elastic) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	next.attrs = slices.Clone(h.attrs)
	for _, a := range attrs {
		next.attrs = flatten(next.attrs, h.groups, a)
	}
	return &next
}

// WithGroup implements slog.Handler.
func (h *elastic) WithGroup(name string) slog.Handler {
	next := *h
	if name != "" {
		next.groups += name + "."
	}
	return &next
}

// Handle implements slog.Handler.
func (h *elastic) Handle(ctx context.Context, r slog.Record) error {
	list := slices.Concat(h.fixed, h.attrs)
	if ids := trace.MarkOf(ctx).IDs(); ids.Trace != "" {
		list = append(list, slog.String("trace.id", ids.Trace), slog.String("span.id", ids.Span))
	}
	r.Attrs(func(a slog.Attr) bool {
		list = flatten(list, h.groups, a)
		return true
	})
	line := slog.NewRecord(r.Time, r.Level, r.Message, 0)
	line.AddAttrs(last(list)...)
	return h.lines.Handle(ctx, line)
}

// flatten adds an attribute with its name, and those of a group each.
func flatten(list []slog.Attr, groups string, a slog.Attr) []slog.Attr {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			groups += a.Key + "."
		}
		for _, member := range v.Group() {
			list = flatten(list, groups, member)
		}
		return list
	}
	if a.Key == "" {
		return list // as slog has it
	}
	name, v := nameOf(groups, a.Key), plain(v)
	if name == "client.ip" && v.String() == "" {
		return list // Elasticsearch takes no line with an address that is none
	}
	return append(list, slog.Attr{Key: name, Value: v})
}

// last keeps of each name the last value, in the place of the first:
// Elasticsearch takes no line that has a name twice.
func last(list []slog.Attr) []slog.Attr {
	at := make(map[string]int, len(list))
	kept := list[:0]
	for _, a := range list {
		if i, ok := at[a.Key]; ok {
			kept[i] = a
			continue
		}
		at[a.Key] = len(kept)
		kept = append(kept, a)
	}
	return kept
}

// plain is a value as a string, a number, a bool, or a list of such: an object
// would make fields that nobody has named.
func plain(v slog.Value) slog.Value {
	switch v.Kind() {
	case slog.KindDuration:
		return slog.Float64Value(v.Duration().Seconds())
	case slog.KindFloat64:
		if f := v.Float64(); math.IsNaN(f) || math.IsInf(f, 0) {
			return slog.AnyValue(nil) // JSON has no number for it
		}
	case slog.KindTime:
		return slog.StringValue(v.Time().UTC().Format(time.RFC3339Nano))
	case slog.KindAny:
		return plainAny(v.Any())
	}
	return v
}

func plainAny(v any) slog.Value {
	switch v := v.(type) {
	case nil:
		return slog.AnyValue(nil)
	case error:
		return slog.StringValue(said(v, v.Error))
	case encoding.TextMarshaler:
		return slog.StringValue(said(v, func() string {
			text, err := v.MarshalText()
			if err != nil {
				return fmt.Sprint(v)
			}
			return string(text)
		}))
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String:
		return slog.StringValue(fmt.Sprint(v)) // its own String, if it has one
	case reflect.Slice, reflect.Array:
		if r.Type().Elem().Kind() == reflect.Uint8 {
			break
		}
		list := make([]any, 0, r.Len())
		for i := range r.Len() {
			list = append(list, plain(slog.AnyValue(r.Index(i).Interface())).Any())
		}
		return slog.AnyValue(list)
	}
	return slog.StringValue(fmt.Sprintf("%+v", v))
}

// said is what say returns; a nil pointer behind an interface is no reason to
// lose the line.
func said(v any, say func() string) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("%T", v)
		}
	}()
	return say()
}
