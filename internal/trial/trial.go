// Package trial names the streams by which a server is tested, so that nobody
// takes them for what people publish.
//
// Invariant: Is knows every Name, and nothing that a person would call a
// stream. It proves nothing of who publishes it: what is decided by it must be
// no more than whether to speak of a stream.
package trial

import (
	"crypto/rand"
	"regexp"
	"strings"

	"lectern/sfu"
)

const (
	begin  = "doctor-"
	random = 10 // characters of base32: 50 bits
)

var form = regexp.MustCompile(`^` + sfu.DefaultApp + `/doctor-[a-z2-7]{10}$`)

// Name is one that nobody else uses, without the application.
func Name() string { return begin + strings.ToLower(rand.Text()[:random]) }

// Is says whether the canonical name of a stream is one of Name's.
func Is(stream string) bool { return form.MatchString(stream) }
