package peer

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// rawTrack lets a test write any RTP header.
type rawTrack struct {
	*webrtc.TrackLocalStaticRTP
	writer      webrtc.TrackLocalWriter
	ssrc        uint32
	payloadType uint8
}

func (r *rawTrack) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	r.writer, r.ssrc = c.WriteStream(), uint32(c.SSRC())
	p, err := r.TrackLocalStaticRTP.Bind(c)
	r.payloadType = uint8(p.PayloadType)
	return p, err
}

func heap() int64 {
	runtime.GC()
	runtime.GC() // what was pooled goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// holds fails the test when memory has grown by more than 8 MiB.
func holds(t *testing.T, before int64) {
	t.Helper()
	if grown := heap() - before; grown > 8<<20 {
		t.Errorf("memory has grown by %d KiB", grown>>10)
	}
}

// ended waits for the end of a session and returns its cause.
func ended(t *testing.T, p *Peer) error {
	t.Helper()
	select {
	case <-p.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the session goes on")
	}
	return p.Err()
}

// A viewer that names another client's address as its own candidate gets none
// of its packets.
func TestNobodyTakesAnothersAddress(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{}, false), newRouter(t)
	c, _ := broadcast(t, e, r, webrtc.MimeTypeVP8, 30)
	viewer := newClient(t, clientOptions{})
	viewer.watch(e, r, name)
	in := viewer.kind[webrtc.RTPCodecTypeVideo]
	in.wait(t, 30)
	pair, err := c.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil {
		t.Fatal(err)
	}
	offer := fixture(t, "whep-chromium156.sdp")
	at := strings.Index(offer, "a=mid:")
	offer = offer[:at] + fmt.Sprintf("a=candidate:1 1 udp 2122063615 127.0.0.1 %d typ host\r\n", pair.Local.Port) + offer[at:]
	for range 20 {
		p, err := e.Watch(r, "live/other", Offer{SDP: offer})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close(nil)
	}
	before, _ := r.Info(name)
	in.wait(t, len(in.wait(t, 1))+120)
	after, _ := r.Info(name)
	for i := range after.Tracks {
		if lost := after.Tracks[i].Lost - before.Tracks[i].Lost; lost > 0 {
			t.Errorf("%d packets of %s were lost", lost, after.Tracks[i].Kind)
		}
	}
}

func TestTooManySSRCs(t *testing.T) {
	t.Run("named by a viewer", func(t *testing.T) {
		sfutest.NoLeaks(t)
		e, r := newEngine(t, Options{}, false), newRouter(t)
		viewer := newClient(t, clientOptions{})
		p := viewer.watch(e, r, name)
		viewer.waitConnected()
		before := heap()
		remb := &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1e6}
		for i := range uint32(100) {
			remb.SSRCs = append(remb.SSRCs, 1_000_000+i)
		}
		if err := viewer.pc.WriteRTCP([]rtcp.Packet{remb}); err != nil {
			t.Fatal(err)
		}
		if err := ended(t, p); !errors.Is(err, ErrExcess) {
			t.Errorf("ended with %v, want ErrExcess", err)
		}
		holds(t, before)
	})
	t.Run("sent by a publisher", func(t *testing.T) {
		sfutest.NoLeaks(t)
		e, r := newEngine(t, Options{}, false), newRouter(t)
		c := newClient(t, clientOptions{})
		track := &rawTrack{TrackLocalStaticRTP: localTrack(t, webrtc.MimeTypeVP8)}
		c.addTracks(track)
		var lines []string // without a=ssrc, any SSRC is the section's
		for line := range strings.SplitSeq(c.offer(), "\r\n") {
			if !strings.HasPrefix(line, "a=ssrc") {
				lines = append(lines, line)
			}
		}
		p, err := e.Publish(r, name, "a", Offer{SDP: strings.Join(lines, "\r\n")})
		if err != nil {
			t.Fatal(err)
		}
		c.accept(p.Answer())
		c.waitConnected()
		before := heap()
		for i := range uint32(500) {
			h := &rtp.Header{Version: 2, PayloadType: track.payloadType, SSRC: 1000 + i}
			_, _ = track.writer.WriteRTP(h, make([]byte, 100))
		}
		if err := ended(t, p); !errors.Is(err, ErrExcess) {
			t.Errorf("ended with %v, want ErrExcess", err)
		}
		holds(t, before)
	})
}

// What a viewer sends as media is not kept, and too much of it ends the
// session.
func TestMediaOfAViewer(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{}, false), newRouter(t)
	c := newClient(t, clientOptions{})
	track := &rawTrack{TrackLocalStaticRTP: localTrack(t, webrtc.MimeTypeVP8)}
	c.addTracks(track)
	p, err := e.Watch(r, name, Offer{SDP: strings.ReplaceAll(c.offer(), "a=sendonly", "a=sendrecv")})
	if err != nil {
		t.Fatal(err)
	}
	c.accept(strings.ReplaceAll(p.Answer(), "a=sendonly", "a=recvonly"))
	c.waitConnected()
	before := heap()
	for ssrc := range uint32(40) {
		for i := range uint16(500) {
			h := &rtp.Header{Version: 2, PayloadType: track.payloadType, SSRC: 1000 + ssrc, SequenceNumber: i}
			_, _ = track.writer.WriteRTP(h, make([]byte, 1100))
		}
	}
	holds(t, before)
	if err := ended(t, p); !errors.Is(err, ErrExcess) {
		t.Errorf("ended with %v, want ErrExcess", err)
	}
}

