package e2e

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// What strangers send to the RTMP port. Each attack is what follows the
// client's side of the handshake.
var rtmpAttacks = map[string][]byte{
	"nothing at all":                        nil,
	"a message that is said to have 16 MiB": append([]byte{3, 0, 0, 0, 0xff, 0xff, 0xff, 20, 0, 0, 0, 0}, make([]byte, 128)...),
	"a huge chunk size":                     {2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 3, 0, 0, 0, 0xff, 0xff, 0xff, 20, 0, 0, 0, 0, 1, 2, 3},
	"many chunk streams": func() []byte {
		var b []byte
		for id := byte(3); id < 60; id++ {
			b = append(append(b, id, 0, 0, 0, 0, 0xff, 0xff, 20, 0, 0, 0, 0), make([]byte, 128)...)
		}
		return b
	}(),
	"objects in objects": command(bytes.Repeat([]byte{3, 0, 1, 'a'}, 1000)),
	"an endless array":   command([]byte{8, 0xff, 0xff, 0xff, 0xff}),
	"a long string":      command([]byte{12, 0xff, 0xff, 0xff, 0xff, 'a'}),
}

// command is a message with the name connect and what follows it.
func command(rest []byte) []byte {
	body := append([]byte{2, 0, 7, 'c', 'o', 'n', 'n', 'e', 'c', 't', 0, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0}, rest...)
	head := []byte{3, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0}
	head[5], head[6] = byte(len(body)>>8), byte(len(body))
	var b []byte
	for i := 0; i < len(body); i += 128 {
		if i > 0 {
			b = append(b, 0xc3)
		}
		b = append(b, body[i:min(i+128, len(body))]...)
	}
	return append(head, b...)
}

// A thousand connections at once and eight thousand in a row do harm to
// nobody: a viewer of another stream misses nothing, memory stays where it
// was, and no goroutine stays.
func TestRTMPAttacks(t *testing.T) {
	s := startServer(t, "--limits.rtmp_address", "0", "--limits.refused_rate", "off")
	video, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "video", "s")
	if err != nil {
		t.Fatal(err)
	}
	pc := newPC(t)
	if _, err := pc.AddTransceiverFromTrack(video, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		t.Fatal(err)
	}
	connect(t, pc, s.url, "/whip/other", "")
	stop, stopped := make(chan struct{}), make(chan int)
	go func() { stopped <- send(video, 114, stop) }()
	viewer := &counter{changed: make(chan struct{}, 1)}
	watching := newPC(t)
	watching.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { viewer.read(remote) })
	if _, err := watching.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	connect(t, watching, s.url, "/whep/other", "")
	viewer.wait(t, 100)
	before := s.usage(t)
	address := strings.TrimPrefix(s.url, "http://")

	peak := before.rss
	t.Run("1 000 at once", func(t *testing.T) {
		var all sync.WaitGroup
		open := make(chan net.Conn, 1000)
		for range 1000 {
			all.Go(func() {
				if c, err := net.Dial("tcp", address); err == nil {
					_, _ = c.Write(append([]byte{3}, make([]byte, 1536)...))
					open <- c
				}
			})
		}
		all.Wait()
		close(open)
		during := s.usage(t)
		peak = max(peak, during.rss)
		t.Logf("%d open connections: %d KiB each", len(open), (during.rss-before.rss)/1000)
		for c := range open {
			_ = c.Close()
		}
	})
	for name, attack := range rtmpAttacks {
		t.Run(name, func(t *testing.T) {
			const each, together = 1200, 50
			var all sync.WaitGroup
			for range together {
				all.Go(func() {
					for range each / together {
						attackRTMP(address, attack)
					}
				})
			}
			all.Wait()
			now := s.usage(t)
			peak = max(peak, now.rss)
			t.Logf("%d connections: %d KiB resident, %d before", each, now.rss, before.rss)
		})
	}
	close(stop)
	<-stopped
	if lost := viewer.lost.Load(); lost != 0 {
		t.Errorf("the viewer of another stream has lost %d packets of %d", lost, viewer.packets.Load())
	}
	if grown := peak - before.rss; grown > 128<<10 {
		t.Errorf("memory has grown by %d KiB", grown)
	}
	deadline := time.Now().Add(15 * time.Second)
	for s.usage(t).goroutines > before.goroutines+10 && time.Now().Before(deadline) {
		<-time.After(100 * time.Millisecond) // nothing tells when a goroutine of another process has ended
	}
	if after := s.usage(t); after.goroutines > before.goroutines+10 {
		t.Errorf("%d goroutines stay, there were %d before", after.goroutines, before.goroutines)
	}
	if strings.Contains(s.log.String(), "level=ERROR") {
		t.Error("errors in the log")
	}
}

// attackRTMP does the client's side of the handshake, attacks, and looks
// whether it is closed; it closes by itself when nothing is said.
func attackRTMP(address string, attack []byte) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(2 * time.Second))
	if _, err := c.Write(append([]byte{3}, make([]byte, 1536)...)); err != nil || attack == nil {
		return
	}
	if _, err := io.CopyN(io.Discard, c, 1+2*1536); err != nil {
		return
	}
	if _, err := c.Write(append(make([]byte, 1536), attack...)); err != nil {
		return
	}
	_ = c.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, c)
}
