package peer

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

func fixture(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// answerTo returns the parsed answer to a real client's offer.
func answerTo(t *testing.T, e *Engine, file string) *sdp.SessionDescription {
	t.Helper()
	r := newRouter(t)
	offer := Offer{SDP: fixture(t, file), Reached: netip.MustParseAddr("192.0.2.7")}
	var p *Peer
	var err error
	if strings.HasPrefix(file, "whip") {
		p, err = e.Publish(r, "live/cam1", "a", offer)
	} else {
		p, err = e.Watch(r, "live/cam1", offer)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close(nil) })
	var answer sdp.SessionDescription
	if err := answer.UnmarshalString(p.Answer()); err != nil {
		t.Fatal(err)
	}
	return &answer
}

func TestAnswersToRealClients(t *testing.T) {
	sfutest.NoLeaks(t)
	e := newEngine(t, Options{}, true)
	for _, c := range []struct {
		file, setup, direction string
		codecs                 []string // payload types, a section each
	}{
		{"whip-chromium156.sdp", "active", "recvonly", []string{"111", "96 97 102 103 108 109 116 117 45 46 98 99 100 101"}},
		{"whip-firefox153.sdp", "active", "recvonly", []string{"109", "120 124 121 125 126 127 105 106 99 100"}},
		{"whip-obs32.sdp", "active", "recvonly", []string{"111", "96"}},
		{"whip-ffmpeg9.sdp", "active", "recvonly", []string{"111", "106 105"}},
		{"whep-chromium156.sdp", "passive", "sendonly", []string{"111", "96 97 98 99 100 101 35 36 37 38 102 103 108 109 116 117 41 42 45 46 47 48"}},
		{"whep-firefox153.sdp", "passive", "sendonly", []string{"109", "120 124 121 125 126 127 105 106 99 100"}},
	} {
		t.Run(c.file, func(t *testing.T) {
			answer := answerTo(t, e, c.file)
			if group, _ := answer.Attribute("group"); group != "BUNDLE 0 1" {
				t.Errorf("a=group:%s", group)
			}
			for i, m := range answer.MediaDescriptions {
				if got := strings.Join(m.MediaName.Formats, " "); got != c.codecs[i] {
					t.Errorf("section %d has payload types %s, want %s", i, got, c.codecs[i])
				}
				if setup, _ := m.Attribute("setup"); setup != c.setup {
					t.Errorf("section %d is a=setup:%s, want %s", i, setup, c.setup)
				}
				for _, key := range []string{c.direction, "rtcp-mux", "rtcp-mux-only", "ice-ufrag", "ice-pwd"} {
					if _, ok := m.Attribute(key); !ok {
						t.Errorf("section %d has no a=%s", i, key)
					}
				}
			}
			var candidates []string
			for _, a := range answer.MediaDescriptions[0].Attributes {
				if a.Key == "candidate" {
					candidates = append(candidates, a.Value)
				}
			}
			if len(candidates) < 4 || !strings.Contains(candidates[0], " 1 udp 2130706431 192.0.2.7 ") {
				t.Errorf("candidates = %q; want the address the client came by first", candidates)
			}
		})
	}
}

func TestSimulcastOfOBS(t *testing.T) {
	e := newEngine(t, Options{}, false)
	offer := strings.Replace(fixture(t, "whip-obs32.sdp"), "a=rtpmap:96", "a=rid:0 send\r\na=rid:1 send\r\na=rid:2 send\r\na=simulcast:send 0;1;2\r\na=rtpmap:96", 1)
	p, err := e.Publish(newRouter(t), "live/cam1", "a", Offer{SDP: offer})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(nil)
	for _, want := range []string{"a=rid:0 recv\r\n", "a=rid:1 recv\r\n", "a=rid:2 recv\r\n", "a=simulcast:recv 0;1;2\r\n"} {
		if !strings.Contains(p.Answer(), want) {
			t.Errorf("the answer has no %q in\n%s", want, p.Answer())
		}
	}
}

