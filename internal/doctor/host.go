package doctor

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

const (
	// wantedBuffer is what holds a burst of many viewers' packets, in bytes: as much
	// as the server asks for at its start, which warns of less.
	wantedBuffer = 8 << 20
	// wantedFiles is enough for a thousand connections and what else is open.
	wantedFiles = 4096
	// Under these a disk is nearly full; recordings stop at the latter.
	warnFree, stopFree = 0.10, 0.05
	stopBytes          = 512 << 20
)

// host looks at what the machine gives.
func (e *exam) host(ctx context.Context) {
	e.add("host.cpu", OK, "processors", fmt.Sprintf("%d", runtime.GOMAXPROCS(0)), "")
	e.socketBuffers()
	e.openFiles()
	e.clock()
	e.disk()
	e.ffmpeg(ctx)
}

// sysctl reads a number of the kernel's, where there is /proc.
func sysctl(name string) (int, bool) {
	text, err := os.ReadFile("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
	if err != nil {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return n, err == nil
}

func (e *exam) socketBuffers() {
	for _, name := range []string{"net.core.rmem_max", "net.core.wmem_max"} {
		if n, ok := sysctl(name); ok {
			e.judgeBuffer(name, n)
		}
	}
}

func (e *exam) judgeBuffer(name string, n int) {
	id, title := "host."+strings.TrimPrefix(name, "net.core."), name
	if n < wantedBuffer {
		e.add(id, Warn, title, fmt.Sprintf("%d: bursts of packets are lost when many watch, which looks like grey or broken pictures", n),
			fmt.Sprintf("sysctl -w %s=%d, and the same line in /etc/sysctl.d", name, wantedBuffer))
		return
	}
	e.add(id, OK, title, fmt.Sprint(n), "")
}

func (e *exam) openFiles() {
	const id, title = "host.nofile", "open files"
	n, ok := maxFiles()
	switch {
	case !ok:
	case n < wantedFiles:
		e.add(id, Warn, title, fmt.Sprintf("at most %d: the server refuses connections when they are used up", n), fmt.Sprintf("ulimit -n %d, or LimitNOFILE= in the unit of systemd", 16*wantedFiles))
	default:
		e.add(id, OK, title, fmt.Sprintf("at most %d", n), "")
	}
}

func (e *exam) clock() {
	const id, title = "host.clock", "clock"
	synchronised, known := clockSynchronised()
	switch {
	case !known:
	case synchronised:
		e.add(id, OK, title, e.Now().UTC().Format(time.RFC3339)+", kept by a time server", "")
	case len(e.Config.Auth.JWT) > 0:
		e.add(id, Warn, title, "no time server keeps it: signed tokens count as expired, or not valid yet, when it is wrong", "timedatectl set-ntp true")
	default:
		e.add(id, OK, title, e.Now().UTC().Format(time.RFC3339)+", not kept by a time server, which matters to signed tokens only", "")
	}
}

func (e *exam) disk() {
	const id, title = "host.disk", "disk"
	dir := existing(e.Config.Data.Dir)
	free, whole, ok := space(dir)
	if !ok || whole == 0 {
		return
	}
	e.judgeDisk(id, title, free, whole)
}

func (e *exam) judgeDisk(id, title string, free, whole uint64) {
	part := float64(free) / float64(whole)
	about := fmt.Sprintf("%.1f GiB free (%.0f %%) for data.dir", float64(free)/(1<<30), part*100)
	switch {
	case part < stopFree || free < stopBytes:
		e.add(id, Fail, title, about, "make room, or move data.dir to another disk")
	case part < warnFree:
		e.add(id, Warn, title, about, "make room soon")
	default:
		e.add(id, OK, title, about, "")
	}
}

// existing is the folder, or the nearest above it that is there.
func existing(dir string) string {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "."
	}
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

// ffmpeg says whether the program is there that some encoders' streams need.
func (e *exam) ffmpeg(ctx context.Context) {
	const id, title = "host.ffmpeg", "ffmpeg"
	setting := e.Config.RTMP.FFmpeg
	if setting == "off" {
		e.add(id, OK, title, "turned off (rtmp.ffmpeg); sound that is not AAC-LC or MP3, and B-frames that others refer to, reach no viewer", "")
		return
	}
	name := setting
	if name == "auto" {
		name = "ffmpeg"
	}
	path, err := exec.LookPath(name)
	if err != nil && setting != "auto" {
		e.add(id, Fail, title, "rtmp.ffmpeg names "+name+", which is not there", "install it, or set rtmp.ffmpeg to auto")
		return
	}
	if err != nil {
		e.add(id, OK, title, "not installed; Lectern turns AAC-LC and MP3 into Opus by itself, and needs it for other sound and for streams whose B-frames cannot be left out", "")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "-hide_banner", "-encoders").Output()
	if err != nil {
		e.add(id, Warn, title, path+" does not run: "+err.Error(), "install it anew")
		return
	}
	if !strings.Contains(string(out), "libx264") {
		e.add(id, Warn, title, path+" has no libx264, so that pictures are not encoded again", "install a build with libx264")
		return
	}
	e.add(id, OK, title, path+", with libx264", "")
}
