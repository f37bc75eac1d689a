package hook

import (
	"errors"
	"fmt"
	"strings"

	"lectern/sfu"
)

// errLocation is the user's program at fault, or a web server before it that
// sends everybody elsewhere.
var errLocation = errors.New("the Location names no stream")

// rename is the canonical name that a Location stands for: a bare name, which
// leaves the app as it was asked for, app/name, or rtmp://HOST/app/name,
// whose host does not matter, as Lectern is where the stream is used.
func rename(asked, location string) (string, error) {
	name := location
	if scheme, rest, ok := strings.Cut(name, "://"); ok {
		if !strings.EqualFold(scheme, "rtmp") && !strings.EqualFold(scheme, "rtmps") {
			return "", fmt.Errorf("%w: %.80q", errLocation, location)
		}
		_, name, _ = strings.Cut(rest, "/")
	}
	name, _, _ = strings.Cut(name, "?")
	name = strings.TrimPrefix(name, "/")
	if !strings.Contains(name, "/") {
		app, _, _ := strings.Cut(asked, "/")
		name = app + "/" + name
	}
	name, err := sfu.ParseName(name)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errLocation, err)
	}
	return name, nil
}
