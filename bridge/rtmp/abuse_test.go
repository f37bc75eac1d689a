package rtmp

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"lectern/internal/flv"
	"lectern/internal/testlog"
	"lectern/internal/testtool"
	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// What a publisher with a key may do to others, and to the server.

func hostilePublisher(t *testing.T, o Options) *publisher {
	t.Helper()
	if o.Router == nil {
		o.Router = sfu.NewRouter(sfu.Options{})
		t.Cleanup(o.Router.Close)
	}
	p, err := newPublisher(o, stageName, "key:1", "test/1.0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.close(nil) })
	return p
}

// sent is what viewers could get.
func sent(p *publisher) (packets, octets uint64) {
	for _, track := range p.publication.Tracks() {
		stats := track.Stats()
		packets, octets = packets+stats.Packets, octets+stats.Bytes
	}
	return packets, octets
}

func videoMessage(t *testing.T, v flv.Video) []byte {
	t.Helper()
	b, err := flv.AppendVideo(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func configuration(t *testing.T, pps ...[]byte) []byte {
	t.Helper()
	sps := spsOf(t, clip(t, append(pictureArgs(1, "320x180"), plain...)...))
	record := flv.AppendAVCConfig(nil, flv.AVCConfig{SPS: [][]byte{sps}, PPS: pps})
	return videoMessage(t, flv.Video{MimeType: "video/H264", Type: flv.VideoConfig, Key: true, Data: record})
}

var (
	smallPPS = []byte{0x68, 0xcb, 0x83, 0xcb, 0x20}
	smallKey = flv.Video{MimeType: "video/H264", Type: flv.VideoFrame, Key: true, Data: []byte{0, 0, 0, 4, 0x65, 0x88, 0x84, 0}}
)

func TestKeyFramesAreNotMadeLongByParameterSets(t *testing.T) {
	long := bytes.Repeat([]byte{0x68, 0x55}, 30_000)
	inBand := slices.Clone(smallKey.Data)
	for range 20 {
		inBand = append(append(inBand, 0, 0, byte(len(long)>>8), byte(len(long))), long...)
	}
	for name, script := range map[string][][]byte{
		"configured": {configuration(t, slices.Repeat([][]byte{long}, 60)...)},
		"in band":    {configuration(t, smallPPS), videoMessage(t, flv.Video{MimeType: "video/H264", Type: flv.VideoFrame, Key: true, Data: inBand})},
	} {
		t.Run(name, func(t *testing.T) {
			p := hostilePublisher(t, Options{})
			for range 20 {
				script = append(script, videoMessage(t, smallKey))
			}
			for i, message := range script {
				if err := p.video(uint32(40*i), message, time.Now()); err != nil {
					t.Fatal(err)
				}
			}
			if _, octets := sent(p); octets > 20*maxSets {
				t.Errorf("%d octets for 20 key frames of %d", octets, len(smallKey.Data))
			}
		})
	}
}

func TestAMessageHasNoMoreThanASecondOfMP3(t *testing.T) {
	var frames []byte
	for _, tag := range clip(t, append(toneArgs(4, 48000), "-c:a", "libmp3lame", "-b:a", "32k")...) {
		a, err := flv.ParseAudio(tag.Data)
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, a.Data...)
	}
	p := hostilePublisher(t, Options{})
	message, err := flv.AppendAudio(nil, flv.Audio{Codec: flv.MP3, Type: flv.AudioFrame, Data: bytes.Repeat(frames, 20)})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.audio(0, message, time.Now()); err != nil {
		t.Fatal(err)
	}
	if packets, _ := sent(p); packets == 0 || packets > 60 {
		t.Errorf("%d packets of 20 ms", packets)
	}
}

// Each step forward asks for a second of silence; the steps back make room for
// the next ones.
func TestTimestampsToAndFroCostLittle(t *testing.T) {
	p := hostilePublisher(t, Options{})
	tags := clip(t, append(toneArgs(2, 48000), "-c:a", "aac")...)
	begin := time.Now()
	made := 0
	send := func(at uint32, message []byte, after time.Duration) {
		t.Helper()
		if err := p.audio(at, message, begin.Add(after)); err != nil {
			t.Fatal(err)
		}
		made += p.sound.made
		p.sound.made = 0
	}
	for i, tag := range tags[:20] {
		send(100_000+uint32(i)*21, tag.Data, 0)
	}
	const base = 101_000
	for range 500 {
		send(base+980, tags[10].Data, 10*time.Second) // after a pause, for which media may be late
		send(base+1950, tags[10].Data, 10*time.Second)
		for i := range uint32(5) {
			send(base+21*i, tags[10].Data, 10*time.Second)
		}
	}
	if made > 2*effortAtOnce {
		t.Errorf("%d packets of 20 ms in no time", made)
	}
}

func TestCodecsThatChangeAgainAndAgainEndTheSession(t *testing.T) {
	vp9 := videoMessage(t, flv.Video{MimeType: "video/VP9", Type: flv.VideoConfig, Data: []byte{1, 0, 0, 0, 0, 10, 0x82, 1, 1, 1, 0, 0}})
	p := hostilePublisher(t, Options{})
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		for _, message := range [][]byte{configuration(t, smallPPS), videoMessage(t, smallKey), vp9} {
			err = errors.Join(err, p.video(uint32(i), message, time.Now()))
		}
	}
	if err == nil || len(p.publication.Tracks()) > maxTurns {
		t.Errorf("%d tracks, %v", len(p.publication.Tracks()), err)
	}

	p, err = hostilePublisher(t, Options{}), nil
	n := 0
	for ; err == nil && n < 1000; n++ {
		message, _ := flv.AppendAudio(nil, flv.Audio{Codec: flv.AAC, Type: flv.AudioConfig, Data: []byte{0x11, 0x90, byte(n), byte(n >> 8)}})
		err = p.audio(uint32(n), message, time.Now())
	}
	if err == nil || n > 10 {
		t.Errorf("%d configurations of the sound, %v", n, err)
	}
}

func TestTranscodersHaveALimit(t *testing.T) {
	sfutest.NoLeaks(t)
	o := Options{BFrames: "transcode", FFmpeg: testtool.Path(t, "ffmpeg"), Limits: Limits{Transcoders: 1}}.orDefaults()
	pictures := clip(t, append(pictureArgs(2, "320x180"), "-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "veryfast", "-bf", "3", "-b_strategy", "0", "-g", "30")...)
	surround := clip(t, slices.Concat(toneArgs(1, 48000), []string{"-c:a", "aac", "-ac", "6"})...)
	first, second, third := newStage(t, o), newStage(t, o), newStage(t, o)
	first.playNow(t, pictures)
	second.playNow(t, pictures)
	third.playNow(t, surround)
	if first.publisher.picture.transcoding == nil || second.publisher.picture.transcoding != nil || third.publisher.sound.transcoder != nil {
		t.Fatal("not the first one alone is encoded again")
	}
	second.video.Wait(t, 30)
	for want, s := range map[string]*stage{"video_transcoders_busy": second, "audio_transcoders_busy": third} {
		s.publisher.report.mu.Lock()
		if _, ok := s.publisher.report.problems[want]; !ok {
			t.Errorf("%s is no problem of %v", want, s.publisher.report.problems)
		}
		s.publisher.report.mu.Unlock()
	}
	if r := second.info(t).Report; r.Video.BFramePolicy != "drop" {
		t.Errorf("policy %q", r.Video.BFramePolicy)
	}
	first.publisher.close(nil)
	second.playNow(t, pictures)
	if second.publisher.picture.transcoding == nil {
		t.Error("the place is not given on")
	}
	if _, ok := second.publisher.report.problems["video_transcoders_busy"]; ok {
		t.Error("the problem is still there")
	}
}

func TestNobodyFillsTheLogWithNames(t *testing.T) {
	var log testlog.Log
	p := hostilePublisher(t, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	tags := clip(t, append(toneArgs(4, 48000), "-c:a", "aac")...)
	begin := time.Now()
	for i := range 4000 {
		p.metadata(map[string]any{"encoder": fmt.Sprint("encoder ", i)})
		at := time.Duration(i) * time.Millisecond
		if err := p.audio(uint32(i), tags[min(i, 100)].Data, begin.Add(at)); err != nil {
			t.Fatal(err)
		}
		if err := p.audio(uint32(i), nil, begin.Add(at)); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "\n"); n == 0 || n > 10 {
		t.Errorf("%d lines for 4 s", n)
	}
}

func TestMessagesHaveALimitHoweverShort(t *testing.T) {
	a := newAllowance(Limits{BitsPerSecond: 20_000_000, Excess: 5 * time.Second}, nil)
	at := time.Unix(0, 0)
	for i := range 100 * messagesPerSecond {
		wait, err := a.take(2, at)
		if err != nil {
			if passed := at.Sub(time.Unix(0, 0)); float64(i) > (passed.Seconds()+1)*messagesPerSecond*1.01 {
				t.Errorf("%d messages in %v", i, passed)
			}
			return
		}
		at = at.Add(wait)
	}
	t.Error("no end of messages")
}
