package doctor

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"strings"
)

// engines are the words by which a container's group or marker file is known.
var engines = []string{"docker", "kubepods", "containerd", "libpod", "lxc"}

// containerEngine says in whose container this process is, "" for none.
func containerEngine() string {
	for file, engine := range map[string]string{"/.dockerenv": "Docker", "/run/.containerenv": "Podman"} {
		if _, err := os.Stat(file); err == nil {
			return engine
		}
	}
	if os.Getenv("KUBERNETES_SERVICE_HOST") != "" {
		return "Kubernetes"
	}
	group, err := os.ReadFile("/proc/1/cgroup")
	if err != nil {
		return ""
	}
	for _, engine := range engines {
		if strings.Contains(string(group), engine) {
			return engine
		}
	}
	return ""
}

// container says what has to be published, and compares what is announced with
// where people come.
func (e *exam) container(context.Context) { e.judgeContainer(containerEngine()) }

func (e *exam) judgeContainer(engine string) {
	const id, title = "network.container", "container"
	if engine == "" {
		e.add(id, OK, title, "none", "")
		return
	}
	udp := cmp.Or(e.Config.RTC.UDP, e.Config.HTTP.Listen)
	_, web, _ := net.SplitHostPort(e.Config.HTTP.Listen)
	_, media, err := net.SplitHostPort(udp)
	if err != nil {
		return
	}
	about := fmt.Sprintf("%s; clients are told the address by which they came, with UDP %s", engine, media)
	if len(e.announced) > 0 {
		about += "; besides: " + strings.Join(e.announced, ", ")
	}
	if !strings.HasSuffix(udp, ":"+web) {
		e.add(id, Warn, title, about, fmt.Sprintf("publish it under the same number: -p %s:%s -p %s:%s/udp", web, web, media, media))
		return
	}
	e.add(id, OK, title, about+fmt.Sprintf(". From inside it cannot be seen whether -p %s:%s/udp was given: lectern doctor URL from another machine can", media, media), "")
}
