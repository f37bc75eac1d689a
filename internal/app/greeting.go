package app

import (
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// greet writes for a person at a terminal where to go from here. The links
// carry the key in the part behind #, which browsers send to nobody.
func (a *App) greet(w io.Writer) error {
	url := a.URL()
	var b strings.Builder
	line := func(what, value, note string) {
		if note != "" {
			note = "   " + note
		}
		fmt.Fprintf(&b, "  %-13s %s%s\n", what, value, note)
	}
	fmt.Fprintf(&b, "lectern is ready after %v\n", time.Since(a.opened).Round(time.Millisecond))
	if a.config.Auth.Loopback == "key" {
		line("Open", url, "on this machine: camera and microphone work")
		line("", url+"/publish#k="+a.firstKey, "the link that may publish")
	} else {
		line("Open", url, "on this machine: camera and microphone work, no key is needed")
	}
	for _, other := range a.elsewhere() {
		note := ""
		if !a.config.HTTP.TLS() {
			note = "watching works; cameras need HTTPS (http.tls_cert)"
		}
		line("From outside", other, note)
		line("", other+"/publish#k="+a.firstKey, "the link that may publish")
	}
	b.WriteString("\n")
	line("Publish", url+"/publish", "in a browser")
	line("", url+"/whip/NAME", "with OBS or FFmpeg, service WHIP")
	line("", a.rtmpURL()+"/live", "with any encoder, stream key NAME")
	line("Watch", url+"/watch/NAME", "in a browser")
	line("", url+"/whep/NAME", "with a WHEP player")
	if a.config.Demo.Stream != "" {
		line("Demo", url+a.demoPage(), "a running clock, to see how late the picture is")
	}
	b.WriteString("\n")
	line("Media", "udp "+a.ports.udp.LocalAddr().String(), "")
	if a.config.RTC.TCP {
		line("", "tcp "+a.ports.tcp.Addr().String(), "for networks that block UDP")
	}
	line("Admin", url+"/admin#k="+a.firstKey, "the owner's page, for you alone")
	line("Key", a.firstKeyPath(), "for publishing with a key, as bearer token")
	_, err := io.WriteString(w, b.String())
	return err
}

// rtmpURL is where encoders on this machine push to, without an application.
func (a *App) rtmpURL() string {
	const standard = 1935
	host := "rtmp://localhost"
	if port := a.ports.rtmpPort(); port != standard {
		host += fmt.Sprintf(":%d", port)
	}
	return host
}

// elsewhere lists the addresses for other machines.
func (a *App) elsewhere() []string {
	ip := a.ports.addr.Addr()
	if ip.IsLoopback() || !ip.IsUnspecified() {
		return nil
	}
	scheme, _, _ := strings.Cut(a.URL(), "://")
	var list []string
	for _, ip := range a.peers.Addresses() {
		list = append(list, scheme+"://"+net.JoinHostPort(ip.String(), fmt.Sprint(a.ports.addr.Port())))
	}
	return list[:min(len(list), 3)]
}