// A browser may change to another codec of the answer in mid-stream.
func TestThePublisherChangesThePayloadType(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{}, false), newRouter(t)
	c := newClient(t, clientOptions{})
	track := &rawTrack{TrackLocalStaticRTP: localTrack(t, webrtc.MimeTypeVP8)}
	c.addTracks(track)
	p, err := e.Publish(r, name, "a", Offer{SDP: c.offer()})
	if err != nil {
		t.Fatal(err)
	}
	c.accept(p.Answer())
	c.waitConnected()
	var h264 uint8
	for _, k := range p.offer.sections[0].codecs {
		if k.name == "h264" {
			h264 = k.payloadType
		}
	}
	viewer := newClient(t, clientOptions{})
	viewer.watch(e, r, name)
	viewer.waitConnected()
	in := viewer.kind[webrtc.RTPCodecTypeVideo]
	number := uint16(0)
	send := func(payloadType uint8, payload []byte) {
		h := &rtp.Header{Version: 2, Marker: true, PayloadType: payloadType, SSRC: track.ssrc, SequenceNumber: number, Timestamp: uint32(number) * 3000}
		_, _ = track.writer.WriteRTP(h, payload)
		number++
	}
	// until sends pictures until so many packets have come to the viewer.
	until := func(n int, payloadType uint8, payload []byte) []*rtp.Packet {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			in.mu.Lock()
			packets := in.packets
			in.mu.Unlock()
			if len(packets) >= n {
				return packets
			}
			<-tick.C
			send(payloadType, payload)
		}
	}
	vp8 := sfutest.VP8Packet(0, 0, true).Payload
	first := until(20, track.payloadType, vp8)
	second := until(len(first)+20, h264, []byte{0x67, 0x42, 0xc0, 0x1f, 0xda, 0x01, 0x40, 0x16, 0xe8})
	third := until(len(second)+20, track.payloadType, vp8)
	changes := 0
	for i := 1; i < len(third); i++ {
		if third[i].PayloadType != third[i-1].PayloadType {
			changes++
		}
		if third[i].SequenceNumber != third[i-1].SequenceNumber+1 {
			t.Errorf("%d follows %d", third[i].SequenceNumber, third[i-1].SequenceNumber)
		}
	}
	if changes != 2 {
		t.Errorf("the viewer has seen %d changes of the payload type, want 2", changes)
	}
	if info, _ := r.Info(name); len(info.Tracks) != 1 || info.State != sfu.StateLive {
		t.Errorf("listed: %+v", info)
	}
}

// What an offer costs does not depend on what is written into it.
func TestOffersThatAreMadeToCost(t *testing.T) {
	for name, line := range map[string]func(i int) string{
		"feedback of all":      func(i int) string { return fmt.Sprintf("a=rtcp-fb:* x%d", i) },
		"feedback again":       func(int) string { return "a=rtcp-fb:96 nack" },
		"mappings of all":      func(int) string { return "a=rtpmap:* VP8/90000" },
		"mappings again":       func(int) string { return "a=rtpmap:96 VP8/90000" },
		"parameters":           func(int) string { return "a=fmtp:96 " + strings.Repeat("a=b;", 200) },
		"parameters again":     func(i int) string { return fmt.Sprintf("a=fmtp:96 x=%d", i) },
		"sources":              func(i int) string { return fmt.Sprintf("a=ssrc:%d cname:x", i+5000) },
		"groups of sources":    func(i int) string { return fmt.Sprintf("a=ssrc-group:FID %d %d", 2*i+5000, 2*i+5001) },
		"extensions":           func(i int) string { return fmt.Sprintf("a=extmap:%d urn:x:%d", i%255, i) },
		"the same extension":   func(i int) string { return fmt.Sprintf("a=extmap:%d %s", i%14+1, uriTransportCC) },
		"simulcast":            func(int) string { return "a=simulcast:send " + strings.Repeat("1;", 200) },
		"attributes of no use": func(i int) string { return fmt.Sprintf("a=x%d:y", i) },
	} {
		t.Run(name, func(t *testing.T) {
			e, r := newEngine(t, Options{}, false), newRouter(t)
			for _, file := range []string{"whip-chromium156.sdp", "whep-chromium156.sdp"} {
				offer := fixture(t, file)
				var lines strings.Builder
				for i := 0; lines.Len()+len(offer) < maxOffer-1000; i++ {
					lines.WriteString(line(i) + "\r\n")
				}
				at := strings.LastIndex(offer, "a=mid:")
				p, err := e.start(r, file, offer[:at]+lines.String()+offer[at:])
				if err != nil {
					if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrTooLarge) {
						t.Errorf("%s: %v", file, err)
					}
					continue
				}
				if size := len(p.Answer()); size > 8<<10 {
					t.Errorf("%s: the answer has %d bytes", file, size)
				}
				p.Close(nil)
			}
		})
	}
}
