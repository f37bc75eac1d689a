// Package testmedia gives tests real encoded media as RTP packets.
//
// Its invariant: what it returns is what an encoder made, so that a decoder
// can play it, and it is the same in every run. The encodings are files in
// data/, made by make.sh; whoever uses them needs no ffmpeg.
//
// Sequence numbers and timestamps begin shortly before they wrap around, and
// do wrap within the first seconds.
package testmedia

import (
	"embed"
	"strings"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
)

//go:embed data
var data embed.FS

// Longest is the greatest distance of two key frames that Video can give: the
// number of pictures in each file, of which the first is the only key frame.
const Longest = 90

// What every stream has in its RTP headers.
const (
	videoSSRC        = 0x56494445
	videoPayloadType = 96
	videoClock       = 90000
	audioSSRC        = 0x41554449
	audioPayloadType = 111
	audioClock       = 48000

	firstSequence = 65500
	mtu           = 1200 // octets of payload, at most
)

// Frame is one picture.
type Frame struct {
	// Key says that the picture is a key frame, with its parameter sets.
	Key bool
	// Packets are the picture's, in order, the marker on the last. The caller
	// may change them.
	Packets []*rtp.Packet
}

// files says for each media type how its encoding is stored and sent.
var files = map[string]struct {
	name      string
	pictures  func(t testing.TB, file []byte) [][]byte
	payloader func() rtp.Payloader
}{
	"video/h264": {"h264.annexb", splitH264, func() rtp.Payloader { return &codecs.H264Payloader{} }},
	"video/h265": {"h265.annexb", splitH265, func() rtp.Payloader { return &codecs.H265Payloader{} }},
	"video/vp8":  {"vp8.ivf", splitIVF, func() rtp.Payloader { return &codecs.VP8Payloader{EnablePictureID: true} }},
	"video/vp9": {"vp9.ivf", splitIVF, func() rtp.Payloader {
		return &codecs.VP9Payloader{InitialPictureIDFn: func() uint16 { return 0 }}
	}},
	"video/av1": {"av1.ivf", splitIVF, func() rtp.Payloader { return &codecs.AV1Payloader{} }},
}

// Video returns frames pictures of 320x180 at fps pictures a second with a key
// frame first and every gop pictures, in payloads of at most 1200 octets. mime
// is one of video/H264, H265, VP8, VP9 and AV1, in any case; gop is from 1 to
// Longest. Anything else ends the test.
func Video(t testing.TB, mime string, frames, fps, gop int) []Frame {
	t.Helper()
	file, ok := files[strings.ToLower(mime)]
	if !ok {
		t.Fatalf("testmedia: no encoding of %q", mime)
	}
	if fps < 1 || gop < 1 || gop > Longest {
		t.Fatalf("testmedia: fps %d, gop %d: want fps of 1 or more, gop from 1 to %d", fps, gop, Longest)
	}
	pictures := file.pictures(t, read(t, file.name))
	if len(pictures) != Longest {
		t.Fatalf("testmedia: %s has %d pictures, want %d", file.name, len(pictures), Longest)
	}
	payloader := file.payloader()
	sequence := uint16(firstSequence)
	made := make([]Frame, frames)
	for i := range made {
		made[i].Key = i%gop == 0
		payloads := payloader.Payload(mtu, pictures[i%gop])
		if len(payloads) == 0 {
			t.Fatalf("testmedia: picture %d of %s gives no packet", i%gop, file.name)
		}
		for n, payload := range payloads {
			made[i].Packets = append(made[i].Packets, &rtp.Packet{
				Header: rtp.Header{
					Version:        2,
					PayloadType:    videoPayloadType,
					SSRC:           videoSSRC,
					SequenceNumber: sequence,
					Timestamp:      timestamp(videoClock, i, fps),
					Marker:         n == len(payloads)-1,
				},
				Payload: payload,
			})
			sequence++
		}
	}
	return made
}

// Opus returns frames packets of 20 ms of stereo at 48 kHz: a low tone, and a
// short high one each second.
func Opus(t testing.TB, frames int) []*rtp.Packet {
	t.Helper()
	packets := splitOgg(t, read(t, "opus.ogg"))
	const headers = 2 // OpusHead and OpusTags, RFC 7845 §3
	if len(packets) <= headers {
		t.Fatalf("testmedia: opus.ogg has %d packets, want more than %d", len(packets), headers)
	}
	packets = packets[headers:]
	made := make([]*rtp.Packet, frames)
	for i := range made {
		made[i] = &rtp.Packet{
			Header: rtp.Header{
				Version:        2,
				PayloadType:    audioPayloadType,
				SSRC:           audioSSRC,
				SequenceNumber: firstSequence + uint16(i),
				Timestamp:      timestamp(audioClock, i, 50),
				Marker:         i == 0, // RFC 3551 §4.1: the beginning of a talkspurt
			},
			Payload: append([]byte(nil), packets[i%len(packets)]...),
		}
	}
	return made
}

// timestamp is the RTP time of the i-th frame, the first being one second
// before the wrap-around. Counting from i keeps fractions from adding up.
func timestamp(clock uint32, i, fps int) uint32 {
	return uint32(int64(i)*int64(clock)/int64(fps)) - clock
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	file, err := data.ReadFile("data/" + name)
	if err != nil {
		t.Fatalf("testmedia: %v", err)
	}
	return file
}
