package config

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Value is a setting as it holds, for people to read.
type Value struct {
	Key string `json:"key"`
	// Value is in the form of a file, with secrets masked, and with what an
	// address has of a password or a query.
	Value string `json:"value"`
	// Default is likewise.
	Default string `json:"default"`
	// Source is one of Origins.
	Source string `json:"source"`
	// At is where it stands: a file's line, a variable, a flag; "" when it is
	// the default.
	At   string `json:"at,omitempty"`
	Help string `json:"help"`
	// Secret says that the value holds secrets.
	Secret bool `json:"secret,omitempty"`
}

// Where a value comes from.
const (
	FromDefault = "default"
	FromFile    = "file"
	FromEnv     = "env"
	FromFlag    = "flag"
	FromCommand = "command" // the program itself, as lectern demo
)

// Origins are what Value.Source can be.
func Origins() []string { return []string{FromDefault, FromFile, FromEnv, FromFlag, FromCommand} }

// Values are all settings, in the order of Settings, each with where it comes
// from.
func (c Config) Values() []Value {
	before := reflect.ValueOf(Default())
	list := make([]Value, 0, len(all))
	for _, s := range all {
		v := Value{
			Key: s.Key, Value: shown(s.value(reflect.ValueOf(c))), Default: shown(s.value(before)), Help: s.Help, Secret: s.Secret,
		}
		v.Source, v.At = c.origin(s, v)
		list = append(list, v)
	}
	return list
}

// origin is where the value of a setting comes from. A list of records may
// stand in the file entry by entry.
func (c Config) origin(s Setting, v Value) (source, at string) {
	at, known := c.from[s.Key]
	if !known {
		var parts []string
		for key, place := range c.from {
			if strings.HasPrefix(key, s.Key+"[") || strings.HasPrefix(key, s.Key+".") {
				parts = append(parts, place)
			}
		}
		if len(parts) > 0 {
			at, known = slices.Min(parts), true
		}
	}
	switch {
	case !known && v.Value == v.Default:
		return FromDefault, ""
	case !known:
		return FromCommand, ""
	case strings.HasPrefix(at, "--"):
		return FromFlag, at
	case strings.HasPrefix(at, EnvPrefix):
		return FromEnv, at
	}
	return FromFile, at
}

var (
	// userinfo and query are what secrets are in, of an address (RFC 3986 §3).
	userinfo = regexp.MustCompile(`(://)[^/@\s"]+@`)
	query    = regexp.MustCompile(`(://[^\s"?]*\?)[^\s"#]+`)
)

// shown is a value without the secrets that addresses have.
func shown(v reflect.Value) string {
	text := userinfo.ReplaceAllString(show(v), "${1}"+mask+"@")
	return query.ReplaceAllString(text, "${1}"+mask)
}

// typed and asked are userinfo and query where what was written is no address,
// so that no rule says where they end.
var (
	typed = regexp.MustCompile(`(:(//)?)[^\s"]+@`)
	asked = regexp.MustCompile(`\?.+`)
)

// hidden is what somebody wrote who wanted to write an address, for an error:
// what would be secret in one is masked.
func hidden(text string) string {
	return asked.ReplaceAllString(typed.ReplaceAllString(text, "${1}"+mask+"@"), "?"+mask)
}
