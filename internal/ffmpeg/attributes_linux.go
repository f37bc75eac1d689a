package ffmpeg

import "syscall"

// attributes put the process into a group of its own, so that the terminal's
// interrupt is for its owner alone, and let the kernel kill it when its owner
// dies, however that comes.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
