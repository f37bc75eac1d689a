package peer

import (
	"strings"

	"github.com/pion/webrtc/v4"
)

// offerable tells which of an offer's codecs can be forwarded, by their names
// in lower case. Retransmission is not a codec of its own here: it goes with
// the codec that it repairs.
func offerable(c codec) bool {
	switch c.name {
	case "opus":
		return c.clockRate == 48000
	case "vp8", "vp9", "av1", "h265":
		return c.clockRate == 90000
	case "h264":
		// Packets are forwarded as they come, and nearly all senders use STAP-A
		// and FU-A, which mode 0 (the default, RFC 6184 §8.1) cannot read.
		return c.clockRate == 90000 && c.parameter("packetization-mode") == "1"
	}
	return false
}

// names are the names of codecs as IANA's registry writes them.
var names = map[string]string{
	"opus": "audio/opus", "vp8": "video/VP8", "vp9": "video/VP9", "av1": "video/AV1", "h264": "video/H264", "h265": "video/H265", "rtx": "video/rtx",
}

// feedback is what may be asked for with RTCP, out of what an offer allows.
var feedback = map[direction][]string{
	publishing: {"nack", "nack pli", "ccm fir", "transport-cc"},
	watching:   {"nack", "nack pli", "ccm fir", "transport-cc", "goog-remb"},
}

// extensions are the header extensions that are read from a publisher or
// written to a viewer.
var extensions = map[direction][]string{
	publishing: {uriMID, uriRID, uriRepairedRID, uriTransportCC, uriAudioLevel, uriOrientation},
	watching:   {uriTransportCC, uriAudioLevel, uriOrientation},
}

const (
	uriMID         = "urn:ietf:params:rtp-hdrext:sdes:mid"
	uriRID         = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
	uriRepairedRID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
	uriTransportCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
	uriAudioLevel  = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
	uriOrientation = "urn:3gpp:video-orientation"
)

// mediaEngine makes Pion's negotiation exact: it knows just the codecs and
// header extensions that the offer and Lectern have in common, under the
// numbers and with the parameters that the offer gives them.
func (o *offer) mediaEngine() (*webrtc.MediaEngine, error) {
	engine := &webrtc.MediaEngine{}
	for _, s := range o.sections {
		for _, c := range s.codecs {
			if err := engine.RegisterCodec(c.pion(), s.pionKind()); err != nil {
				return nil, err
			}
			if c.rtx != 0 {
				rtx := codec{name: "rtx", payloadType: c.rtx, clockRate: c.clockRate, fmtp: "apt=" + itoa(c.payloadType)}
				if err := engine.RegisterCodec(rtx.pion(), s.pionKind()); err != nil {
					return nil, err
				}
			}
		}
		for uri := range s.extensions {
			capability := webrtc.RTPHeaderExtensionCapability{URI: uri}
			if err := engine.RegisterHeaderExtension(capability, s.pionKind()); err != nil {
				return nil, err
			}
		}
	}
	return engine, nil
}

func (s *section) pionKind() webrtc.RTPCodecType { return webrtc.NewRTPCodecType(s.kind.String()) }

func (c *codec) pion() webrtc.RTPCodecParameters {
	p := webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType:    names[c.name],
			ClockRate:   c.clockRate,
			Channels:    c.channels,
			SDPFmtpLine: c.fmtp,
		},
		PayloadType: webrtc.PayloadType(c.payloadType),
	}
	for _, f := range c.feedback {
		kind, parameter, _ := strings.Cut(f, " ")
		p.RTCPFeedback = append(p.RTCPFeedback, webrtc.RTCPFeedback{Type: kind, Parameter: parameter})
	}
	return p
}

// parameter returns the value of one parameter of the fmtp line, "" when it
// is not there.
func (c *codec) parameter(name string) string {
	for p := range strings.SplitSeq(c.fmtp, ";") {
		if key, value, _ := strings.Cut(strings.TrimSpace(p), "="); strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}
