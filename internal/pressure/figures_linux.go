package pressure

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
)

// figures reads them from the kernel (proc(5), cgroups(7)).
func figures() []Figure { return []Figure{openFiles(), memory()} }

func openFiles() Figure {
	f := Figure{Name: "open files"}
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return f
	}
	// The directory's size is how many there are, since Linux 6.2; older ones
	// say 0, and are read.
	info, err := os.Stat("/proc/self/fd")
	if err != nil {
		return f
	}
	f.Used, f.Limit = uint64(info.Size()), l.Cur
	if f.Used == 0 {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			return Figure{Name: f.Name}
		}
		f.Used = uint64(len(entries))
	}
	return f
}

// memory is against the container's limit, or that of the Go runtime, the
// smaller one.
func memory() Figure {
	f := Figure{Name: "memory"}
	if limit := debug.SetMemoryLimit(-1); limit > 0 && limit < 1<<62 {
		f.Limit = uint64(limit)
	}
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
		if err == nil && n > 0 && n < 1<<62 && (f.Limit == 0 || n < f.Limit) {
			f.Limit = n
		}
		break
	}
	text, err := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 2 {
		return Figure{Name: f.Name}
	}
	pages, err := strconv.ParseUint(fields[1], 10, 64)
	if err != nil {
		return Figure{Name: f.Name}
	}
	f.Used = pages * uint64(os.Getpagesize())
	return f
}
