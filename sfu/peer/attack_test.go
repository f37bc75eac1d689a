package peer

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v4/packetio"
	"github.com/pion/webrtc/v4"

	"lectern/sfu"
)

// scene is a film that somebody watches, while somebody else attacks the same
// server.
type scene struct {
	*lan
	engine *Engine
	router *sfu.Router
	film   *film
	victim *received
	began  time.Time
}

// attacked runs an attack in a bubble, and holds against it that it harms
// nobody: the film goes on without a freeze for its viewer, no goroutine is
// left, and no memory.
func attacked(t *testing.T, attack func(t *testing.T, s *scene)) {
	synctest.Test(t, func(t *testing.T) {
		s := &scene{lan: newLAN()}
		t.Cleanup(s.close)
		s.engine, s.router = s.lan.engine(t), newRouter(t)
		s.film = publishFilm(t, s.lan, s.engine, s.router)
		viewer, _ := s.client(t, clientOptions{})
		viewer.watch(s.engine, s.router, name)
		s.victim = viewer.kind[webrtc.RTPCodecTypeVideo]
		s.victim.wait(t, filmRate*filmPicture)
		time.Sleep(40 * time.Second) // until as much is cached as ever will be
		s.victim.forget()
		s.began = time.Now()
		memory, goroutines := heap(), runtime.NumGoroutine()
		attack(t, s)
		time.Sleep(5 * time.Second)
		holds(t, memory)
		if more := runtime.NumGoroutine() - goroutines; more > 10 {
			t.Errorf("%d goroutines are left of the attack", more)
		}
		if got := see(s.victim, s.began, time.Now()); got.freezes > 0 || got.left > 0 || got.pictures < 100 {
			t.Errorf("another viewer saw %v", got)
		}
	})
}

// leaves takes an attacker away, and waits until the server has noticed.
func leaves(t *testing.T, c *client, s *socket, p *Peer) {
	t.Helper()
	c.leave()
	select {
	case <-p.Done():
	case <-time.After(30 * time.Second):
		t.Error("the session goes on")
	}
	_ = s.mux.Close()
	_ = s.Close()
}

// A publisher's packets may be anything once it has keys.
func TestMutatedPackets(t *testing.T) {
	attacked(t, func(t *testing.T, s *scene) {
		c, socket := s.client(t, clientOptions{})
		track := &rawTrack{TrackLocalStaticRTP: localTrack(t, webrtc.MimeTypeVP8)}
		c.addTracks(track)
		p, err := s.engine.Publish(s.router, "live/attack", "b", Offer{SDP: c.offer()})
		if err != nil {
			t.Fatal(err)
		}
		c.accept(p.Answer())
		c.waitConnected()
		chance := rand.New(rand.NewPCG(3, 4))
		bytes := func(most int) []byte {
			b := make([]byte, chance.IntN(most))
			for i := range b {
				b[i] = byte(chance.Uint32())
			}
			return b
		}
		for i := range 10_000 {
			h := &rtp.Header{
				Version: 2, Marker: chance.IntN(2) == 0, PayloadType: track.payloadType + uint8(chance.IntN(2)),
				SSRC: track.ssrc + uint32(chance.IntN(4)), SequenceNumber: uint16(chance.Uint32()), Timestamp: chance.Uint32(),
			}
			if i%2 == 0 {
				h.SequenceNumber, h.PayloadType, h.SSRC = uint16(i), track.payloadType, track.ssrc
			}
			for range chance.IntN(3) {
				_ = h.SetExtension(uint8(1+chance.IntN(14)), bytes(16))
			}
			_, _ = track.writer.WriteRTP(h, bytes(1200))
			report := append([]byte{0x80 | byte(chance.IntN(32)), 200 + byte(chance.IntN(8)), 0, 0}, bytes(100)...)
			report = report[:len(report)/4*4]
			binary.BigEndian.PutUint16(report[2:], uint16(len(report)/4-1))
			_ = c.pc.WriteRTCP([]rtcp.Packet{(*rtcp.RawPacket)(&report)})
			if i%20 == 19 {
				time.Sleep(10 * time.Millisecond)
			}
		}
		leaves(t, c, socket, p)
	})
}

// Whatever is decrypted, it is only the session's own.
func FuzzTake(f *testing.F) {
	p, err := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: offeredVP8, SSRC: 1}, Payload: picture}).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p, false)
	f.Add([]byte{0xbf, 0xe0 | 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, false)
	f.Add([]byte{0x80, 200, 0, 6, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0, 0, 1, 0, 0, 0, 1}, true)
	f.Fuzz(func(t *testing.T, b []byte, report bool) {
		in := newIntake(t, "h", "f")
		for i := range 3 {
			if report {
				in.takeReports(1, b, in.at)
			} else if err := in.takePacket(b, in.at); err != nil {
				t.Fatal(err)
			}
			in.at = in.at.Add(time.Duration(i) * 50 * time.Millisecond)
			for _, packet := range in.due(in.at, 0).packets {
				if b, err := packet.Marshal(); err != nil || len(b) > 1200 {
					t.Fatalf("a report of %d bytes, %v", len(b), err)
				}
			}
		}
	})
}

