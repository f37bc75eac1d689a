package sfu

import (
	"fmt"
	"regexp"
	"strings"
)

// DefaultApp is the application of a name that has none.
const DefaultApp = "live"

var namePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,3}$`)

// ParseName returns the canonical form app/name of a stream's name; a bare
// name means live/name. The error wraps ErrName and says what is allowed.
func ParseName(s string) (string, error) {
	if !namePattern.MatchString(s) {
		return "", fmt.Errorf("%w %.80q: use letters, digits, _ and -, at most 64 of them between slashes and at most four parts", ErrName, s)
	}
	if !strings.Contains(s, "/") {
		return DefaultApp + "/" + s, nil
	}
	return s, nil
}
