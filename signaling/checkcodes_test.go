package signaling

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestReportsOfNetworksAreBounded(t *testing.T) {
	line := `{"id":"udp","level":"ok"}`
	for name, body := range map[string]string{
		"no JSON":          `{`,
		"nothing":          `{}`,
		"no lines":         `{"verdict":"ok","lines":[]}`,
		"too many lines":   `{"verdict":"ok","lines":[` + strings.Repeat(line+",", 32) + line + `]}`,
		"an odd verdict":   `{"verdict":"<b>","lines":[` + line + `]}`,
		"an odd level":     `{"verdict":"ok","lines":[{"id":"udp","level":"good"}]}`,
		"a line of no one": `{"verdict":"ok","lines":[{"level":"ok"}]}`,
	} {
		if _, err := parseCheck([]byte(body)); !errors.Is(err, errJSON) {
			t.Errorf("%s: %v, want errJSON", name, err)
		}
	}
	long := `{"verdict":"ok","lines":[{"id":"udp","level":"ok","detail":"` + strings.Repeat("ü", 1000) + `"}]}`
	r, err := parseCheck([]byte(long))
	if err != nil || utf8.RuneCountInString(r.Lines[0].Detail) != lineChars {
		t.Errorf("%d characters are kept, %v", utf8.RuneCountInString(r.Lines[0].Detail), err)
	}
}

// Whatever a stranger reports, what is kept is short, printable and of known words.
func FuzzCheckReport(f *testing.F) {
	f.Add([]byte(`{"verdict":"tcp","lines":[{"id":"udp","level":"fail","detail":"a\u202eb\u0000"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := parseCheck(body)
		if err != nil {
			return
		}
		if !checkWord.MatchString(r.Verdict) || len(r.Lines) > mostLines {
			t.Fatalf("%q, %d lines", r.Verdict, len(r.Lines))
		}
		for _, line := range r.Lines {
			if utf8.RuneCountInString(line.Detail) > lineChars || strings.ContainsAny(line.Detail, "\n\r\x00\x1b\u202e") || !utf8.ValidString(line.Detail) {
				t.Fatalf("%q", line.Detail)
			}
		}
	})
}