// Packets that were not sealed with the session's keys are dropped, whoever
// sends them.
func TestPacketsWithAWrongTag(t *testing.T) {
	attacked(t, func(t *testing.T, s *scene) {
		stranger := s.listen(false)
		b := make([]byte, 200)
		server := s.engine.options.UDP.LocalAddr()
		for i := range 100_000 {
			p := rtp.Header{Version: 2, PayloadType: 96, SSRC: uint32(i), SequenceNumber: uint16(i)}
			if _, err := p.MarshalTo(b); err != nil {
				t.Fatal(err)
			}
			from := stranger
			if i%2 == 0 {
				from = s.film.socket // the right address
			}
			_, _ = from.WriteTo(b, server)
			if i%100 == 99 {
				time.Sleep(10 * time.Millisecond)
			}
		}
		if err := s.film.peer.Err(); err != nil {
			t.Errorf("the session has ended: %v", err)
		}
	})
}

// A viewer that asks for everything again gets no more than a quarter more.
func TestAFloodOfNACKs(t *testing.T) {
	attacked(t, func(t *testing.T, s *scene) {
		c, socket := s.client(t, clientOptions{})
		p := c.watch(s.engine, s.router, name)
		in := c.kind[webrtc.RTPCodecTypeVideo]
		packets := in.wait(t, 2*filmRate*filmPicture)
		socket.down.set(impairment{})
		sent := s.film.bytes.Load()
		for range 1000 {
			in.mu.Lock()
			newest := in.packets[len(in.packets)-1].SequenceNumber
			in.mu.Unlock()
			flood := &rtcp.TransportLayerNack{MediaSSRC: packets[0].SSRC}
			for i := range uint16(250) {
				flood.Nacks = append(flood.Nacks, rtcp.NackPair{PacketID: newest - i*17, LostPackets: 0xffff})
			}
			if err := c.pc.WriteRTCP([]rtcp.Packet{flood}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		share := float64(socket.down.sent()) / float64(s.film.bytes.Load()-sent)
		t.Logf("%.3f times the bytes", share)
		const saved, others = 0.06, 0.04 // what it had saved up to ask for; headers, STUN and reports
		if share > 1.25+saved+others {
			t.Errorf("%.3f times the bytes, want at most 1.25", share)
		}
		leaves(t, c, socket, p)
	})
}

// However many viewers ask for key frames, the publisher is asked once a second.
func TestAFloodOfPLIs(t *testing.T) {
	attacked(t, func(t *testing.T, s *scene) {
		type attacker struct {
			c *client
			s *socket
			p *Peer
		}
		var attackers []attacker
		for range 10 {
			c, socket := s.client(t, clientOptions{})
			attackers = append(attackers, attacker{c, socket, c.watch(s.engine, s.router, name)})
		}
		for _, a := range attackers {
			a.c.kind[webrtc.RTPCodecTypeVideo].wait(t, 1)
		}
		before := s.film.plis.Load()
		const seconds = 10
		for range seconds * 20 {
			for _, a := range attackers {
				in := a.c.kind[webrtc.RTPCodecTypeVideo]
				_ = a.c.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: in.ssrc.Load()}})
			}
			time.Sleep(50 * time.Millisecond)
		}
		if asked := s.film.plis.Load() - before; asked > seconds+1 {
			t.Errorf("the publisher was asked %d times in %d s, want once a second", asked, seconds)
		}
		for _, a := range attackers {
			leaves(t, a.c, a.s, a.p)
		}
	})
}

