package peer

import (
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"lectern/internal/seal"
	"lectern/internal/udp"
	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// BenchmarkOneStream is the way of one stream's pictures, of eight packets of
// 1 100 bytes, from the publisher's bytes to the sockets of 200 viewers: gate,
// numbers, sealing and the kernel. The viewers' sockets are full, so that what
// receivers do has no part in it; "cut" is what it costs in addition that the
// kernel cuts apart what leaves together, as it does for a network card that
// cannot, or a receiver over loopback that does not take it so. With -cpu 1,2 it
// says what a second core brings: packets/s. cpu-ns/packet is the time of all
// cores.
func BenchmarkOneStream(b *testing.B) {
	b.Run("whole", func(b *testing.B) { benchmarkStream(b, true) })
	b.Run("cut", func(b *testing.B) { benchmarkStream(b, false) })
}

func benchmarkStream(b *testing.B, whole bool) {
	const viewers = 200
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	conn, err := udp.New(socket)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	r := newRouter(b)
	publication, err := r.Publish("live/bench", sfu.PublishOptions{})
	if err != nil {
		b.Fatal(err)
	}
	track, err := publication.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8})
	if err != nil {
		b.Fatal(err)
	}
	var forwarded atomic.Int64
	var target atomic.Int64
	done := make(chan struct{}, 1)
	section := &section{kind: sfu.Video, codecs: []codec{{name: "vp8", payloadType: 96, rtx: 97, clockRate: 90000}}, extensions: map[string]int{}}
	for range viewers {
		to, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = to.Close() })
		_ = to.SetReadBuffer(1) // the least there is
		if _, joined := udp.NewInbox(to, whole); joined != whole {
			b.Skip("this kernel always cuts")
		}
		sealer, err := seal.New(seal.AES128GCM, make([]byte, 16), make([]byte, 12))
		if err != nil {
			b.Fatal(err)
		}
		reports, err := srtp.CreateContext(make([]byte, 16), make([]byte, 12), srtp.ProtectionProfileAeadAes128Gcm)
		if err != nil {
			b.Fatal(err)
		}
		out := &outbound{burst: conn.Burst(), sealer: sealer, reports: reports, to: to.LocalAddr().(*net.UDPAddr).AddrPort()}
		sender := newSender(section, &source{ssrc: 1, rtx: 2}, out, &path{})
		v, err := r.Join("live/bench")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := v.Subscribe(sfu.Video, sfu.SinkFunc(func(burst []sfu.Forwarded) error {
			err := sender.WriteRTP(burst)
			if forwarded.Add(int64(len(burst))) == target.Load() {
				done <- struct{}{}
			}
			return err
		})); err != nil {
			b.Fatal(err)
		}
	}
	const packets = 8
	payload := make([]byte, 1100)
	copy(payload, sfutest.VP8Packet(0, 0, true).Payload)
	header := rtp.Header{Version: 2}
	var slab sfu.Slab
	picture := func() {
		now := time.Now()
		target.Store(forwarded.Load() + int64(packets*viewers))
		header.Timestamp += 3000
		for i := range packets {
			header.SequenceNumber++
			header.Marker = i == packets-1
			if err := track.Write(slab.Packet(&header, payload, now)); err != nil {
				b.Fatal(err)
			}
		}
		<-done
	}
	for range 50 {
		picture()
	}
	calls := conn.Stats().Calls
	before := processTime(b)
	pictures := 0
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		picture()
		pictures++
	}
	sent := float64(pictures * packets * viewers)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(sent/b.Elapsed().Seconds(), "packets/s")
	b.ReportMetric(float64((processTime(b)-before).Nanoseconds())/sent, "cpu-ns/packet")
	b.ReportMetric(float64(conn.Stats().Calls-calls)/float64(pictures*viewers), "calls/picture")
}

// processTime is what the process has used so far, of the user's and of the
// system's.
func processTime(b *testing.B) time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
