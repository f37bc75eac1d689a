package schema

import (
	"encoding/json"
	"reflect"

	"lectern/internal/classroom"
	"lectern/internal/room"
)

// Room returns the schema of room.v1 as JSON: of each message of a client's, of
// each reply, and of each event.
func Room() ([]byte, error) {
	all := New("#/$defs/")
	requests, replies := requestsOf(all)
	defs := all.Defs
	document := object{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"$id":         "https://lectern.invalid/room.v1.schema.json",
		"title":       "room.v1",
		"description": "One message of room.v1: from a client (request), or from the server (reply, event). What is not known is to be ignored.",
		"oneOf":       []any{ref("request"), ref("reply"), ref("event")},
		"x-replies":   replies,
		"$defs":       defs,
	}
	defs["request"] = object{"oneOf": requests}
	defs["event"] = object{"oneOf": eventsOf(all)}
	defs["reply"] = object{
		"type":     "object",
		"required": []string{"re", "ok"},
		"properties": object{
			"re": object{"type": "integer", "minimum": 1}, "ok": object{"type": "boolean"},
			"data": object{"type": "object"}, "error": all.Answer(reflect.TypeFor[classroom.Refusal]()),
		},
	}
	text, err := json.MarshalIndent(document, "", "  ")
	return append(text, '\n'), err
}

func ref(name string) object { return object{"$ref": "#/$defs/" + name} }

// requestsOf describes what clients send, and what they are answered.
func requestsOf(all *Types) (requests []any, replies object) {
	replies = object{}
	for _, m := range append(classroom.Requests(), room.Requests()...) {
		requests = append(requests, object{
			"type":     "object",
			"required": []string{"type"},
			"properties": object{
				"id":   object{"type": "integer", "minimum": 1},
				"type": object{"const": m.Type},
				"data": all.Request(reflect.TypeOf(m.Data)),
			},
		})
		if m.Reply != nil {
			replies[m.Type] = all.Answer(reflect.TypeOf(m.Reply))
		}
	}
	return requests, replies
}

// eventsOf describes what the server sends by itself.
func eventsOf(all *Types) []any {
	var events []any
	for _, m := range append(classroom.Events(), room.Events()...) {
		events = append(events, object{
			"type":     "object",
			"required": []string{"type", "data"},
			"properties": object{
				"seq":  object{"type": "integer", "minimum": 1},
				"type": object{"const": m.Type},
				"data": all.Answer(reflect.TypeOf(m.Data)),
			},
		})
	}
	return events
}
