//go:build !linux

package ffmpeg

import "syscall"

// attributes are the system's own: a process whose owner was killed ends when
// it finds its standard input closed.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
