// Package schema describes Go types as JSON Schema, and the messages of room.v1
// as a whole, so that a client in any language can be made from, or checked
// against, one file.
//
// Its one invariant: a schema says what the Go types say. It is made from them,
// and a test fails when the file is not the present one.
package schema

import (
	"encoding"
	"encoding/json"
	"path"
	"reflect"
	"strings"
	"time"

	"lectern/internal/room"
)

// Object is a JSON Schema, or a part of one. encoding/json sorts its keys.
type Object = map[string]any

type object = Object

// special are types whose JSON is not what their Go type says.
var special = map[reflect.Type]object{
	reflect.TypeFor[time.Time]():       {"type": "string", "format": "date-time"},
	reflect.TypeFor[json.RawMessage](): {},
	reflect.TypeFor[any]():             {},
	reflect.TypeFor[room.VideoWish](): {"oneOf": []any{
		object{"enum": []string{"off", "l", "m", "h"}},
		object{"type": "object", "properties": object{"w": object{"type": "integer"}, "h": object{"type": "integer"}}},
	}},
}

// Described is a type whose JSON is not what its Go type says, and that says so
// itself.
type Described interface{ JSONSchema() Object }

// Types collects the structs that are met while values are described. It is not
// safe for concurrent use.
type Types struct {
	// Defs are the structs by name, in which they refer to one another.
	Defs Object

	at    string // where Defs stand in the document
	named map[string]reflect.Type
}

// New returns no Types yet. at is where Defs will stand, as "#/$defs/".
func New(at string) *Types {
	return &Types{Defs: Object{}, at: at, named: make(map[string]reflect.Type)}
}

// Answer describes what the server sends: what is always there is required.
func (t *Types) Answer(typ reflect.Type) Object { return (&types{t, true}).of(typ) }

// Request describes what a client sends, which may leave everything out.
func (t *Types) Request(typ reflect.Type) Object { return (&types{t, false}).of(typ) }

// types is Types in one direction.
type types struct {
	*Types
	strict bool // list what is always there
}

// of describes a type. Structs with a name are described once, and referred to.
func (t *types) of(typ reflect.Type) object {
	if s, ok := special[typ]; ok {
		return s
	}
	if typ.Kind() == reflect.Pointer {
		return t.of(typ.Elem())
	}
	if typ.Implements(reflect.TypeFor[Described]()) {
		return reflect.Zero(typ).Interface().(Described).JSONSchema()
	}
	if typ.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		return object{"type": "string"}
	}
	switch typ.Kind() {
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Int, reflect.Int64, reflect.Uint64, reflect.Uint32, reflect.Uint16, reflect.Uint8:
		return object{"type": "integer"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Slice:
		return object{"type": "array", "items": t.of(typ.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": t.of(typ.Elem())}
	case reflect.Struct:
		if typ.Name() == "" {
			return t.properties(typ)
		}
		return t.ref(typ)
	}
	panic("schema: a " + typ.String() + " has no place in a message")
}

func (t *types) ref(typ reflect.Type) object {
	name := typ.Name()
	if !t.strict {
		name += "Request"
	}
	if first := t.named[name]; first != nil && first != typ {
		name = path.Base(typ.PkgPath()) + "." + name // the first keeps the short one
	}
	if t.named[name] == nil {
		t.named[name] = typ // it may refer to itself
		t.Defs[name] = t.properties(typ)
	}
	return object{"$ref": t.at + name}
}

func (t *types) properties(typ reflect.Type) object {
	properties := object{}
	required := []string{}
	t.fields(typ, properties, &required)
	o := object{"type": "object", "properties": properties}
	if t.strict && len(required) > 0 {
		o["required"] = required
	}
	return o
}

// fields adds those of a struct and of what is embedded in it.
func (t *types) fields(typ reflect.Type, properties object, required *[]string) {
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			embedded, always := f.Type, required
			if embedded.Kind() == reflect.Pointer {
				embedded, always = embedded.Elem(), new([]string)
			}
			t.fields(embedded, properties, always)
			continue
		case !f.IsExported() || name == "-":
			continue
		case name == "":
			name = f.Name
		}
		optional := strings.Contains(options, "omit")
		property := t.of(f.Type)
		if f.Type.Kind() == reflect.Pointer && !optional {
			property = object{"oneOf": []any{property, object{"type": "null"}}}
		}
		properties[name] = property
		if !optional {
			*required = append(*required, name)
		}
	}
}
