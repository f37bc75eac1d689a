package logging

import (
	"fmt"
	"strings"
)

// ecsVersion is the version of the Elastic Common Schema whose names are used.
const ecsVersion = "8.11.0"

// Field is a name that JSON lines have.
type Field struct {
	// Name is the field's, of ECS, or our own below "lectern.".
	Name string
	// Type is what Elasticsearch keeps it as: "keyword", "text", "ip", "date",
	// "long", "double" or "boolean".
	Type string
	// Attribute is what the field is called in text; "" where it is not there.
	Attribute string
	// Help is a line for people.
	Help string
}

// own begins the names that are ours.
const own = "lectern."

// fields are those that ECS has names for, and those that every line has. The
// others are named after their attribute, below own.
var fields = []Field{
	{"@timestamp", "date", "time", "when, in UTC"},
	{"log.level", "keyword", "level", "debug, info, warn or error"},
	{"message", "text", "msg", "what has happened; the same words each time"},
	{"ecs.version", "keyword", "", "of the names"},
	{"service.name", "keyword", "", "lectern"},
	{"service.version", "keyword", "", "the server's"},
	{"trace.id", "keyword", "trace_id", "the trace of the request that the line follows from"},
	{"span.id", "keyword", "span_id", "the step of that trace"},
	{"client.ip", "ip", "remote", "whose request it was, behind trusted proxies"},
	{"error.message", "text", "error", "what went wrong"},
	{"error.stack_trace", "text", "stack", "where, after a panic"},
	{"event.action", "keyword", "action", "publish, watch, join, play or admin"},
	{"event.code", "keyword", "code", "a word for the problem that does not change"},
	{"event.reason", "keyword", "cause", "why something has ended or was refused"},
	{"file.path", "keyword", "path", "of a file"},
	{"http.request.method", "keyword", "method", "of the request"},
	{"http.response.status_code", "long", "status", "of an answer"},
	{"network.protocol", "keyword", "protocol", "whip, whep, rtmp or room"},
	{"url.full", "keyword", "url", "an address that was asked, from the settings"},
	{"lectern.source", "keyword", "source", "the stream"},
	{"lectern.session", "keyword", "session", "names the session; it opens nothing"},
	{"lectern.identity", "keyword", "identity", "who publishes or watches, by key or token"},
	{"lectern.room", "keyword", "room", "the room"},
	{"lectern.member", "keyword", "member", "who it is in the room"},
	{"lectern.encoder", "keyword", "encoder", "what an RTMP client calls itself"},
	{"lectern.hook", "keyword", "hook", "the setting of the hook, on_publish for example"},
	{"lectern.setting", "keyword", "setting", "the setting to look at"},
}

// Markdown is the table of the names, for the documentation.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| JSON | type | text | |\n|---|---|---|---|\n")
	for _, f := range fields {
		text := ""
		if f.Attribute != "" {
			text = "`" + f.Attribute + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, f.Type, text, f.Help)
	}
	return b.String()
}

// also are attributes that mean what another one does.
var also = map[string]string{"err": "error", "panic": "error"}

// named are the names of attributes.
var named = func() map[string]string {
	names := map[string]string{}
	for _, f := range fields {
		if f.Attribute != "" {
			names[f.Attribute] = f.Name
		}
	}
	for from, to := range also {
		names[from] = names[to]
	}
	return names
}()

// nameOf is the field of an attribute within groups, which end in a dot.
func nameOf(groups, key string) string {
	if groups == "" {
		if name, ok := named[key]; ok {
			return name
		}
	}
	return own + strings.Trim(groups+key, ".")
}
