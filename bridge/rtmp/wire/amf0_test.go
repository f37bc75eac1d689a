package wire

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestValuesComeBackAsTheyWent(t *testing.T) {
	values := []any{
		"", "publish", strings.Repeat("x", math.MaxUint16), strings.Repeat("x", math.MaxUint16+1),
		0.0, -1.5, math.Inf(1), true, false, nil,
		Object{}, Object{{"app", "live"}, {"nested", Object{{"n", 1.0}}}, {"", nil}, {"app", "twice"}},
		[]any{}, []any{1.0, []any{"deep"}, nil},
	}
	got, err := ParseAMF0(AppendAMF0(nil, values...), Limits{})
	if err != nil || !reflect.DeepEqual(got, values) {
		t.Errorf("got %.300v, %v", got, err)
	}
	if got, _ := ParseAMF0(AppendAMF0(nil, 3), Limits{}); got[0] != 3.0 {
		t.Errorf("an int came back as %v", got)
	}
}

func TestValuesOfOthers(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []byte
		want any
	}{
		{"undefined", script(6), nil},
		{"unsupported", script(13), nil},
		{"a date", script(11, 0x40, 0x59, 0, 0, 0, 0, 0, 0, 0, 60), 100.0},
		{"XML", script(15, 0, 0, 0, 4, "<a/>"), "<a/>"},
		{"an ECMA array, with a count that lies", script(8, 0xff, 0xff, 0xff, 0xff, 0, 1, "a", 1, 1, 0, 0, 9), Object{{"a", true}}},
		{"a typed object", script(16, 0, 1, "T", 0, 1, "a", 5, 0, 0, 9), Object{{"a", nil}}},
		{"an object without its end", script(3, 0, 1, "a", 1, 0), Object{{"a", false}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseAMF0(c.in, Limits{})
			if err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], c.want) {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

func TestHostileValuesAreErrors(t *testing.T) {
	deep := func(n int, opening string) []byte { return []byte(strings.Repeat(opening, n)) }
	for _, c := range []struct {
		name string
		in   []byte
		want error
	}{
		{"arrays 17 deep", deep(17, "\x0a\x00\x00\x00\x01"), ErrLimit},
		{"objects 10 000 deep", deep(10000, "\x03\x00\x01a"), ErrLimit},
		{"1 025 values", deep(1025, "\x05"), ErrLimit},
		{"an array of 2^32-1 nulls", script(10, 0xff, 0xff, 0xff, 0xff, deep(2000, "\x05")), ErrLimit},
		{"an endless object", script(3, deep(2000, "\x00\x01a\x05")), ErrLimit},
		{"an array that is not there", script(10, 0xff, 0xff, 0xff, 0xff), ErrMalformed},
		{"a string longer than the message", script(2, 0xff, 0xff, "a"), ErrMalformed},
		{"a long string of 4 GiB", script(12, 0xff, 0xff, 0xff, 0xff, "a"), ErrMalformed},
		{"half a number", script(0, 1, 2), ErrMalformed},
		{"half a date", script(11, 0, 0, 0, 0, 0, 0, 0, 0, 1), ErrMalformed},
		{"no boolean", script(1), ErrMalformed},
		{"no count", script(8, 0), ErrMalformed},
		{"no type", script(16, 0), ErrMalformed},
		{"a reference", script(7, 0, 0), ErrMalformed},
		{"AMF 3", script(17, 1), ErrMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := ParseAMF0(c.in, Limits{}); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	if _, err := ParseAMF0(deep(16, "\x0a\x00\x00\x00\x01"), Limits{}); errors.Is(err, ErrLimit) {
		t.Errorf("16 deep: %v", err)
	}
}

func TestCommands(t *testing.T) {
	c := Command{Name: "connect", Transaction: 1, Object: Object{{"app", "live"}}, Args: []any{"x", 2.0}}
	for _, amf3 := range []bool{false, true} {
		m := c.Message(0)
		if amf3 {
			m.Type, m.Body = CommandAMF3, append([]byte{0}, m.Body...)
		}
		got, err := ParseCommand(m, Limits{})
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("got %v, %v, want %v", got, err, c)
		}
		if got.String(0) != "x" || got.String(1) != "" || got.String(2) != "" {
			t.Errorf("arguments as strings: %q %q %q", got.String(0), got.String(1), got.String(2))
		}
	}
	bare, err := ParseCommand(Message{Type: CommandAMF0, Body: AppendAMF0(nil, "ping")}, Limits{})
	if bare.Name != "ping" || bare.Args != nil || err != nil {
		t.Errorf("got %v, %v", bare, err)
	}
	for _, b := range [][]byte{nil, {5}, {2}, AppendAMF0(nil, 1)} {
		if got, err := ParseCommand(Message{Type: CommandAMF0, Body: b}, Limits{}); !errors.Is(err, ErrMalformed) {
			t.Errorf("%x: got %v, %v, want ErrMalformed", b, got, err)
		}
	}
}

func TestData(t *testing.T) {
	values := Object{{"width", 640.0}, {"encoder", "x"}}
	for _, m := range []Message{
		Data(1, "onMetaData", values),
		Data(1, "@setDataFrame", "onMetaData", values),
		{Type: DataAMF3, Body: AppendAMF0([]byte{0}, "@setDataFrame", "onMetaData", values)},
	} {
		name, of, err := ParseData(m, Limits{})
		if name != "onMetaData" || len(of) != 1 || !reflect.DeepEqual(of[0], values) || err != nil {
			t.Errorf("got %q, %v, %v", name, of, err)
		}
	}
	if values.String("encoder") != "x" || values.String("width") != "" || values.Get("none") != nil || values.Map()["width"] != 640.0 {
		t.Errorf("properties of %v are not found", values)
	}
	for _, m := range []Message{Data(1), Data(1, 1), {Type: DataAMF0, Body: []byte{2}}} {
		if name, _, err := ParseData(m, Limits{}); !errors.Is(err, ErrMalformed) {
			t.Errorf("%x: got %q, %v, want ErrMalformed", m.Body, name, err)
		}
	}
}
