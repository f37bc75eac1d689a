// Package ffmpeg runs an ffmpeg process as a filter: units in at its standard
// input, a stream out at its standard output.
//
// Its invariant: nothing of a process outlives its Run, and whoever writes
// never waits. A process that dies, hangs or does not like its input is
// replaced; one that cannot keep up loses whole groups of pictures, from a
// unit to the next one that a decoder can begin with.
//
// The package knows nothing of what flows through; Transcode and Sound are the
// arguments for what Lectern needs, with FLV on both sides because FLV carries
// timestamps.
package ffmpeg

import (
	"errors"
	"fmt"
	"os/exec"
)

var (
	// ErrNotInstalled says that there is no ffmpeg to run.
	ErrNotInstalled = errors.New("ffmpeg is not installed")

	// ErrFailing says that processes died one after the other before they had
	// written anything.
	ErrFailing = errors.New("ffmpeg fails")

	// ErrStalled says that a process stopped reading.
	ErrStalled = errors.New("ffmpeg stopped reading")
)

// Find returns the path of the program: name as a path or as something to look
// for, "ffmpeg" if it is empty. Errors wrap ErrNotInstalled.
func Find(name string) (string, error) {
	if name == "" {
		name = "ffmpeg"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNotInstalled, err)
	}
	return path, nil
}
