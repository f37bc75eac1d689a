package signaling_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"lectern/sfu"
)

// publisherOf is what the API says of the publisher of live/demo.
func publisherOf(t *testing.T, l *lab) string {
	t.Helper()
	w := l.do("GET", "/api/v1/streams/demo", "")
	var stream struct{ Publisher json.RawMessage }
	if err := json.Unmarshal(w.Body.Bytes(), &stream); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return string(stream.Publisher)
}

func TestWhatAnEncoderSendsIsShown(t *testing.T) {
	for _, c := range []struct {
		name   string
		report *sfu.Report
		want   string
	}{
		{"nothing", nil, `{"protocol":"whip"}`},
		{"no media yet", &sfu.Report{Encoder: "FMLE/3.0"}, `{"protocol":"whip","encoder":"FMLE/3.0"}`},
		{"everything", &sfu.Report{
			Encoder: "obs-output module (libobs version 30.0.2)",
			Video: &sfu.VideoReport{
				MimeType: "video/H264", Profile: "High", Level: "4.2", Width: 1920, Height: 1080, FPS: 59.9401,
				KeyFrameInterval: 2002 * time.Millisecond, BFrames: 2, BFramePolicy: "drop", Dropped: 7,
			},
			Audio:    &sfu.AudioReport{Codec: "AAC-LC", SampleRate: 44100, Channels: 2, Output: "Opus", Transcoder: "built-in"},
			Problems: []sfu.Problem{{Code: "b_frames", Text: "There are B-frames.", Fix: "OBS: Output → B-frames 0"}},
		}, `{"protocol":"whip","encoder":"obs-output module (libobs version 30.0.2)",` +
			`"video":{"codec":"video/H264","profile":"High","level":"4.2","width":1920,"height":1080,"fps":59.94,"key_frame_interval":2,"b_frames":2,"b_frame_policy":"drop","dropped":7},` +
			`"audio":{"codec":"AAC-LC","sample_rate":44100,"channels":2,"output":"Opus","transcoder":"built-in"},` +
			`"problems":[{"code":"b_frames","grave":false,"text":"There are B-frames.","fix":"OBS: Output → B-frames 0"}]}`},
		{"sound that nobody hears", &sfu.Report{
			Audio:    &sfu.AudioReport{Codec: "Speex"},
			Problems: []sfu.Problem{{Code: "audio_codec", Grave: true, Text: "Viewers hear nothing."}},
		}, `{"protocol":"whip","audio":{"codec":"Speex"},"problems":[{"code":"audio_codec","grave":true,"text":"Viewers hear nothing."}]}`},
		{"what is no number", &sfu.Report{Video: &sfu.VideoReport{MimeType: "video/AV1", FPS: math.Inf(1)}},
			`{"protocol":"whip","video":{"codec":"video/AV1","b_frames":0,"dropped":0}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			source := goLive(t, l)
			source.SetReport(c.report)
			if got := publisherOf(t, l); got != c.want {
				t.Errorf("publisher is\n%s, want\n%s", got, c.want)
			}
		})
	}
}
