package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// String is the configuration as a file that would make it, one setting a line,
// with secrets masked.
func (c Config) String() string { return strings.Join(c.lines(), "\n") + "\n" }

// Changed lists, as lines of String, the settings that are not at their default.
func (c Config) Changed() []string {
	var changed []string
	before := Default().lines()
	for i, line := range c.lines() {
		if line != before[i] {
			changed = append(changed, line)
		}
	}
	return changed
}

func (c Config) lines() []string {
	lines := make([]string, len(all))
	for i, s := range all {
		lines[i] = s.Key + ": " + show(s.value(reflect.ValueOf(c)))
	}
	return lines
}

// show is a value in YAML's flow form.
func show(v reflect.Value) string {
	if t, ok := v.Interface().(encoding.TextMarshaler); ok {
		if text, err := t.MarshalText(); err == nil {
			return strconv.Quote(string(text))
		}
	}
	if t, ok := v.Interface().(fmt.Stringer); ok {
		return t.String() // a duration
	}
	switch v.Kind() {
	case reflect.String:
		return strconv.Quote(v.String())
	case reflect.Slice:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = show(v.Index(i))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case reflect.Struct:
		fields := make([]string, v.NumField())
		for i := range fields {
			fields[i] = v.Type().Field(i).Tag.Get("yaml") + ": " + show(v.Field(i))
		}
		return "{" + strings.Join(fields, ", ") + "}"
	}
	return fmt.Sprint(v.Interface())
}

// Markdown is the reference of all settings as a table, for the documents.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| setting | default | |\n|---|---|---|\n")
	for _, s := range all {
		value := s.Default
		switch {
		case value == "" && s.Kind == "true|false":
			value = "false"
		case value == "" && s.Kind == "list":
			value = "[]"
		case value == "":
			value = `""`
		}
		help := s.Help
		if len(s.Allowed) > 0 {
			help += " (`" + strings.Join(s.Allowed, "`, `") + "`)"
		}
		if s.Secret {
			help += "; secret: file or environment only"
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", s.Key, value, strings.ReplaceAll(help, "|", `\|`))
	}
	return b.String()
}
