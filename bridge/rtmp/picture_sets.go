package rtmp

import (
	"fmt"

	"lectern/internal/flv"
)

// maxSets is how many octets the parameter sets of a picture may have
// together. They go before each key frame that lacks them, to each viewer, so
// that a key frame of ten octets is as expensive as they are; encoders need a
// few hundred.
const maxSets = 4 << 10

// boundSets refuses parameter sets that are longer.
func boundSets(kinds ...[][]byte) error {
	size := 0
	for _, sets := range kinds {
		for _, set := range sets {
			size += len(set)
		}
	}
	if size > maxSets {
		return fmt.Errorf("%w: parameter sets of %d octets, at most %d", flv.ErrMalformed, size, maxSets)
	}
	return nil
}
