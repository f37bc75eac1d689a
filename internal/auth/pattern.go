package auth

import (
	"fmt"
	"regexp"
	"strings"
)

// patternForm is a canonical stream name, or the beginning of one followed by *.
var patternForm = regexp.MustCompile(`^(\*|[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,2}/([A-Za-z0-9_-]{1,64}|[A-Za-z0-9_-]{0,64}\*))$`)

// bareForm is a name without its app: legal where a stream is asked for, but
// not in a grant, where it would silently match nothing.
var bareForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}\*?$`)

// CheckPattern reports why p cannot be a pattern of stream names. A pattern is
// a canonical name (live/cam1), the beginning of one and a * (live/cam*, live/*,
// which match whatever follows, slashes included), or * for every stream.
func CheckPattern(p string) error {
	if patternForm.MatchString(p) {
		return nil
	}
	if bareForm.MatchString(p) {
		return fmt.Errorf("stream pattern %q has no app: did you mean %q", p, "live/"+p)
	}
	return fmt.Errorf("stream pattern %.80q: use app/name, app/begin* or *", p)
}

// matches reports whether a pattern covers a canonical name. What is no pattern covers nothing.
func matches(pattern, name string) bool {
	if !patternForm.MatchString(pattern) {
		return false
	}
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return pattern == name
}
