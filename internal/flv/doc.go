// Package flv reads and writes the bodies of audio and video messages as FLV
// files and RTMP have them (Adobe's FLV specification 10.1 Annex E, and
// Enhanced RTMP version 2), decoder configurations, and FLV files.
//
// Its one invariant: parsing takes slices of what it is given and copies
// nothing, looks at no octet outside of it, and reserves no memory for a
// length that is only announced. What is malformed gives ErrMalformed, what
// is well-formed but not dealt with ErrUnsupported and its name.
package flv

import (
	"errors"
	"fmt"
)

var (
	// ErrMalformed is wrapped where octets are not what the format says.
	ErrMalformed = errors.New("malformed")
	// ErrUnsupported is wrapped where a codec or a variant of one is not dealt
	// with. The text names it as people do.
	ErrUnsupported = errors.New("not supported")
)

// malformed is an ErrMalformed that says what is wrong.
func malformed(format string, values ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, values...))
}
