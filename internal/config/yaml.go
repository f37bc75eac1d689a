package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// position says where YAML text stands: in a file, where lines help, or in an
// environment variable.
type position struct {
	name  string
	lines bool
}

// of is the position of a node.
func (p position) of(n ast.Node) string {
	t := n.GetToken()
	if !p.lines || t == nil || t.Position == nil {
		return p.name
	}
	return fmt.Sprintf("%s:%d", p.name, t.Position.Line)
}

// readYAML reads a whole configuration. Keys may be nested (http: {listen: …})
// or written out (http.listen: …).
func (l *loader) readYAML(text []byte, at position) {
	body, ok := l.document(text, at)
	if !ok || body == nil {
		return
	}
	l.group("", body, at)
}

// setRecords reads the YAML text of one setting, from outside the file.
func (l *loader) setRecords(s Setting, source, text string) {
	at := position{name: source}
	body, ok := l.document([]byte(text), at)
	if !ok {
		return
	}
	l.sources[s.Key] = source
	if body == nil {
		l.target(s).SetZero()
		return
	}
	l.assign(l.target(s), s.Key, body, at, s.Secret)
}

// document parses YAML and gives its one document's body; nil is an empty one.
// The parser's own error texts show the lines around, secrets included, so
// that only its message is kept.
func (l *loader) document(text []byte, at position) (body ast.Node, ok bool) {
	if !utf8.Valid(text) {
		l.fail(at.name, "", "is not UTF-8 text")
		return nil, false
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		message, source := "cannot be read as YAML", at.name
		if syntax, ok := errors.AsType[yaml.Error](err); ok {
			message = syntax.GetMessage()
			if t := syntax.GetToken(); t != nil && t.Position != nil && at.lines {
				source = fmt.Sprintf("%s:%d", at.name, t.Position.Line)
			}
		}
		l.fail(source, "", "%s", message)
		return nil, false
	}
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType || doc.Body.Type() == ast.NullType {
			continue
		}
		if body != nil {
			l.fail(at.of(doc.Body), "", "a second YAML document: only one is read")
			return nil, false
		}
		body = doc.Body
	}
	return body, true
}

// entries are the pairs of a mapping; a single pair may be a node of its own.
func entries(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// group reads a mapping whose keys begin with prefix.
func (l *loader) group(prefix string, n ast.Node, at position) {
	pairs, ok := entries(n)
	if !ok {
		what := "the file"
		if prefix != "" {
			what = strings.TrimSuffix(prefix, ".")
		}
		l.fail(at.of(n), "", "%s holds settings, each on a line of its own as name: value", what)
		return
	}
	for _, pair := range pairs {
		key := prefix + keyText(pair.Key)
		s, known := lookup(key)
		switch {
		case known:
			l.setNode(s, pair, at)
		case isGroup(key):
			if pair.Value.Type() != ast.NullType { // everything in it is commented out
				l.group(key+".", pair.Value, at)
			}
		default:
			l.fail(at.of(pair.Key), key, "unknown setting%s", suggest("", key, keys()))
		}
	}
}

// setNode reads one setting. Without a value it counts as not said.
func (l *loader) setNode(s Setting, pair *ast.MappingValueNode, at position) {
	where := at.of(pair.Key)
	if before, ok := l.sources[s.Key]; ok {
		l.fail(where, s.Key, "set before at %s", before)
		return
	}
	if pair.Value.Type() == ast.NullType {
		return
	}
	l.sources[s.Key] = where
	l.assign(l.target(s), s.Key, pair.Value, at, s.Secret)
}

// assign reads a node into a value of whatever type.
func (l *loader) assign(v reflect.Value, key string, n ast.Node, at position, secret bool) {
	l.sources[key] = at.of(n)
	switch {
	case isRecords(v.Type()):
		l.list(v, key, n, at, secret)
	case v.Kind() == reflect.Slice && n.Type() == ast.SequenceType:
		l.list(v, key, n, at, secret)
	case v.Kind() == reflect.Struct && !isText(v.Type()):
		l.record(v, key, n, at)
	default:
		text, ok := scalar(n)
		if !ok {
			l.fail(at.of(n), key, "want one plain value")
			return
		}
		if err := parse(v, text); err != nil {
			l.fail(at.of(n), key, "%s", refusal(text, secret, err))
		}
	}
}

// list reads a sequence.
func (l *loader) list(v reflect.Value, key string, n ast.Node, at position, secret bool) {
	sequence, ok := n.(*ast.SequenceNode)
	if !ok {
		l.fail(at.of(n), key, "want a list: each item on a line of its own after a dash")
		return
	}
	items := reflect.MakeSlice(v.Type(), len(sequence.Values), len(sequence.Values))
	for i, item := range sequence.Values {
		l.assign(items.Index(i), fmt.Sprintf("%s[%d]", key, i), item, at, secret)
	}
	v.Set(items)
}

// record reads a mapping into a struct that is an item of a list.
func (l *loader) record(v reflect.Value, key string, n ast.Node, at position) {
	names := make([]string, v.NumField())
	for i := range names {
		names[i] = v.Type().Field(i).Tag.Get("yaml")
	}
	pairs, ok := entries(n)
	if !ok {
		l.fail(at.of(n), key, "want %s as name: value", strings.Join(names, ", "))
		return
	}
	for _, pair := range pairs {
		name := keyText(pair.Key)
		known := false
		for i := range names {
			if known = names[i] == name; known {
				f := v.Field(i)
				l.assign(f, key+"."+name, pair.Value, at, holdsSecret(f.Type()))
				break
			}
		}
		if !known {
			l.fail(at.of(pair.Key), key+"."+name, "unknown setting%s", suggest("", name, names))
		}
	}
}

// keyText is the name on the left of a colon.
func keyText(k ast.MapKeyNode) string {
	if text, ok := scalar(k); ok {
		return text
	}
	return strings.TrimSpace(k.String())
}

// scalar is the text of a plain value. Numbers and the like are as written:
// what they must be is decided by the setting, not by YAML.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// keys are the names of all settings and of their groups.
func keys() []string {
	var list []string
	for _, s := range all {
		if group, _, ok := strings.Cut(s.Key, "."); ok && !slices.Contains(list, group) {
			list = append(list, group)
		}
		list = append(list, s.Key)
	}
	return list
}

// isGroup reports whether settings begin with the key and a dot.
func isGroup(key string) bool {
	for _, s := range all {
		if strings.HasPrefix(s.Key, key+".") {
			return true
		}
	}
	return false
}
