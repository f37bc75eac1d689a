package config

import (
	"reflect"
	"strings"
)

// EnvPrefix begins the name of every environment variable of ours.
const EnvPrefix = "LECTERN_"

// Setting is one thing that can be set, as its field's tags declare it.
type Setting struct {
	// Key is its name in the file, such as http.listen.
	Key string
	// Env is its environment variable. A setting with secrets has a second one,
	// Env + "_FILE", which names a file that holds the value.
	Env string
	// Flag is its flag without dashes, or "" where a secret forbids one.
	Flag string
	// Default is its value when nothing is said, in the form of Env; "" is empty or off.
	Default string
	// Kind says in a word what is expected: text, number, duration, list and so on.
	Kind string
	// Allowed lists the words that it may be; empty is no such list.
	Allowed []string
	// Help is a line for people.
	Help string
	// Secret says that the value holds secrets.
	Secret bool

	index    []int // the field in Config
	typ      reflect.Type
	check    string
	min, max string
}

// all is every setting, in the order of Config's fields.
var all = declare(reflect.TypeFor[Config](), "", nil)

// Settings lists everything that can be set, in the order of Config.
func Settings() []Setting {
	list := make([]Setting, len(all))
	copy(list, all)
	return list
}

// lookup finds a setting by its key.
func lookup(key string) (Setting, bool) {
	for _, s := range all {
		if s.Key == key {
			return s, true
		}
	}
	return Setting{}, false
}

// declare reads the tags of a struct and of the groups in it.
func declare(t reflect.Type, prefix string, index []int) []Setting {
	var list []Setting
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		key := prefix + f.Tag.Get("yaml")
		at := append(index[:len(index):len(index)], i)
		if f.Type.Kind() == reflect.Struct && !isText(f.Type) {
			list = append(list, declare(f.Type, key+".", at)...)
			continue
		}
		s := Setting{
			Key: key, Env: EnvPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_")), Flag: key,
			Default: f.Tag.Get("default"), Kind: kindOf(f), Help: f.Tag.Get("help"), Secret: holdsSecret(f.Type),
			index: at, typ: f.Type, check: f.Tag.Get("check"), min: f.Tag.Get("min"), max: f.Tag.Get("max"),
		}
		if allowed := f.Tag.Get("allowed"); allowed != "" {
			s.Allowed = strings.Split(allowed, "|")
		}
		if s.Secret {
			s.Flag = ""
		}
		list = append(list, s)
	}
	return list
}

// holdsSecret reports whether a Secret is anywhere inside a type.
func holdsSecret(t reflect.Type) bool {
	switch {
	case t == reflect.TypeFor[Secret]():
		return true
	case t.Kind() == reflect.Slice:
		return holdsSecret(t.Elem())
	case t.Kind() == reflect.Struct && !isText(t):
		for i := range t.NumField() {
			if holdsSecret(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

// value is the setting's field in c, which must be a pointer's target to be set.
func (s Setting) value(c reflect.Value) reflect.Value { return c.FieldByIndex(s.index) }

// Default is the configuration when nothing is said.
func Default() Config {
	var c Config
	target := reflect.ValueOf(&c).Elem()
	for _, s := range all {
		if s.Default == "" {
			continue
		}
		if err := parse(s.value(target), s.Default); err != nil {
			panic("config: the default of " + s.Key + " cannot be read: " + err.Error())
		}
	}
	return c
}
