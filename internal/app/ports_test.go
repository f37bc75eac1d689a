package app

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"

	"lectern/internal/config"
)

// A port that somebody else has is said in words, and no other stays open.
func TestAPortThatIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	media, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer media.Close()
	for setting, set := range map[string]func(*config.Config){
		"http.listen":  func(c *config.Config) { c.HTTP.Listen = taken.Addr().String() },
		"rtc.udp":      func(c *config.Config) { c.RTC.UDP = media.LocalAddr().String() },
		"rtmp.listen":  func(c *config.Config) { c.RTMP.Listen = taken.Addr().String() },
		"admin.listen": func(c *config.Config) { c.Admin.Listen = taken.Addr().String() },
	} {
		t.Run(setting, func(t *testing.T) {
			c := config.Config{}
			c.HTTP.Listen = "127.0.0.1:0"
			set(&c)
			p, err := openPorts(c)
			if p != nil || !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "("+setting) {
				t.Errorf("%v, %v", p, err)
			}
		})
	}
}
