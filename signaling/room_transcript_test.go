package signaling_test

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"lectern/internal/classroom"
	"lectern/internal/room"
)

const protocolPage = "../docs/room.v1.md"

// The conversations in the document are what the server does.
func TestConversationsOfTheDocument(t *testing.T) {
	text, err := os.ReadFile(protocolPage)
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```room\\.v1(.*?)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 6 {
		t.Fatalf("%d conversations", len(blocks))
	}
	book := newBook(t)
	for _, block := range blocks {
		title, _, _ := strings.Cut(strings.TrimPrefix(block[2], "# "), "\n")
		t.Run(title, func(t *testing.T) {
			s := newSchool(t)
			name, teacher, student := s.room(t, strings.TrimSpace(block[1]))
			c := conversation{t, s, name, book, map[string]*pupil{}, map[string]any{}, map[string]any{"$teacher": teacher, "$student": student}}
			for line := range strings.Lines(block[2]) {
				c.play(strings.TrimSpace(line))
			}
		})
	}
}

type conversation struct {
	t       *testing.T
	school  *school
	room    string
	book    *book
	clients map[string]*pupil
	asked   map[string]any // what each has asked last
	names   map[string]any // what $name stands for
}

// play does what a line says: "who > request", "who < message", "who cut", or
// "who x code".
func (c *conversation) play(line string) {
	if line == "" || line[0] == '#' {
		return
	}
	who, rest, _ := strings.Cut(line, " ")
	verb, rest, _ := strings.Cut(rest, " ")
	p := c.clients[who]
	if p == nil {
		var err error
		if p, _, err = dial(c.t, c.school.url, c.room); err != nil {
			c.t.Fatal(err)
		}
		c.clients[who] = p
	}
	switch verb {
	case ">":
		message := c.fill(c.parse(rest))
		c.asked[who] = message
		p.send(message)
	case "<":
		want := c.parse(rest)
		var why string
		var before map[string]any
		p.until(rest, func(f frame) bool {
			c.book.check(c.t, f.whole)
			before = c.names
			c.names = copied(before)
			if why = c.match(want, f.whole, ""); why == "" {
				if f.OK {
					c.book.check(c.t, c.asked[who])
				}
				return true
			}
			c.names = before
			if m, ok := want.(map[string]any); ok && m["re"] == float64(f.Re) {
				c.t.Fatalf("want %s\ngot %s\n%s", rest, f.raw, why)
			}
			return false
		})
	case "cut":
		p.cut()
		delete(c.clients, who)
	case "x":
		code, err := strconv.Atoi(rest)
		if err != nil {
			c.t.Fatal(err)
		}
		p.wantClose(code)
		delete(c.clients, who)
	default:
		c.t.Fatalf("cannot read %q", line)
	}
}

func copied(m map[string]any) map[string]any {
	next := map[string]any{}
	for k, v := range m {
		next[k] = v
	}
	return next
}

var shortened = regexp.MustCompile(`\[…\]|\{…\}`)

func (c *conversation) parse(text string) any {
	c.t.Helper()
	var v any
	if err := json.Unmarshal([]byte(shortened.ReplaceAllString(text, `"…"`)), &v); err != nil {
		c.t.Fatalf("%s: %v", text, err)
	}
	return v
}

// fill puts in what names stand for.
func (c *conversation) fill(v any) any {
	switch v := v.(type) {
	case string:
		if known, ok := c.names[v]; ok {
			return known
		}
	case map[string]any:
		for k := range v {
			v[k] = c.fill(v[k])
		}
	case []any:
		for i := range v {
			v[i] = c.fill(v[i])
		}
	}
	return v
}

// match says where a message is not what is wanted; it may have more.
func (c *conversation) match(want, got any, at string) string {
	switch w := want.(type) {
	case string:
		if w == "…" && got != nil {
			return ""
		}
		if strings.HasPrefix(w, "$") {
			if known, ok := c.names[w]; ok {
				want = known
				break
			}
			c.names[w] = got
			return ""
		}
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return at + " is no object"
		}
		for k := range w {
			if why := c.match(w[k], g[k], at+"."+k); why != "" {
				return why
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return at + " is not a list of that length"
		}
		for i := range w {
			if why := c.match(w[i], g[i], at+"["+strconv.Itoa(i)+"]"); why != "" {
				return why
			}
		}
		return ""
	}
	if !reflect.DeepEqual(want, got) {
		return at + " differs"
	}
	return ""
}

func TestEveryMessageOfARoomIsDocumented(t *testing.T) {
	text, err := os.ReadFile(protocolPage)
	if err != nil {
		t.Fatal(err)
	}
	all := append(classroom.Requests(), classroom.Events()...)
	all = append(append(all, room.Requests()...), room.Events()...)
	for _, m := range all {
		if !strings.Contains(string(text), "`"+m.Type+"`") {
			t.Errorf("the document does not tell of %s", m.Type)
		}
	}
}
