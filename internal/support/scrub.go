package support

import (
	"net/url"
	"reflect"
	"regexp"
	"strings"

	"lectern/internal/config"
)

// mask stands where a secret was.
const mask = "(masked)"

// shapes are how secrets look that are known to nobody here: keys that were
// made, signed tokens, and what follows a word for one.
var shapes = []*regexp.Regexp{
	regexp.MustCompile(`lk_[A-Za-z0-9_-]{8,}`),
	regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`),
	regexp.MustCompile(`(?i)\b(?:token|k|i|key|secret|password|bearer|authorization)(?:=|%3D)[^\s"'&\\]+`),
	regexp.MustCompile(`(?i)\bbearer +[^\s"']+`),
	regexp.MustCompile(`://[^/\s"'@]*:[^/\s"'@]*@`),
}

// shortest is how long a secret must be to be looked for: shorter ones are
// parts of words.
const shortest = 4

// scrubber takes secrets out of text.
type scrubber struct{ known []string }

// newScrubber knows the secrets of a configuration, and others.
func newScrubber(c config.Config, others ...string) scrubber {
	var s scrubber
	s.collect(reflect.ValueOf(c))
	for _, o := range others {
		s.add(o)
	}
	return s
}

func (s *scrubber) add(secret string) {
	if len(secret) >= shortest {
		s.known = append(s.known, secret)
	}
}

// collect finds every config.Secret, and what addresses have in their query.
func (s *scrubber) collect(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				s.collect(v.Field(i))
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			s.collect(v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			s.collect(v.MapIndex(key))
		}
	case reflect.String:
		if a, ok := v.Interface().(config.Address); ok {
			s.path(string(a))
		}
		if v.Type() == reflect.TypeFor[config.Secret]() {
			s.add(v.String())
		}
		if u, err := url.Parse(v.String()); err == nil && u.Host != "" {
			for _, values := range u.Query() {
				for _, value := range values {
					s.add(value)
				}
			}
			if password, ok := u.User.Password(); ok {
				s.add(password)
			}
		}
	}
}

// unlikely is how long a part of a path is that is no word.
const unlikely = 16

// path adds what an address has in its path and does not show: as a whole, and
// those of its parts that stand for nothing else.
func (s *scrubber) path(address string) {
	u, err := url.Parse(address)
	if err != nil {
		return
	}
	for _, path := range []string{u.Path, u.EscapedPath()} {
		_, hidden, deeper := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		if !deeper || hidden == "" {
			continue
		}
		s.add(path)
		for part := range strings.SplitSeq(hidden, "/") {
			if len(part) >= unlikely {
				s.add(part)
			}
		}
	}
}

func (s scrubber) text(t string) string {
	for _, secret := range s.known {
		t = strings.ReplaceAll(t, secret, mask)
	}
	for _, shape := range shapes {
		t = shape.ReplaceAllStringFunc(t, func(found string) string {
			if strings.HasPrefix(found, "://") {
				return "://" + mask + "@"
			}
			if name, _, ok := strings.Cut(found, "="); ok {
				return name + "=" + mask
			}
			return mask
		})
	}
	return t
}
