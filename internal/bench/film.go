package bench

import (
	"fmt"
	"strings"
	"time"

	"github.com/pion/webrtc/v4"
)

const (
	// payloadSize keeps packets below the 1280 octets that every network
	// carries (RFC 8200 §5).
	payloadSize = 1180
	// keyWeight is how much larger a key frame is than the mean picture.
	keyWeight = 4
)

// film makes the pictures that are published: real ones, which every decoder
// shows, filled up to the size that the bitrate asks for.
type film interface {
	// picture gives the RTP payloads of the next picture, size octets in all or
	// as many as it needs, with the stamp of a moment. They are valid until the
	// next call.
	picture(key bool, size int, at time.Duration) [][]byte
}

// codec is what a film can be in.
type codec struct {
	name       string // as on the command line
	shown      string
	capability webrtc.RTPCodecCapability
	film       func() film
}

var feedback = []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}}

var codecs = []codec{
	{"h264", "H.264", webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeH264, ClockRate: videoClock, RTCPFeedback: feedback,
		SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
	}, func() film { return newH264Film() }},
	{"vp8", "VP8", webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeVP8, ClockRate: videoClock, RTCPFeedback: feedback,
	}, func() film { return &vp8Film{} }},
}

// findCodec finds a codec by its name on the command line.
func findCodec(name string) (codec, error) {
	var names []string
	for _, c := range codecs {
		if strings.EqualFold(c.name, name) {
			return c, nil
		}
		names = append(names, c.name)
	}
	return codec{}, fmt.Errorf("%q: want one of %s", name, strings.Join(names, ", "))
}

// sizes divides a bitrate among pictures: a key frame is keyWeight times the
// mean, and the others are smaller for it.
func sizes(bitrate, fps, gop int) (key, delta int) {
	mean := float64(bitrate) / 8 / float64(fps)
	weight := min(keyWeight, float64(gop))
	if gop == 1 {
		return int(mean), int(mean)
	}
	return int(mean * weight), int(mean * (float64(gop) - weight) / float64(gop-1))
}
