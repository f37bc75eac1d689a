package peer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/pion/webrtc/v4"

	"lectern/internal/seal"
	"lectern/internal/udp"
	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// sealings are the ways of sealing packets, with their numbers here and there.
var sealings = []struct {
	name     string
	dtls     dtls.SRTPProtectionProfile
	ours     seal.Profile
	other    srtp.ProtectionProfile
	salt     int
	overhead int
}{
	{"GCM", dtls.SRTP_AEAD_AES_128_GCM, seal.AES128GCM, srtp.ProtectionProfileAeadAes128Gcm, 12, 16},
	{"CM", dtls.SRTP_AES128_CM_HMAC_SHA1_80, seal.AES128CMSHA1_80, srtp.ProtectionProfileAes128CmHmacSha1_80, 14, 10},
}

// material writes packets to the core, of which nobody knows, for a sender.
type material struct {
	track *sfu.Track
	slab  sfu.Slab
	next  uint16
}

func newMaterial(t testing.TB, codec sfu.Codec) *material {
	t.Helper()
	r := newRouter(t)
	publication, err := r.Publish("live/material", sfu.PublishOptions{})
	if err != nil {
		t.Fatal(err)
	}
	m := &material{}
	if m.track, err = publication.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: codec}); err != nil {
		t.Fatal(err)
	}
	return m
}

// packet returns one as it is to be sent with a number.
func (m *material) packet(t testing.TB, number uint16, payload []byte) sfu.Forwarded {
	t.Helper()
	p := m.slab.Packet(&rtp.Header{Version: 2, SequenceNumber: m.next}, payload, time.Now())
	m.next++
	if err := m.track.Write(p); err != nil {
		t.Fatal(err)
	}
	return sfu.Forwarded{Packet: p, SequenceNumber: number, Timestamp: uint32(number)}
}

// Whatever the two ends agree on, and on whatever way, packets arrive across
// the roll-over of their numbers, twice.
func TestSealedPacketsArrive(t *testing.T) {
	for _, c := range sealings {
		for _, transport := range []string{"udp", "tcp"} {
			t.Run(c.name+" over "+transport, func(t *testing.T) {
				sfutest.NoLeaks(t)
				e, r, m := newEngine(t, Options{}, true), newRouter(t), newMaterial(t, sfutest.VP8)
				viewer := newClient(t, clientOptions{settings: func(s *webrtc.SettingEngine) {
					s.SetSRTPProtectionProfiles(c.dtls)
					if transport == "tcp" {
						s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
					}
				}})
				p := viewer.watch(e, r, name)
				viewer.waitConnected()
				<-p.Connected()
				if got := p.link.out.overhead(); got != c.overhead {
					t.Fatalf("packets are %d octets longer, want %d", got, c.overhead)
				}
				s := p.media.(*watcher).senders[1]
				number, in := uint16(32767), viewer.kind[webrtc.RTPCodecTypeVideo]
				for n := range 10 {
					payload := append([]byte{0x10, byte(n)}, bytes.Repeat([]byte{byte(n)}, 100*n)...)
					if err := s.WriteRTP([]sfu.Forwarded{m.packet(t, number, payload)}); err != nil {
						t.Fatal(err)
					}
					packets := in.wait(t, n+1)
					if got := packets[n]; got.SequenceNumber != number || !bytes.Equal(got.Payload, payload) {
						t.Fatalf("packet %d: number %d with %d octets; want %d with %d", n, got.SequenceNumber, len(got.Payload), number, len(payload))
					}
					number += 20000
				}
			})
		}
	}
}

// bench is a sender whose packets arrive at a socket, without a session.
type bench struct {
	*sender
	receiver *net.UDPConn
	open     *srtp.Context
}

func newBench(t testing.TB, i int, s *section) *bench {
	t.Helper()
	listen := func() *net.UDPConn {
		socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = socket.Close() })
		return socket
	}
	b := &bench{receiver: listen()}
	conn, err := udp.New(listen())
	if err != nil {
		t.Fatal(err)
	}
	c := sealings[i]
	key, salt := bytes.Repeat([]byte{7}, 16), bytes.Repeat([]byte{9}, c.salt)
	sealer, err := seal.New(c.ours, key, salt)
	if err != nil {
		t.Fatal(err)
	}
	reports, err := srtp.CreateContext(key, salt, c.other)
	if err != nil {
		t.Fatal(err)
	}
	if b.open, err = srtp.CreateContext(key, salt, c.other); err != nil {
		t.Fatal(err)
	}
	out := &outbound{burst: conn.Burst(), sealer: sealer, reports: reports, to: b.receiver.LocalAddr().(*net.UDPAddr).AddrPort()}
	b.sender = newSender(s, &source{ssrc: 1, rtx: 2}, out, &path{})
	return b
}

