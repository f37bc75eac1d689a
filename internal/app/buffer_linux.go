package app

import "syscall"

func bufferOf(fd uintptr) (int, bool) {
	n, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF)
	return n / 2, err == nil
}
