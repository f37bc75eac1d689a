//go:build unix && !solaris && !aix

package backup

import (
	"os"
	"syscall"
)

// lock takes the file's lock, which the system gives back when the process
// ends, however it does (flock(2)).
func lock(f *os.File, alone bool) error {
	how := syscall.LOCK_SH
	if alone {
		how = syscall.LOCK_EX
	}
	return syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
}
