package browser

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// running is a process of /proc that is not a zombie.
type running struct {
	name  string
	pgid  int
	ticks int // user and system time, 1/100 s each
	args  string
}

func (r running) String() string { return fmt.Sprintf("%s %.80s", r.name, r.args) }

// processes reads /proc. See proc_pid_stat(5).
func processes(t *testing.T) map[int]running {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	all := map[int]running{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue // it has ended meanwhile
		}
		name, rest, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		if len(fields) < 13 || fields[0] == "Z" || fields[0] == "X" {
			continue
		}
		number := func(i int) int { n, _ := strconv.Atoi(fields[i]); return n }
		args, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		all[pid] = running{
			name: name, pgid: number(2), ticks: number(11) + number(12),
			args: string(bytes.ReplaceAll(args, []byte{0}, []byte(" "))),
		}
	}
	return all
}

func group(t *testing.T, pgid int) map[int]running {
	t.Helper()
	all := processes(t)
	for pid, r := range all {
		if r.pgid != pgid {
			delete(all, pid)
		}
	}
	return all
}

func mentioning(t *testing.T, text string) map[int]running {
	t.Helper()
	all := processes(t)
	for pid, r := range all {
		if !strings.Contains(r.args, text) {
			delete(all, pid)
		}
	}
	return all
}

func cpu(of map[int]running) time.Duration {
	var ticks int
	for _, r := range of {
		ticks += r.ticks
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
