package signaling

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"lectern/internal/schema"
)

// openAPIVersion is of the specification that the description follows.
const openAPIVersion = "3.1.1"

// apiVersion is that of the paths; what is added does not change it.
const apiVersion = "1"

type object = schema.Object

// OpenAPI describes the routes of Mount, whichever of them a Server has, as
// OpenAPI 3.1 in JSON. The caller must not change it.
func OpenAPI() []byte { return description() }

var description = sync.OnceValue(func() []byte {
	types := schema.New("#/components/schemas/")
	problem := types.Answer(reflect.TypeFor[problem]())
	types.Defs["problem"].(object)["properties"].(object)["code"] = object{"type": "string", "enum": problemCodes()}
	paths := object{}
	for _, o := range operations {
		path, _ := paths[o.path].(object)
		if path == nil {
			path = object{}
			paths[o.path] = path
		}
		path[strings.ToLower(o.method)] = o.describe(types)
	}
	text, err := json.MarshalIndent(object{
		"openapi": openAPIVersion,
		"info": object{
			"title":       "Lectern",
			"version":     apiVersion,
			"description": "Live video in and out, and classrooms. What is not known in an answer is to be ignored: more may be added.",
			"license":     object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"paths": paths,
		"components": object{
			"schemas":         types.Defs,
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer", "description": "A key, a signed token, or in rooms a session as ID.KEY"}},
			"responses": object{"problem": object{
				"description": "What was wrong and what to do (RFC 9457)",
				"content":     object{typeProblem: object{"schema": problem}},
			}},
		},
	}, "", " ")
	if err != nil {
		panic(err) // strings, maps and slices of them cannot fail
	}
	return text
})

func (s *Server) describe(c *gin.Context) {
	c.Header("Cache-Control", "no-cache")
	c.Data(http.StatusOK, typeJSON, description())
}

func (o operation) describe(types *schema.Types) object {
	responses := object{"default": object{"$ref": "#/components/responses/problem"}}
	for status, content := range o.answers {
		response := object{"description": o.summary}
		if content != nil {
			response["content"] = content.describe(types.Answer)
		}
		if len(o.headers) > 0 {
			headers := object{}
			for _, name := range o.headers {
				headers[name] = object{"schema": object{"type": "string"}}
			}
			response["headers"] = headers
		}
		responses[strconv.Itoa(status)] = response
	}
	described := object{
		"operationId": o.id,
		"summary":     o.summary,
		"tags":        []string{o.tag()},
		"parameters":  o.parameters(),
		"responses":   responses,
		"security":    []any{object{"token": []string{}}},
	}
	switch o.who {
	case forAnybody, forPublisher, forViewer: // the settings may leave these open
		described["security"] = []any{object{}, object{"token": []string{}}}
	}
	if o.who != forAnybody {
		described["x-right"] = o.who
	}
	if o.body != nil {
		described["requestBody"] = object{"content": o.body.describe(types.Request)}
	}
	return described
}

func (c *content) describe(of func(reflect.Type) object) object {
	if c.value == nil {
		return object{c.media: object{"schema": object{"type": "string"}}}
	}
	return object{c.media: object{"schema": of(reflect.TypeOf(c.value))}}
}

// tag is the word of the path that says what the operation is about.
func (o operation) tag() string {
	word, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(o.path, "/"), "api/v1/"), "/")
	return word
}

var inPath = regexp.MustCompile(`\{(\w+)\}`)

func (o operation) parameters() []any {
	parameters := []any{}
	for _, match := range inPath.FindAllStringSubmatch(o.path, -1) {
		p := object{"name": match[1], "in": "path", "required": true, "schema": object{"type": "string"}}
		if match[1] == "stream" {
			p["description"] = "NAME or APP/NAME; the slash may stay as it is"
		}
		parameters = append(parameters, p)
	}
	for _, q := range o.query {
		parameters = append(parameters, object{"name": q.name, "in": "query", "description": q.about, "schema": object{"type": "string"}})
	}
	return parameters
}

// problemCodes are what the code of a problem can be.
func problemCodes() []string {
	codes := map[string]bool{"internal": true, "rate_limited": true}
	for _, row := range problems {
		codes[row.code] = true
	}
	return slices.Sorted(maps.Keys(codes))
}
