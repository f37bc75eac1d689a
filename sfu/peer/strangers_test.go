package peer

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"
)

// stunOf is a STUN message with what is given in it.
func stunOf(t *testing.T, setters ...stun.Setter) []byte {
	t.Helper()
	m, err := stun.Build(append([]stun.Setter{stun.TransactionID}, setters...)...)
	if err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

// strangersPackets are what somebody sends who knows a session's user name, as
// whoever sees its SDP or its packets does, and no password.
func strangersPackets(t *testing.T, ufrag string) [][]byte {
	t.Helper()
	user := stun.NewUsername(ufrag + ":them")
	wrong := stun.NewShortTermIntegrity("a password of 22 or so")
	// The beginning of a ClientHello of DTLS 1.2 (RFC 6347 §4.2.2), as a whole and
	// in fragments.
	hello := append([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 54, 1, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 42, 0xfe, 0xfd}, make([]byte, 40)...)
	fragment := append([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 13, 1, 0, 0x40, 0, 0, 0, 0, 0x10, 0, 0, 0, 1}, 7)
	return [][]byte{
		stunOf(t, stun.BindingRequest),
		stunOf(t, stun.BindingRequest, stun.Fingerprint),
		stunOf(t, stun.BindingRequest, user, stun.Fingerprint),
		stunOf(t, stun.BindingRequest, user, wrong, stun.Fingerprint),
		stunOf(t, stun.BindingRequest, user, stun.RawAttribute{Type: stun.AttrUseCandidate}, stun.RawAttribute{Type: stun.AttrPriority, Value: []byte{127, 0, 0, 1}}, wrong, stun.Fingerprint),
		stunOf(t, stun.BindingRequest, stun.NewUsername("nobody:them"), wrong, stun.Fingerprint),
		stunOf(t, stun.BindingRequest, stun.NewUsername(ufrag+":"+strings.Repeat("x", 400)), wrong),
		stunOf(t, stun.BindingRequest, stun.RawAttribute{Type: 0x7777, Value: make([]byte, 64)}), // must be understood (RFC 8489 §14)
		stunOf(t, stun.BindingSuccess, user, wrong, stun.Fingerprint),
		stunOf(t, stun.BindingError, stun.CodeRoleConflict, wrong),
		stunOf(t, stun.NewType(stun.MethodBinding, stun.ClassIndication), stun.Fingerprint),
		stunOf(t, stun.NewType(stun.MethodAllocate, stun.ClassRequest), user, stun.RawAttribute{Type: stun.AttrRequestedTransport, Value: []byte{17, 0, 0, 0}}),
		hello, fragment,
		{20, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1},    // ChangeCipherSpec
		{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0}, // an alert
		{0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 3, 4},       // RTP
		{0x80, 200, 0, 1, 0, 0, 0, 1},                        // RTCP
		{},
	}
}

// T8: strangers get no answer, whatever they send: the server is of no use to
// who writes somebody else's address on his packets.
func TestStrangersAreNotAnswered(t *testing.T) {
	attacked(t, func(t *testing.T, s *scene) {
		waiting, err := s.engine.Watch(s.router, name, Offer{SDP: fixture(t, "whep-chromium156.sdp")}) // for its client
		if err != nil {
			t.Fatal(err)
		}
		defer waiting.Close(nil)
		viewer, place := s.client(t, clientOptions{})
		p := viewer.watch(s.engine, s.router, name)
		viewer.kind[webrtc.RTPCodecTypeVideo].wait(t, 1)
		var packets [][]byte
		for _, of := range []*Peer{s.film.peer, waiting, p} {
			packets = append(packets, strangersPackets(t, lineOf(of.Answer(), "a=ice-ufrag:"))...)
		}
		strangers := make([]*socket, 50)
		for i := range strangers {
			strangers[i] = s.listen(false)
			strangers[i].down.set(impairment{})
		}
		chance := rand.New(rand.NewPCG(7, 8))
		server := s.engine.options.UDP.LocalAddr()
		const flood = 100_000
		for i := range flood {
			b := append([]byte(nil), packets[i%len(packets)]...)
			switch {
			case i/len(packets)%3 == 1 && len(b) > 0: // broken somewhere
				b[chance.IntN(len(b))] ^= byte(1 + chance.IntN(255))
			case i/len(packets)%3 == 2: // noise of each kind (RFC 7983 §7)
				b = make([]byte, 1+chance.IntN(1200))
				for at := range b {
					b[at] = byte(chance.Uint32())
				}
			}
			_, _ = strangers[chance.IntN(len(strangers))].WriteTo(b, server)
			if i%100 == 99 {
				time.Sleep(10 * time.Millisecond)
			}
		}
		time.Sleep(5 * time.Second) // of repetitions, if there are any
		for i, stranger := range strangers {
			if _, answers := stranger.down.losses(); answers > 0 {
				t.Errorf("stranger %d was answered %d packets, %d octets", i, answers, stranger.down.sent())
			}
			_ = stranger.Close()
		}
		if !answersItsClient(t, s) {
			t.Error("nobody is answered, so that this shows nothing")
		}
		t.Logf("%d packets of %d kinds from %d addresses", flood, len(packets), len(strangers))
		if err := s.film.peer.Err(); err != nil {
			t.Errorf("the publisher's session has ended: %v", err)
		}
		if err := p.Err(); err != nil {
			t.Errorf("the viewer's session has ended: %v", err)
		}
		leaves(t, viewer, place, p)
	})
}

// answersItsClient says whether a request that knows the password is answered.
func answersItsClient(t *testing.T, s *scene) bool {
	sdp := fixture(t, "whep-chromium156.sdp")
	p, err := s.engine.Watch(s.router, name, Offer{SDP: sdp})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(nil)
	at := s.listen(false)
	defer func() { _ = at.Close() }()
	at.down.set(impairment{})
	request := stunOf(t, stun.BindingRequest, stun.NewUsername(lineOf(p.Answer(), "a=ice-ufrag:")+":"+lineOf(sdp, "a=ice-ufrag:")),
		stun.RawAttribute{Type: stun.AttrPriority, Value: []byte{110, 0, 0, 255}}, stun.RawAttribute{Type: stun.AttrICEControlling, Value: make([]byte, 8)},
		stun.NewShortTermIntegrity(lineOf(p.Answer(), "a=ice-pwd:")), stun.Fingerprint)
	_, _ = at.WriteTo(request, s.engine.options.UDP.LocalAddr())
	time.Sleep(time.Second)
	_, answers := at.down.losses()
	return answers > 0
}

// lineOf is what follows the first of that name in a description.
func lineOf(sdp, name string) string {
	_, rest, _ := strings.Cut(sdp, name)
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}
