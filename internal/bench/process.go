package bench

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is USER_HZ, in which Linux tells the time of processes on
// every machine that Go runs on.
const ticksPerSecond = 100

// consumption is what processes have of the machine.
type consumption struct {
	cpu time.Duration // user and system, since they began
	rss int64         // resident memory, octets
}

// consume sums up processes. It needs Linux.
func consume(pids []int) (consumption, error) {
	var sum consumption
	for _, pid := range pids {
		cpu, err := cpuOf(pid)
		if err != nil {
			return consumption{}, fmt.Errorf("process %d (--pid): %w", pid, err)
		}
		rss, err := rssOf(pid)
		if err != nil {
			return consumption{}, fmt.Errorf("process %d (--pid): %w", pid, err)
		}
		sum.cpu += cpu
		sum.rss += rss
	}
	return sum, nil
}

func cpuOf(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseStat(stat)
}

// parseStat reads utime and stime of proc_pid_stat(5), which are the 14th and
// 15th field. The second is the program's name, which may hold anything.
func parseStat(stat []byte) (time.Duration, error) {
	const user, system = 14 - 3, 15 - 3
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) <= system {
		return 0, fmt.Errorf("stat has %d fields", len(fields))
	}
	var ticks int64
	for _, field := range []string{fields[user], fields[system]} {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond, nil
}

func rssOf(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("status has no VmRSS: the process has ended")
}

// socketDrops sums up what the kernel has dropped at UDP sockets of this
// machine with one of the ports, because nobody read them in time.
func socketDrops(ports map[int]bool) int64 {
	var sum int64
	for _, name := range []string{"/proc/self/net/udp", "/proc/self/net/udp6"} {
		table, err := os.ReadFile(name)
		if err != nil {
			continue // another system: it is not known
		}
		sum += parseDrops(table, ports)
	}
	return sum
}

// parseDrops reads a table of proc_net(5): the local port, in hexadecimal, is
// in the second column, and the drops in the last.
func parseDrops(table []byte, ports map[int]bool) int64 {
	var sum int64
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) < 13 {
			continue
		}
		_, port, _ := strings.Cut(fields[1], ":")
		n, err := strconv.ParseUint(port, 16, 16)
		if err != nil || !ports[int(n)] {
			continue
		}
		if drops, err := strconv.ParseInt(fields[len(fields)-1], 10, 64); err == nil {
			sum += drops
		}
	}
	return sum
}

// machine says on what the bench has run, as far as the system tells.
func machine() string {
	model := ""
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(info)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return model
}

// loadAverage is the first figure of proc_loadavg(5), or 0.
func loadAverage() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), " ")
	load, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return 0
	}
	return load
}