// arrived reads what has come so far: loopback is done when the sender is.
func (b *bench) arrived(t testing.TB) (list [][]byte) {
	t.Helper()
	for {
		packet := make([]byte, 2000)
		if err := b.receiver.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		n, err := b.receiver.Read(packet)
		if err != nil {
			return list
		}
		if !isReport(packet[:n]) {
			list = append(list, packet[:n])
		}
	}
}

// What is sent again is either the same to the bit, or a packet of another
// stream; with a number of the connection's it could not be the same, and with
// no stream for it, it is not sent.
func TestWhatIsSentAgain(t *testing.T) {
	vp8 := codec{name: "vp8", payloadType: 96, clockRate: 90000}
	repaired := vp8
	repaired.rtx = 97
	for i, c := range sealings {
		for _, numbered := range []bool{false, true} {
			for _, present := range []codec{vp8, repaired} {
				t.Run(fmt.Sprintf("%s, numbered: %v, retransmission: %v", c.name, numbered, present.rtx > 0), func(t *testing.T) {
					s := &section{kind: sfu.Video, codecs: []codec{present}, extensions: map[string]int{}}
					if numbered {
						s.extensions[uriTransportCC] = 3
					}
					b, m := newBench(t, i, s), newMaterial(t, sfutest.VP8)
					burst := []sfu.Forwarded{m.packet(t, 10, []byte{0x10, 1}), m.packet(t, 11, []byte{0x10, 2, 3})}
					if err := b.WriteRTP(burst); err != nil {
						t.Fatal(err)
					}
					first := b.arrived(t)
					if len(first) != 2 {
						t.Fatalf("%d packets came, want 2", len(first))
					}
					for range 2 {
						if err := b.ResendRTP(burst[1:]); err != nil {
							t.Fatal(err)
						}
					}
					again := b.arrived(t)
					switch {
					case present.rtx > 0:
						if len(again) != 2 || bytes.Equal(again[0], again[1]) {
							t.Fatalf("sent again: %x, want two packets that differ", again)
						}
						for n, packet := range again {
							plain, err := b.open.DecryptRTP(nil, packet, nil)
							var p rtp.Packet
							if err != nil || p.Unmarshal(plain) != nil {
								t.Fatal(err)
							}
							if p.SSRC != 2 || p.PayloadType != 97 || p.SequenceNumber != uint16(n+1) || !bytes.Equal(p.Payload, []byte{0, 11, 0x10, 2, 3}) {
								t.Errorf("sent again: %v %x", p.Header, p.Payload)
							}
						}
					case numbered:
						if len(again) > 0 {
							t.Errorf("%d packets, which are not what they were, with a nonce that was used", len(again))
						}
					case !slices.EqualFunc(again, [][]byte{first[1], first[1]}, bytes.Equal):
						t.Errorf("sent again: %x, want %x twice", again, first[1])
					}
				})
			}
		}
	}
}

