package peer

import (
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"

	"lectern/sfu"
)

// twoCameras is an offer of a screen and a camera with the same payload types.
func twoCameras() *offer {
	o := &offer{direction: publishing}
	for i, mid := range []string{"screen", "camera"} {
		s := &section{mid: mid, kind: sfu.Video, extensions: map[string]int{uriMID: 4}}
		s.codecs = []codec{{name: "vp8", payloadType: 96, clockRate: 90000, rtx: 97}}
		if i == 1 {
			s.codecs = append(s.codecs, codec{name: "h264", payloadType: 102, clockRate: 90000, rtx: 103})
		}
		ssrc := []string{"1000", "2000"}[i]
		again := []string{"1001", "2001"}[i]
		s.sources = []sdp.Attribute{{Key: "ssrc-group", Value: "FID " + ssrc + " " + again}, {Key: "ssrc", Value: ssrc + " cname:7"}}
		o.sections = append(o.sections, s)
	}
	return o
}

func TestAPacketsSection(t *testing.T) {
	x := newSections(twoCameras())
	for _, c := range []struct {
		name        string
		payloadType uint8
		ssrc        uint32
		mid         string
		want        string
		again       bool
	}{
		{"named", 96, 9, "camera", "camera", false},
		{"named, and sent again", 97, 9, "screen", "screen", true},
		{"the name before the SSRC", 96, 1000, "camera", "camera", false},
		{"by its SSRC", 96, 2000, "", "camera", false},
		{"by the SSRC of what is sent again", 97, 1001, "", "screen", true},
		{"by its payload type", 102, 9, "", "camera", false},
		{"a name that was not offered", 96, 2000, "window", "camera", false},
		{"it cannot be told", 96, 9, "", "", false},
		{"a payload type of another section", 102, 1000, "", "", false},
		{"a payload type of none", 50, 1000, "screen", "", false},
		{"a number in place of a cname", 96, 7, "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: c.payloadType, SSRC: c.ssrc}}
			if c.mid != "" {
				if err := p.SetExtension(4, []byte(c.mid)); err != nil {
					t.Fatal(err)
				}
			}
			got := ""
			r := x.route(p)
			if r.section != nil {
				got = r.section.mid
			}
			if got != c.want || r.again != c.again {
				t.Errorf("section %q, again %v; want %q, %v", got, r.again, c.want, c.again)
			}
		})
	}
}

// FuzzRoomOffer: what is made of an offer of a room is bounded, and its packets
// find a section or none.
func FuzzRoomOffer(f *testing.F) {
	text, err := twoCameras().text("ufrag", "pwdpwdpwdpwdpwdpwdpwdpwd")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text, uint8(96), uint32(1000), "camera")
	f.Add(fixture(f, "whip-chromium156.sdp"), uint8(96), uint32(1), "0")
	f.Fuzz(func(t *testing.T, text string, payloadType uint8, ssrc uint32, mid string) {
		for _, d := range []direction{publishing, watching} {
			limits := Limits{}.orDefaults().ofRoom(7, nil)
			o, err := parseOffer(text, d, limits)
			if err != nil {
				continue
			}
			if len(o.sections) > limits.Sections {
				t.Errorf("%d sections", len(o.sections))
			}
			p := &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: payloadType & 0x7f, SSRC: ssrc}}
			if len(mid) > 0 && len(mid) < 17 {
				_ = p.SetExtension(4, []byte(mid))
			}
			if r := newSections(o).route(p); r.section != nil && r.codec == nil {
				t.Error("a section without a codec")
			}
			if _, err := o.text(o.ufrag, o.pwd); err != nil {
				t.Errorf("it cannot be written again: %v", err)
			}
		}
	})
}
