package peer

import (
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"

	"lectern/internal/testlog"
	"lectern/sfu/sfutest"
)

// The page loads and the picture does not come: the log says which of three
// causes it is, and what mends it.
func TestTheLogSaysWhyThereIsNoConnection(t *testing.T) {
	for _, c := range []struct {
		name string
		does func(t *testing.T, viewer *client, sdp, answer string) // the client, with the answer
		want []string
	}{
		{"nothing comes", func(*testing.T, *client, string, string) {}, []string{"code=media_unreachable", "announced=", "127.0.0.1:", "checks=0", "set rtc.public_ip", "-p PORT:PORT/udp"}},
		{"answers do not arrive", checkDeafly, []string{"code=media_one_way", "outgoing UDP"}},
		{"no encryption", func(_ *testing.T, v *client, _, answer string) { v.accept(answer) }, []string{"code=media_handshake", "DTLS"}},
	} {
		for _, side := range []string{"viewer", "publisher"} {
			t.Run(c.name+", a "+side, func(t *testing.T) {
				sfutest.NoLeaks(t)
				out := &testlog.Log{}
				e, r := newEngine(t, Options{SetupTimeout: 2 * time.Second, Log: slog.New(slog.NewTextHandler(out, nil))}, false), newRouter(t)
				v := newClient(t, clientOptions{})
				direction := webrtc.RTPTransceiverDirectionRecvonly
				open := func(o Offer) (*Peer, error) { return e.Watch(r, name, o) }
				if side == "publisher" {
					direction = webrtc.RTPTransceiverDirectionSendonly
					open = func(o Offer) (*Peer, error) { return e.Publish(r, name, "a", o) }
				}
				if _, err := v.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: direction}); err != nil {
					t.Fatal(err)
				}
				sdp := v.offer()
				if c.name == "no encryption" { // a certificate that the client does not have
					sdp = strings.ReplaceAll(sdp, fingerprintOf(t, sdp), "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF")
				}
				p, err := open(Offer{SDP: sdp})
				if err != nil {
					t.Fatal(err)
				}
				c.does(t, v, sdp, p.Answer())
				_ = ended(t, p)
				for _, want := range append(c.want, "level=WARN", "fix=") {
					if !strings.Contains(out.String(), want) {
						t.Errorf("the log lacks %q:\n%s", want, out)
					}
				}
			})
		}
	}
}

func fingerprintOf(t *testing.T, sdp string) string {
	t.Helper()
	_, value, ok := strings.Cut(sdp, "a=fingerprint:sha-256 ")
	if !ok {
		t.Fatal("no fingerprint")
	}
	value, _, _ = strings.Cut(value, "\r\n")
	return value
}

// checkDeafly sends a check to the announced address, as a client does that
// hears nothing.
func checkDeafly(t *testing.T, _ *client, sdp, answer string) {
	t.Helper()
	attribute := func(text, name string) string {
		_, value, _ := strings.Cut(text, "a="+name+":")
		value, _, _ = strings.Cut(value, "\r\n")
		return value
	}
	candidate := strings.Fields(attribute(answer, "candidate"))
	conn, err := net.Dial("udp", net.JoinHostPort(candidate[4], candidate[5]))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	check, err := stun.Build(stun.TransactionID, stun.BindingRequest,
		stun.NewUsername(attribute(answer, "ice-ufrag")+":"+attribute(sdp, "ice-ufrag")),
		stun.RawAttribute{Type: stun.AttrICEControlling, Length: 8, Value: []byte{1, 2, 3, 4, 5, 6, 7, 8}},
		stun.RawAttribute{Type: stun.AttrPriority, Length: 4, Value: []byte{0x6e, 0, 1, 0xff}},
		stun.NewShortTermIntegrity(attribute(answer, "ice-pwd")), stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(check.Raw); err != nil {
		t.Fatal(err)
	}
}
