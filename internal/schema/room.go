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
	defs := object{}
	requests, replies := requestsOf(defs)
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
	defs["event"] = object{"oneOf": eventsOf(defs)}
	defs["reply"] = object{
		"type":     "object",
		"required": []string{"re", "ok"},
		"properties": object{
			"re": object{"type": "integer", "minimum": 1}, "ok": object{"type": "boolean"},
			"data": object{"type": "object"}, "error": (&types{defs, true}).of(reflect.TypeOf(classroom.Refusal{})),
		},
	}
	text, err := json.MarshalIndent(document, "", "  ")
	return append(text, '\n'), err
}

func ref(name string) object { return object{"$ref": "#/$defs/" + name} }

// requestsOf describes what clients send, and what they are answered.
func requestsOf(defs object) (requests []any, replies object) {
	asked, answered := &types{defs, false}, &types{defs, true}
	replies = object{}
	all := append(classroom.Requests(), room.Requests()...)
	for _, m := range all {
		requests = append(requests, object{
			"type":     "object",
			"required": []string{"type"},
			"properties": object{
				"id":   object{"type": "integer", "minimum": 1},
				"type": object{"const": m.Type},
				"data": asked.of(reflect.TypeOf(m.Data)),
			},
		})
		if m.Reply != nil {
			replies[m.Type] = answered.of(reflect.TypeOf(m.Reply))
		}
	}
	return requests, replies
}

// eventsOf describes what the server sends by itself.
func eventsOf(defs object) []any {
	told := &types{defs, true}
	var events []any
	for _, m := range append(classroom.Events(), room.Events()...) {
		events = append(events, object{
			"type":     "object",
			"required": []string{"type", "data"},
			"properties": object{
				"seq":  object{"type": "integer", "minimum": 1},
				"type": object{"const": m.Type},
				"data": told.of(reflect.TypeOf(m.Data)),
			},
		})
	}
	return events
}