// What a viewer says of its bandwidth makes nothing be sent that is not there.
func TestReportsThatLie(t *testing.T) {
	attacked(t, func(t *testing.T, s *scene) {
		c, socket := s.client(t, clientOptions{})
		p := c.watch(s.engine, s.router, name)
		in := c.kind[webrtc.RTPCodecTypeVideo]
		in.wait(t, 2*filmRate*filmPicture)
		socket.down.set(impairment{})
		sent := s.film.bytes.Load()
		chance := rand.New(rand.NewPCG(5, 6))
		var lies arrivals
		for i := range 1000 {
			lies.note(uint16(chance.Uint32()), time.Now())
			report := lies.report(1, in.ssrc.Load())
			packets := []rtcp.Packet{
				&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: float32(chance.Uint32()) * 1000, SSRCs: []uint32{in.ssrc.Load()}},
				&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{
					SSRC: in.ssrc.Load(), FractionLost: uint8(i), LastSequenceNumber: chance.Uint32(), LastSenderReport: chance.Uint32(), Delay: chance.Uint32(),
				}}},
			}
			if report != nil {
				packets = append(packets, (*rtcp.RawPacket)(&report))
			}
			for _, packet := range packets {
				if err := c.pc.WriteRTCP([]rtcp.Packet{packet}); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(10 * time.Millisecond)
		}
		share := float64(socket.down.sent()) / float64(s.film.bytes.Load()-sent)
		t.Logf("%.3f times the bytes", share)
		if share > 1.2 {
			t.Errorf("%.3f times the bytes, want at most 1.2", share)
		}
		leaves(t, c, socket, p)
	})
}

// A viewer that tells of a narrow network, and of a wide one, in turn, makes
// nothing be sent beyond the padding that tries it out.
func TestReportsThatLieInTurn(t *testing.T) {
	attacked(t, func(t *testing.T, s *scene) {
		c, socket := s.client(t, clientOptions{nack: []nack.GeneratorOption{}, numbered: true})
		p := c.watch(s.engine, s.router, name)
		in := c.kind[webrtc.RTPCodecTypeVideo]
		in.wait(t, 2*filmRate*filmPicture)
		socket.down.set(impairment{})
		sent, began := s.film.bytes.Load(), time.Now()
		var lies arrivals
		x := &p.media.(*watcher).path
		told, limits := uint16(0), 0
		for i := range 600 {
			time.Sleep(50 * time.Millisecond)
			x.mu.Lock()
			next, limit := x.departures.next, x.estimate.limit
			x.mu.Unlock()
			if limit > 0 {
				limits++
			}
			late := time.Duration(0)
			if i%40 < 16 { // of two seconds; a queue for a shorter time is excused
				late = time.Duration(min(i%40, 10)) * 20 * time.Millisecond
			}
			for ; told != next; told++ {
				lies.note(told, time.Now().Add(late+time.Duration(next-told)*time.Microsecond))
			}
			if report := lies.report(1, in.ssrc.Load()); report != nil {
				if err := c.pc.WriteRTCP([]rtcp.Packet{(*rtcp.RawPacket)(&report)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		share := float64(socket.down.sent()) / float64(s.film.bytes.Load()-sent)
		t.Logf("%.3f times the bytes in %v, with a limit in %d of 600 looks", share, time.Since(began), limits)
		if share > 1.2 {
			t.Errorf("%.3f times the bytes, want at most 1.2", share)
		}
		if limits < 300 {
			t.Error("the lies were not believed, so that nothing was tried")
		}
		leaves(t, c, socket, p)
	})
}

// A publisher's SSRCs cost nothing beyond the first few.
func TestManySSRCs(t *testing.T) {
	attacked(t, func(t *testing.T, s *scene) {
		c, socket := s.client(t, clientOptions{})
		track := &rawTrack{TrackLocalStaticRTP: localTrack(t, webrtc.MimeTypeVP8)}
		c.addTracks(track)
		p, err := s.engine.Publish(s.router, "live/attack", "b", Offer{SDP: c.offer()})
		if err != nil {
			t.Fatal(err)
		}
		c.accept(p.Answer())
		c.waitConnected()
		before := heap()
		for i := range uint32(50_000) {
			h := &rtp.Header{Version: 2, PayloadType: track.payloadType, SSRC: track.ssrc + i}
			_, _ = track.writer.WriteRTP(h, make([]byte, 100))
			if i%1000 == 999 {
				time.Sleep(time.Millisecond)
			}
		}
		if err := ended(t, p); !errors.Is(err, ErrExcess) {
			t.Errorf("ended with %v, want ErrExcess", err)
		}
		c.leave() // with its own state of so many
		track.writer = nil
		_ = socket.mux.Close()
		if grown := heap() - before; grown > 2<<20 {
			t.Errorf("memory has grown by %d KiB", grown>>10)
		}
	})
}

// A panic in the way of a publisher's packets ends its session and nothing else.
func TestAPanicEndsTheSession(t *testing.T) {
	in := newIntake(t)
	in.streams = nil // which nothing can be written to
	b, err := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: offeredVP8, SSRC: 7}, Payload: picture}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	in.take(packetio.RTPBufferPacket, 7, b)
	select {
	case <-in.peer.stopping:
		if !strings.HasPrefix(in.peer.err.Error(), "panic") {
			t.Errorf("ended with %v", in.peer.err)
		}
	default:
		t.Error("the session goes on")
	}
}