func TestOffersThatAreRefused(t *testing.T) {
	whip, whep := fixture(t, "whip-chromium156.sdp"), fixture(t, "whep-chromium156.sdp")
	replace := strings.ReplaceAll
	_, sections, _ := strings.Cut(whip, "m=video")
	for name, c := range map[string]struct {
		sdp  string
		d    direction
		want error
		says string
	}{
		"empty":                {"", publishing, ErrMalformed, "v=0"},
		"json":                 {`{"sdp":"v=0"}`, publishing, ErrMalformed, "v=0"},
		"binary":               {"\x00\x01\x02v=0", publishing, ErrMalformed, "v=0"},
		"no section":           {whip[:strings.Index(whip, "m=audio")], publishing, ErrMalformed, "no m= section"},
		"no fingerprint":       {replace(whip, "a=fingerprint", "a=finger"), publishing, ErrMalformed, "a=fingerprint"},
		"no credentials":       {replace(whip, "a=ice-ufrag", "a=ice-u"), publishing, ErrMalformed, "a=ice-ufrag"},
		"short password":       {replace(whip, "xeLXYSVMkkafKWQrwyaaUFSw", "short"), publishing, ErrMalformed, "22 to 256"},
		"no mid":               {replace(whip, "a=mid:1", "a=middle:1"), publishing, ErrMalformed, "a=mid"},
		"recvonly to publish":  {replace(whip, "a=sendonly", "a=recvonly"), publishing, ErrMalformed, "has to be a=sendonly"},
		"inactive to publish":  {replace(whip, "a=sendonly", "a=inactive"), publishing, ErrMalformed, "has to be a=sendonly"},
		"sendonly to watch":    {replace(whep, "a=recvonly", "a=sendonly"), watching, ErrMalformed, "has to be a=recvonly"},
		"two videos":           {whip + "m=video" + replace(sections, "a=mid:1", "a=mid:2"), publishing, ErrUnsupported, "more than one video"},
		"the same mid":         {replace(whip, "a=mid:1", "a=mid:0"), publishing, ErrMalformed, "two sections"},
		"two streams":          {strings.Replace(whip, "a=msid:f341b046", "a=msid:other", 1), publishing, ErrUnsupported, "MediaStreams"},
		"data channel":         {whip + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\na=sctp-port:5000\r\n", publishing, ErrUnsupported, "only audio and video"},
		"no known codec":       {replace(whip, "opus/48000/2", "speex/48000/2"), publishing, ErrUnsupported, "none of the codecs offered for audio"},
		"seventeen sections":   {whip + strings.Repeat("m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", 15), publishing, ErrTooLarge, "17 m= sections"},
		"five layers":          {replace(whip, "a=mid:1", "a=mid:1\r\na=rid:a send\r\na=rid:b send\r\na=rid:c send\r\na=rid:d send\r\na=rid:e send"), publishing, ErrTooLarge, "5 simulcast layers"},
		"sixty-five addresses": {replace(whip, "a=mid:0", "a=mid:0"+strings.Repeat("\r\na=candidate:1 1 udp 1 192.0.2.1 1 typ host", 57)), publishing, ErrTooLarge, "65 candidates"},
		"a mebibyte":           {whip + strings.Repeat("a=x:y\r\n", 150_000), publishing, ErrTooLarge, "bytes"},
		"five thousand rids":   {replace(whip, "a=mid:1", "a=mid:1"+strings.Repeat("\r\na=rid:x recv", 3000)), publishing, ErrTooLarge, "simulcast layers"},
		"half bundled":         {replace(whip, "a=group:BUNDLE 0 1", "a=group:BUNDLE 0"), publishing, ErrUnsupported, "BUNDLE"},
		"rejected by itself":   {replace(whip, "m=video 9", "m=video 0"), publishing, ErrUnsupported, "port 0"},
		"not bundled":          {replace(whip, "a=group:BUNDLE 0 1", "a=nogroup"), publishing, ErrUnsupported, "BUNDLE"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseOffer(c.sdp, c.d, Limits{}.orDefaults())
			if !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.says) {
				t.Errorf("got %v; want %v that says %q", err, c.want, c.says)
			}
		})
	}
}

func TestSendrecvIsAnsweredOneWay(t *testing.T) {
	e := newEngine(t, Options{}, false)
	for file, way := range map[string]string{"whip-chromium156.sdp": "recvonly", "whep-chromium156.sdp": "sendonly"} {
		offer := strings.NewReplacer("a=sendonly", "a=sendrecv", "a=recvonly", "a=sendrecv").Replace(fixture(t, file))
		var p *Peer
		var err error
		if way == "recvonly" {
			p, err = e.Publish(newRouter(t), "live/a", "a", Offer{SDP: offer})
		} else {
			p, err = e.Watch(newRouter(t), "live/a", Offer{SDP: offer})
		}
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close(nil)
		if got := strings.Count(p.Answer(), "a="+way+"\r\n"); got != 2 {
			t.Errorf("%s: a=%s %d times, want 2:\n%s", file, way, got, p.Answer())
		}
	}
}

func TestSetupOfTheAnswer(t *testing.T) {
	e := newEngine(t, Options{}, false)
	for offered, want := range map[string]string{"actpass": "active", "active": "passive", "passive": "active"} {
		offer := strings.ReplaceAll(fixture(t, "whip-chromium156.sdp"), "a=setup:actpass", "a=setup:"+offered)
		p, err := e.Publish(newRouter(t), "live/a", "a", Offer{SDP: offer})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close(nil)
		if !strings.Contains(p.Answer(), "a=setup:"+want) {
			t.Errorf("offered %s: the answer is not %s", offered, want)
		}
	}
}

func TestCodecForAViewer(t *testing.T) {
	o, err := parseOffer(fixture(t, "whep-chromium156.sdp"), watching, Limits{}.orDefaults())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		mime, fmtp string
		want       uint8
	}{
		{"video/VP8", "", 96},
		{"video/H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e028", 108},
		{"video/H264", "packetization-mode=1;profile-level-id=4D0033", 116},
		{"video/H264", "packetization-mode=1;profile-level-id=640c1f", 102}, // High is not offered: the first
		{"video/VP9", "profile-id=2", 100},
		{"video/AV1", "level-idx=5;profile=1;tier=0", 47},
	} {
		got := o.sections[1].best(sfu.Codec{MimeType: c.mime, FMTP: c.fmtp})
		if got == nil || got.payloadType != c.want {
			t.Errorf("%s %s: %+v, want payload type %d", c.mime, c.fmtp, got, c.want)
		}
	}
	if got := o.sections[1].best(sfu.Codec{MimeType: "video/H265"}); got != nil {
		t.Errorf("H265, which was not offered: %+v", got)
	}
}

func FuzzOffer(f *testing.F) {
	files, err := filepath.Glob("testdata/*.sdp")
	if err != nil || len(files) == 0 {
		f.Fatal("no offers", err)
	}
	for _, file := range files {
		f.Add(fixture(f, filepath.Base(file)))
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, d := range []direction{publishing, watching} {
			o, err := parseOffer(text, d, Limits{}.orDefaults())
			if err != nil {
				if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrUnsupported) {
					t.Fatalf("an error without a class: %v", err)
				}
				continue
			}
			if _, err := o.mediaEngine(); err != nil {
				t.Logf("Pion refuses the codecs: %v", err)
			}
		}
	})
}
