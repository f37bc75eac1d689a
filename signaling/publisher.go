package signaling

import (
	"math"

	"lectern/sfu"
)

// publisherInfo is who sends a stream, in the REST API. All but Protocol are
// there when the publisher's adapter looks into the media, as RTMP's does.
type publisherInfo struct {
	Protocol string             `json:"protocol"`
	Encoder  string             `json:"encoder,omitempty"` // as it calls itself
	Video    *pictureInfo       `json:"video,omitempty"`   // once there was a picture
	Audio    *soundInfo         `json:"audio,omitempty"`   // once there was sound
	Problems []publisherProblem `json:"problems,omitempty"`
}

// pictureInfo is the picture as the publisher sends it, which need not be what
// viewers get: the stream's tracks are.
type pictureInfo struct {
	Codec            string  `json:"codec"`                        // a MIME type
	Profile          string  `json:"profile,omitempty"`            // "High"
	Level            string  `json:"level,omitempty"`              // "4.1"
	Width            int     `json:"width,omitempty"`              // in pixels
	Height           int     `json:"height,omitempty"`             //
	FPS              float64 `json:"fps,omitempty"`                // pictures a second
	KeyFrameInterval float64 `json:"key_frame_interval,omitempty"` // in seconds, between the last two
	BFrames          int     `json:"b_frames"`                     // how many follow one another at the most
	BFramePolicy     string  `json:"b_frame_policy,omitempty"`     // "drop", "reject", "transcode"
	Dropped          uint64  `json:"dropped"`                      // pictures left out for it
}

// soundInfo is the sound as the publisher sends it, and what viewers get of it.
type soundInfo struct {
	Codec      string `json:"codec"`                 // "AAC-LC"
	SampleRate int    `json:"sample_rate,omitempty"` // in Hz
	Channels   int    `json:"channels,omitempty"`
	Output     string `json:"output,omitempty"`     // "Opus"; none means that viewers get no sound
	Transcoder string `json:"transcoder,omitempty"` // "built-in", "ffmpeg"; none means that nothing has to be made
}

// publisherProblem is something that viewers notice, and what to do about it.
type publisherProblem struct {
	Code  string `json:"code"`
	Grave bool   `json:"grave"`
	Text  string `json:"text"`
	Fix   string `json:"fix,omitempty"`
}

// contested is what two encoders do to each other.
var contested = publisherProblem{
	Code: "two_encoders", Grave: true,
	Text: "Two encoders share this key: each takes the stream from the other, again and again, and viewers see now the one and now the other.",
	Fix:  "End one of them, or give each a key and a name of its own.",
}

// newPublisherInfo returns nil where nobody publishes.
func newPublisherInfo(s sfu.SourceInfo) *publisherInfo {
	if s.Protocol == "" {
		return nil
	}
	info := &publisherInfo{Protocol: s.Protocol}
	if s.Contested {
		info.Problems = append(info.Problems, contested)
	}
	if s.Report == nil {
		return info
	}
	info.Encoder = s.Report.Encoder
	if v := s.Report.Video; v != nil {
		info.Video = &pictureInfo{
			Codec: v.MimeType, Profile: v.Profile, Level: v.Level, Width: v.Width, Height: v.Height,
			FPS: hundredths(v.FPS), KeyFrameInterval: hundredths(v.KeyFrameInterval.Seconds()),
			BFrames: v.BFrames, BFramePolicy: v.BFramePolicy, Dropped: v.Dropped,
		}
	}
	if a := s.Report.Audio; a != nil {
		info.Audio = &soundInfo{Codec: a.Codec, SampleRate: a.SampleRate, Channels: a.Channels, Output: a.Output, Transcoder: a.Transcoder}
	}
	for _, p := range s.Report.Problems {
		info.Problems = append(info.Problems, publisherProblem{Code: p.Code, Grave: p.Grave, Text: p.Text, Fix: p.Fix})
	}
	return info
}

// hundredths are as much as people read. What no number says is left out, as
// JSON has no word for it.
func hundredths(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return math.Round(f*100) / 100
}