// A packet that comes twice is sealed once.
func TestANumberIsSentOnce(t *testing.T) {
	b, m := newBench(t, 0, &section{kind: sfu.Video, codecs: []codec{{name: "vp8", payloadType: 96, clockRate: 90000}}}), newMaterial(t, sfutest.VP8)
	for range 2 {
		if err := b.WriteRTP([]sfu.Forwarded{m.packet(t, 10, []byte{0x10, 1})}); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(b.arrived(t)); got != 1 {
		t.Errorf("%d packets with one number", got)
	}
}

// newInbound returns one that has keys, and how a viewer seals.
func newInbound(t *testing.T, i int) (in *inbound, viewer *srtp.Context, taken *[][]byte) {
	t.Helper()
	c := sealings[i]
	key, salt := bytes.Repeat([]byte{3}, 16), bytes.Repeat([]byte{4}, c.salt)
	viewer, err := srtp.CreateContext(key, salt, c.other)
	if err != nil {
		t.Fatal(err)
	}
	remote, err := srtp.CreateContext(key, salt, c.other, srtp.SRTCPReplayProtection(64), srtp.SRTPReplayProtection(64))
	if err != nil {
		t.Fatal(err)
	}
	taken = new([][]byte)
	in = &inbound{
		link: &link{peer: &Peer{engine: &Engine{}, offer: &offer{}, stopping: make(chan struct{}), log: slog.New(slog.DiscardHandler)}},
		take: func(b []byte) { *taken = append(*taken, bytes.Clone(b)) },
	}
	in.arm(remote)
	return in, viewer, taken
}

func TestOnlyTheSessionsOwnReportsAreTaken(t *testing.T) {
	for i, c := range sealings {
		t.Run(c.name, func(t *testing.T) {
			in, viewer, taken := newInbound(t, i)
			plain, err := (&rtcp.PictureLossIndication{SenderSSRC: 5, MediaSSRC: 6}).Marshal()
			if err != nil {
				t.Fatal(err)
			}
			report := func() []byte {
				b, err := viewer.EncryptRTCP(nil, plain, nil)
				if err != nil {
					t.Fatal(err)
				}
				return b
			}
			want := 0
			check := func(what string, ok, wanted bool) {
				t.Helper()
				if wanted {
					want++
				}
				if ok != wanted || len(*taken) != want {
					t.Errorf("%s: taken %v, %d in all; want %v, %d", what, ok, len(*taken), wanted, want)
				}
			}
			b := report()
			check("a report", in.direct(b), true)
			check("the same again", in.direct(b), false)
			for at := range b {
				forged := report()
				forged[at] ^= 0x40
				before := bytes.Clone(forged)
				if isReport(forged) {
					check(fmt.Sprintf("octet %d is wrong", at), in.direct(forged), false)
				}
				if !bytes.Equal(forged, before) {
					t.Errorf("octet %d is wrong: the packet was changed on its way to others", at)
				}
				in.since = time.Time{}
			}
			for n := range b {
				check(fmt.Sprintf("cut to %d octets", n), in.direct(report()[:n]), false)
				in.since = time.Time{}
			}
			if forged := in.link.peer.engine.Stats().Forged; forged != 0 {
				t.Errorf("%d counted, of those that others read yet", forged)
			}
			in.open(b)
			in.open([]byte{0x80, 200, 0, 0})
			if forged := in.link.peer.engine.Stats().Forged; forged != 2 || len(*taken) != want {
				t.Errorf("%d counted, want 2; %d taken, want %d", forged, len(*taken), want)
			}
			if !bytes.Equal((*taken)[0], plain) {
				t.Errorf("taken: %x, want %x", (*taken)[0], plain)
			}
			in.close()
			check("after the end", in.direct(report()), false)
		})
	}
}

// More than a viewer has to say is not read on the goroutine of all, but read.
func TestAFloodOfReportsGoesTheLongWay(t *testing.T) {
	in, viewer, taken := newInbound(t, 0)
	plain, err := (&rtcp.PictureLossIndication{SenderSSRC: 5, MediaSSRC: 6}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	const flood = 3 * directReports
	direct := 0
	for range flood {
		b, err := viewer.EncryptRTCP(nil, plain, nil)
		if err != nil {
			t.Fatal(err)
		}
		if in.direct(b) {
			direct++
		} else {
			in.open(b)
		}
	}
	if direct < directReports || direct > 2*directReports { // a second may end meanwhile
		t.Errorf("%d were read where they came in, want %d", direct, directReports)
	}
	if len(*taken) != flood {
		t.Errorf("%d of %d were taken", len(*taken), flood)
	}
}

// Media of a viewer's are opened, so that it is known whose they are, and go
// nowhere; too many streams of them end the session, those of strangers do not.
func TestStreamsOfAViewer(t *testing.T) {
	in, viewer, taken := newInbound(t, 0)
	most := int(in.link.peer.offer.streams())
	packet := func(ssrc uint32) []byte {
		plain, err := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, SSRC: ssrc, SequenceNumber: 1}, Payload: []byte("x")}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		b, err := viewer.EncryptRTP(nil, plain, nil)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for n := range most {
		own, stranger := packet(uint32(n)), packet(uint32(1000+n))
		stranger[len(stranger)-1] ^= 1
		if in.direct(own) {
			t.Error("taken where only reports are")
		}
		in.open(own)
		in.open(stranger)
	}
	if err := in.link.peer.stopped(); err != nil {
		t.Fatalf("ended with %v after %d streams", err, most)
	}
	in.open(packet(77))
	if err := in.link.peer.stopped(); !errors.Is(err, ErrExcess) || len(*taken) > 0 {
		t.Errorf("ended with %v, %d packets taken; want ErrExcess, 0", err, len(*taken))
	}
}

// stopped returns why the session is to end, nil while it is not.
func (p *Peer) stopped() error {
	select {
	case <-p.stopping:
		return p.err
	default:
		return nil
	}
}

// Whatever comes to a viewer's session is only looked at.
func FuzzInbound(f *testing.F) {
	f.Add([]byte{0x80, 200, 0, 1, 0, 0, 0, 1})
	f.Add([]byte{0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xbe, 0xde, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		for i := range sealings {
			in, _, taken := newInbound(t, i)
			before := bytes.Clone(b)
			in.direct(b)
			in.open(b)
			if len(*taken) > 0 || !bytes.Equal(b, before) {
				t.Fatalf("%x was taken, or changed", before)
			}
		}
	})
}

// The address of an offer's certificate says who may have the keys.
func TestAnotherCertificateIsRefused(t *testing.T) {
	sfutest.NoLeaks(t)
	e, r := newEngine(t, Options{SetupTimeout: 5 * time.Second}, false), newRouter(t)
	viewer := newClient(t, clientOptions{})
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if _, err := viewer.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
	}
	text := viewer.offer()
	o, err := parseOffer(text, watching, Limits{}.orDefaults())
	if err != nil {
		t.Fatal(err)
	}
	other := []byte(o.fingerprint)
	at := len(other) - 1
	other[at] = map[bool]byte{true: '1', false: '0'}[other[at] == '0']
	p, err := e.Watch(r, name, Offer{SDP: string(bytes.ReplaceAll([]byte(text), []byte(o.fingerprint), other))})
	if err != nil {
		t.Fatal(err)
	}
	viewer.accept(p.Answer())
	if err := ended(t, p); !errors.Is(err, ErrNoConnection) {
		t.Errorf("ended with %v, want ErrNoConnection", err)
	}
	for _, fingerprint := range []string{"sha-0 00", "md2 00:11"} {
		text := bytes.ReplaceAll([]byte(text), []byte(o.fingerprint), []byte(fingerprint))
		if _, err := e.Watch(r, name, Offer{SDP: string(text)}); !errors.Is(err, ErrUnsupported) {
			t.Errorf("a fingerprint %s: %v, want ErrUnsupported", fingerprint, err)
		}
	}
}

