//go:build unix && !solaris && !aix

package backup

import (
	"errors"
	"os"
	"syscall"
)

// lock takes the file's lock, which the system gives back when the process
// ends, however it does (flock(2)). The error is errHeld while another one has
// it.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errHeld
	}
	return err
}
