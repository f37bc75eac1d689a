package doctor

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// process holds a port.
type process struct {
	pid  int
	name string
}

// Tables of the kernel (Linux, proc_net(5)).
const (
	tcpListen = "0A"
	udpOpen   = "07"
)

// holderOf finds who holds a port, where the system tells it: on Linux, for
// the processes that this user may look into.
func holderOf(network, address string) (process, bool) {
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		return process{}, false
	}
	number, err := net.LookupPort(network, text)
	if err != nil {
		return process{}, false
	}
	state := tcpListen
	if network == "udp" {
		state = udpOpen
	}
	for _, table := range []string{network, network + "6"} {
		content, err := os.ReadFile("/proc/net/" + table)
		if err != nil {
			continue
		}
		for _, inode := range inodesOf(string(content), number, state) {
			if p, ok := ownerOf(inode); ok {
				return p, true
			}
		}
	}
	return process{}, false
}

// inodesOf reads the sockets of a local port out of a table.
func inodesOf(table string, number int, state string) []string {
	var list []string
	suffix := fmt.Sprintf(":%04X", number)
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) > 9 && strings.HasSuffix(f[1], suffix) && f[3] == state {
			list = append(list, f[9])
		}
	}
	return list
}

// ownerOf finds the process that has a socket open.
func ownerOf(inode string) (process, bool) {
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*") // none without /proc
	for _, link := range links {
		to, err := os.Readlink(link)
		if err != nil || to != "socket:["+inode+"]" {
			continue
		}
		id := strings.Split(link, "/")[2]
		pid, err := strconv.Atoi(id)
		if err != nil {
			continue
		}
		name, err := os.ReadFile("/proc/" + id + "/comm")
		if err != nil {
			continue
		}
		return process{pid, strings.TrimSpace(string(name))}, true
	}
	return process{}, false
}
