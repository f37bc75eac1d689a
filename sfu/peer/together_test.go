package peer

import (
	"runtime"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// Pictures are written to the core as a publisher's come; what leaves the
// socket is counted.
func TestAViewersBurstLeavesTogether(t *testing.T) {
	const pictures, packets, size = 40, 8, 1000
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			sfutest.NoLeaks(t)
			e, r := newEngine(t, Options{}, true), newRouter(t)
			publication, err := r.Publish(name, sfu.PublishOptions{})
			if err != nil {
				t.Fatal(err)
			}
			track, err := publication.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8})
			if err != nil {
				t.Fatal(err)
			}
			o := clientOptions{}
			if transport == "tcp" {
				o.settings = func(s *webrtc.SettingEngine) { s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4}) }
			}
			viewer := newClient(t, o)
			viewer.watch(e, r, name)
			viewer.waitConnected()
			in := viewer.kind[webrtc.RTPCodecTypeVideo]

			var slab sfu.Slab
			number := uint16(0)
			picture := func() {
				for i := range packets {
					first := sfutest.VP8Packet(number, uint32(number/packets)*3000, number < packets)
					payload := make([]byte, size)
					copy(payload, first.Payload)
					payload[size-1] = byte(number)
					if i > 0 {
						payload[0] &^= 0x10 // no picture begins here (RFC 7741 §4.2)
					}
					header := rtp.Header{Version: 2, SequenceNumber: number, Timestamp: uint32(number/packets) * 3000, Marker: i == packets-1}
					if err := track.Write(slab.Packet(&header, payload, time.Now())); err != nil {
						t.Fatal(err)
					}
					number++
				}
			}
			// The session joins a moment after its connection is there, and gets
			// the key frame from then on.
			picture()
			in.wait(t, packets)
			before := e.socket.Stats()
			for n := 2; n <= pictures; n++ {
				picture()
				in.wait(t, n*packets)
			}
			after := e.socket.Stats()

			got := in.wait(t, pictures*packets)
			for i, p := range got {
				if p.Payload[size-1] != byte(i) || p.SequenceNumber != got[0].SequenceNumber+uint16(i) {
					t.Fatalf("packet %d is number %d, with %d; want %d, with %d", i, p.SequenceNumber, p.Payload[size-1], got[0].SequenceNumber+uint16(i), byte(i))
				}
			}
			datagrams, calls := after.Datagrams-before.Datagrams, after.Calls-before.Calls
			t.Logf("%d datagrams in %d calls", datagrams, calls)
			switch {
			case transport == "tcp":
				if datagrams > pictures {
					t.Errorf("%d datagrams over UDP for a viewer over TCP", datagrams)
				}
			case datagrams < (pictures-2)*packets: // the last ones are counted after they have come
				t.Errorf("%d datagrams, want %d at least", datagrams, (pictures-2)*packets)
			case runtime.GOOS == "linux" && calls > datagrams*3/4:
				t.Errorf("%d datagrams left with %d calls", datagrams, calls)
			}
			if after.Lost > 0 {
				t.Errorf("%d lost", after.Lost)
			}
		})
	}
}
