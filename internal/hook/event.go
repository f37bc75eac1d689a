package hook

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"lectern/internal/auth"
	"lectern/internal/trace"
)

// event is what a call tells.
type event struct {
	call    string // of nginx-rtmp: "publish", "update_play" …
	request auth.Request
	stream  string        // that is used: another one than was asked for when it was renamed
	lasts   time.Duration // of an update
	trace   trace.Mark    // that it follows from
}

// pair is a field of the form.
type pair struct{ name, value string }

// fields are nginx-rtmp's, by its names and in its order, and ours after them.
// The stream's name is the one that the client asked for, as there.
func (e event) fields() []pair {
	r := e.request
	app, name, _ := strings.Cut(r.Stream, "/")
	list := []pair{
		{"app", app}, {"flashver", r.Agent}, {"swfurl", ""}, {"tcurl", r.URL}, {"pageurl", r.Page},
		{"addr", address(r)}, {"clientid", r.Session}, {"call", e.call},
	}
	switch {
	case e.call == callUpdate+"_publish", e.call == callUpdate+"_play":
		list = append(list,
			pair{"time", strconv.FormatInt(int64(e.lasts/time.Second), 10)},
			pair{"timestamp", strconv.FormatInt(e.lasts.Milliseconds(), 10)},
			pair{"name", name})
	case e.call == callPublish:
		list = append(list, pair{"name", name}, pair{"type", "live"})
	case e.call != callConnect:
		list = append(list, pair{"name", name})
	}
	return append(list, pair{"protocol", r.Protocol}, pair{"stream", e.stream})
}

func address(r auth.Request) string {
	if !r.Remote.IsValid() {
		return ""
	}
	return r.Remote.String()
}

// form is nginx-rtmp's. What the client put into its own URL comes last, but
// for what has the name of a field, or of something in the place's own URL:
// there are languages in which the last one of a name counts.
func (e event) form(own map[string]bool) string {
	var b strings.Builder
	write := func(name, value string) {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(name) + "=" + url.QueryEscape(value))
	}
	for _, f := range e.fields() {
		write(f.name, f.value)
	}
	for _, name := range slices.Sorted(maps.Keys(e.request.Args)) {
		if reserved[base(name)] || own[base(name)] {
			continue
		}
		for _, value := range e.request.Args[name] {
			write(name, value)
		}
	}
	return b.String()
}

// base is a name as PHP reads it, which cuts name[x] there and writes "my.name"
// and "my name" as my_name; letters count as one in either case.
func base(name string) string {
	name, _, _ = strings.Cut(name, "[")
	name, _, _ = strings.Cut(name, "\x00")
	return strings.NewReplacer(" ", "_", ".", "_").Replace(strings.ToLower(strings.TrimSpace(name)))
}

// reserved are the names of fields, in any event.
var reserved = map[string]bool{
	"app": true, "flashver": true, "swfurl": true, "tcurl": true, "pageurl": true, "addr": true, "clientid": true,
	"call": true, "name": true, "type": true, "time": true, "timestamp": true, "protocol": true, "stream": true,
}

// json is the form's fields as an object of strings, and what the client put
// into its own URL apart from them.
func (e event) json() string {
	object := map[string]any{"args": map[string][]string(e.request.Args)}
	if e.request.Args == nil {
		object["args"] = map[string][]string{}
	}
	for _, f := range e.fields() {
		object[f.name] = f.value
	}
	text, _ := json.Marshal(object) // strings cannot fail
	return string(text)
}