// Reports to a viewer are sealed too.
func TestSenderReportsAreSealed(t *testing.T) {
	for i, c := range sealings {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, i, &section{kind: sfu.Video})
			for n := range uint32(3) {
				b.out.begin()
				b.out.report([]rtcp.Packet{&rtcp.SenderReport{SSRC: 1, PacketCount: n}})
				b.out.end()
				packet := make([]byte, 2000)
				size, err := b.receiver.Read(packet)
				if err != nil {
					t.Fatal(err)
				}
				plain, err := b.open.DecryptRTCP(nil, packet[:size], nil)
				if err != nil || binary.BigEndian.Uint32(plain[20:]) != n {
					t.Fatalf("report %d: %x, %v", n, plain, err)
				}
			}
		})
	}
}

// A viewer may insist on either role.
func TestAViewerInBothDTLSRoles(t *testing.T) {
	for _, setup := range []string{"actpass", "active", "passive"} {
		t.Run(setup, func(t *testing.T) {
			sfutest.NoLeaks(t)
			e, r := newEngine(t, Options{}, false), newRouter(t)
			viewer := newClient(t, clientOptions{})
			for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
				if _, err := viewer.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
					t.Fatal(err)
				}
			}
			p, err := e.Watch(r, name, Offer{SDP: strings.ReplaceAll(viewer.offer(), "a=setup:actpass", "a=setup:"+setup)})
			if err != nil {
				t.Fatal(err)
			}
			viewer.accept(p.Answer())
			viewer.waitConnected()
			<-p.Connected()
			if got := p.link.out.overhead(); got != sealings[0].overhead {
				t.Errorf("packets are %d octets longer, want %d, of the quicker way to seal them", got, sealings[0].overhead)
			}
		})
	}
}
