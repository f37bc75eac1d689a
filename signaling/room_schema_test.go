package signaling_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"lectern/internal/schema"
)

// book is the schema of room.v1, as much of JSON Schema as that uses.
type book struct {
	Defs    map[string]map[string]any `json:"$defs"`
	Replies map[string]map[string]any `json:"x-replies"`
	types   map[string][]map[string]any
}

func newBook(t testing.TB) *book {
	t.Helper()
	text, err := schema.Room()
	if err != nil {
		t.Fatal(err)
	}
	b := &book{types: map[string][]map[string]any{}}
	if err := json.Unmarshal(text, b); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"request", "event"} {
		for _, form := range b.Defs[kind]["oneOf"].([]any) {
			form := form.(map[string]any)
			name := form["properties"].(map[string]any)["type"].(map[string]any)["const"].(string)
			b.types[name] = append(b.types[name], form)
		}
	}
	return b
}

// check says what of a message is not as the schema has it.
func (b *book) check(t testing.TB, message any) {
	t.Helper()
	m, ok := message.(map[string]any)
	if !ok {
		t.Errorf("no object: %v", message)
		return
	}
	name, typed := m["type"].(string)
	if !typed {
		if err := b.valid(b.Defs["reply"], m, "reply"); err != nil {
			t.Errorf("%v: %v", m, err)
		}
		return
	}
	var last error
	for _, form := range b.types[name] {
		if last = b.valid(form, m, name); last == nil {
			return
		}
	}
	if last != nil {
		t.Errorf("%v: %v", m, last)
	}
}

func (b *book) valid(s map[string]any, v any, at string) error {
	if to, ok := s["$ref"].(string); ok {
		return b.valid(b.Defs[strings.TrimPrefix(to, "#/$defs/")], v, at)
	}
	if forms, ok := s["oneOf"].([]any); ok {
		for _, form := range forms {
			if b.valid(form.(map[string]any), v, at) == nil {
				return nil
			}
		}
		return fmt.Errorf("%s is none of what it may be: %v", at, v)
	}
	if want, ok := s["const"]; ok && want != v {
		return fmt.Errorf("%s is %v, want %v", at, v, want)
	}
	switch want, _ := s["type"].(string); want {
	case "":
		return nil
	case "object":
		return b.object(s, v, at)
	case "array":
		list, ok := v.([]any)
		if !ok {
			return fmt.Errorf("%s is no array: %v", at, v)
		}
		for i, item := range list {
			if err := b.valid(s["items"].(map[string]any), item, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
		return nil
	default:
		if got := kindOf(v); got != want && (got != "integer" || want != "number") {
			return fmt.Errorf("%s is a %s, want a %s", at, got, want)
		}
		return nil
	}
}

func (b *book) object(s map[string]any, v any, at string) error {
	o, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%s is no object: %v", at, v)
	}
	required, _ := s["required"].([]any)
	for _, name := range required {
		if _, ok := o[name.(string)]; !ok {
			return fmt.Errorf("%s.%s is missing", at, name)
		}
	}
	properties, _ := s["properties"].(map[string]any)
	for name, p := range properties {
		if v, ok := o[name]; ok {
			if err := b.valid(p.(map[string]any), v, at+"."+name); err != nil {
				return err
			}
		}
	}
	return nil
}

func kindOf(v any) string {
	switch v := v.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	case nil:
		return "null"
	}
	return fmt.Sprintf("%T", v)
}
