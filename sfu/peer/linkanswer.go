package peer

import (
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/pion/sdp/v3"
)

// answer is the answer to a viewer's offer, without candidates (RFC 8866,
// RFC 9429 §5.3): each codec that both ends have, and the SSRCs that it will
// come with.
func (l *link) answer(ufrag, pwd string) (string, error) {
	o := l.peer.offer
	d := &sdp.SessionDescription{
		Origin:           sdp.Origin{Username: "-", SessionID: rand.Uint64() >> 1, SessionVersion: 1, NetworkType: "IN", AddressType: "IP4", UnicastAddress: "0.0.0.0"},
		SessionName:      "-",
		TimeDescriptions: []sdp.TimeDescription{{}},
	}
	group := "BUNDLE"
	for i, s := range o.sections {
		group += " " + s.mid
		m := s.answer(o, l.sources[i])
		setup := "active"
		if o.passive() {
			setup = "passive"
		}
		m.Attributes = slices.Insert(m.Attributes, 0,
			sdp.NewAttribute("setup", setup),
			sdp.NewAttribute("mid", s.mid),
			sdp.NewAttribute("ice-ufrag", ufrag),
			sdp.NewAttribute("ice-pwd", pwd),
			sdp.NewPropertyAttribute("rtcp-mux"),
			sdp.NewPropertyAttribute("rtcp-rsize"),
		)
		d.MediaDescriptions = append(d.MediaDescriptions, m)
	}
	d.Attributes = []sdp.Attribute{
		sdp.NewAttribute("msid-semantic", "WMS *"),
		sdp.NewAttribute("fingerprint", l.peer.engine.fingerprint),
		sdp.NewPropertyAttribute("extmap-allow-mixed"),
		sdp.NewAttribute("group", group),
	}
	text, err := d.Marshal()
	return string(text), err
}

// answer is the section in our answer, as far as it is about media.
func (s *section) answer(o *offer, from source) *sdp.MediaDescription {
	m := sdp.NewJSEPMediaDescription(s.kind.String(), nil)
	s.describe(m, o.direction)
	track := s.kind.String()
	if from.stream != streamID {
		track = from.stream + "-" + track
	}
	msid := from.stream + " " + track
	ssrcs := []uint32{from.ssrc}
	if from.rtx != 0 {
		ssrcs = append(ssrcs, from.rtx)
		m.WithValueAttribute("ssrc-group", "FID "+decimal(from.ssrc)+" "+decimal(from.rtx)) // RFC 5576 §4.2
	}
	for _, ssrc := range ssrcs {
		m.WithValueAttribute("ssrc", decimal(ssrc)+" cname:"+streamID)
		m.WithValueAttribute("ssrc", decimal(ssrc)+" msid:"+msid)
	}
	return m.WithValueAttribute("msid", msid).WithPropertyAttribute(o.direction.answered())
}

func decimal(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
