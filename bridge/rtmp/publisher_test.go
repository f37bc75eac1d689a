package rtmp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"lectern/internal/flv"
	"lectern/internal/testtool"
	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// clips remembers what ffmpeg made, by its arguments.
var clips sync.Map

// clip is what ffmpeg with these arguments writes as FLV.
func clip(t testing.TB, args ...string) []flv.Tag {
	t.Helper()
	testtool.Path(t, "ffmpeg")
	make := sync.OnceValues(func() ([]byte, error) {
		var stdout, stderr bytes.Buffer
		command := exec.Command("ffmpeg", slices.Concat([]string{"-hide_banner", "-loglevel", "error", "-nostdin"}, args, []string{"-f", "flv", "pipe:1"})...)
		command.Stdout, command.Stderr = &stdout, &stderr
		if err := command.Run(); err != nil {
			return nil, fmt.Errorf("ffmpeg %s: %w\n%s", strings.Join(args, " "), err, &stderr)
		}
		return stdout.Bytes(), nil
	})
	known, _ := clips.LoadOrStore(strings.Join(args, " "), make)
	file, err := known.(func() ([]byte, error))()
	if err != nil {
		t.Fatal(err)
	}
	return tags(t, file)
}

// tags reads the media of an FLV file.
func tags(t testing.TB, file []byte) []flv.Tag {
	t.Helper()
	var list []flv.Tag
	for r := flv.NewReader(bytes.NewReader(file)); ; {
		tag, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		if tag.Type != flv.TagScript {
			tag.Data = bytes.Clone(tag.Data)
			list = append(list, tag)
		}
	}
}

// picture is what ffmpeg encodes: so many seconds of moving picture.
func pictureArgs(seconds int, size string) []string {
	return []string{"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=%s:rate=30:duration=%d", size, seconds)}
}

func toneArgs(seconds, rate int) []string {
	return []string{"-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=440:sample_rate=%d:duration=%d", rate, seconds)}
}

var plain = []string{"-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-bf", "0", "-g", "60"}

// stage is a publisher and a viewer of both kinds, in a bubble of time.
type stage struct {
	router       *sfu.Router
	publisher    *publisher
	video, audio *sfutest.Recorder
}

const stageName = "live/stage"

func newStage(t *testing.T, o Options) *stage {
	t.Helper()
	s := &stage{router: sfu.NewRouter(sfu.Options{}), video: sfutest.NewRecorder(), audio: sfutest.NewRecorder()}
	t.Cleanup(s.router.Close)
	viewer, err := s.router.Join(stageName)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(viewer.Close)
	for kind, recorder := range map[sfu.Kind]*sfutest.Recorder{sfu.Video: s.video, sfu.Audio: s.audio} {
		if _, err := viewer.Subscribe(kind, recorder); err != nil {
			t.Fatal(err)
		}
	}
	o.Router = s.router
	if s.publisher, err = newPublisher(o, stageName, "key:1", "test/1.0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.publisher.close(nil) })
	return s
}

// play hands the tags over, each when its time has come by its timestamp, which
// is written with start added.
func (s *stage) play(tags []flv.Tag, start uint32) error {
	begin := time.Now()
	for _, tag := range tags {
		if wait := time.Until(begin.Add(milliseconds(int64(tag.Timestamp)))); wait > 0 {
			time.Sleep(wait)
		}
		take := s.publisher.video
		if tag.Type == flv.TagAudio {
			take = s.publisher.audio
		}
		if err := take(start+tag.Timestamp, tag.Data, time.Now()); err != nil {
			return err
		}
		synctest.Wait() // the workers have it
	}
	return nil
}

func (s *stage) info(t *testing.T) sfu.SourceInfo {
	t.Helper()
	info, ok := s.router.Info(stageName)
	if !ok || info.State != sfu.StateLive {
		t.Fatalf("the source is %+v", info)
	}
	return info
}

// group is the packets of one picture.
type group struct {
	timestamp uint32
	payloads  [][]byte
	arrival   time.Time
	key       bool
}

// pictures groups packets by their timestamps, and holds them to what a
// receiver needs.
func pictures(t *testing.T, packets []sfu.Forwarded) []group {
	t.Helper()
	var list []group
	open := false
	for i, p := range packets {
		if i > 0 && p.SequenceNumber != packets[i-1].SequenceNumber+1 {
			t.Fatalf("packet %d has the number %d behind %d", i, p.SequenceNumber, packets[i-1].SequenceNumber)
		}
		if !open {
			list = append(list, group{timestamp: p.Timestamp, arrival: p.Arrival})
		}
		g := &list[len(list)-1]
		if g.timestamp != p.Timestamp {
			t.Fatalf("packet %d: timestamp %d in the picture of %d", i, p.Timestamp, g.timestamp)
		}
		g.payloads, g.key = append(g.payloads, p.Payload), g.key || p.KeyFrame()
		open = !p.Header.Marker
	}
	if open {
		t.Error("the last picture has no marker")
	}
	return list
}

// hashes are of the pictures that ffmpeg decodes from a stream, and what it
// complained about.
func hashes(t *testing.T, format string, stream []byte) []string {
	t.Helper()
	var stderr bytes.Buffer
	command := exec.Command("ffmpeg", "-hide_banner", "-loglevel", "warning", "-nostdin", "-f", format, "-i", "pipe:0",
		"-map", "0:v", "-fps_mode", "passthrough", "-f", "framehash", "-hash", "crc32", "pipe:1")
	command.Stdin, command.Stderr = bytes.NewReader(stream), &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("decode: %v\n%s", err, &stderr)
	}
	var list []string
	for line := range strings.Lines(string(out)) {
		if fields := strings.Split(strings.TrimSpace(line), ","); !strings.HasPrefix(line, "#") {
			list = append(list, fields[len(fields)-1])
		}
	}
	for line := range strings.Lines(stderr.String()) {
		if !strings.Contains(line, "Estimating duration") && !strings.Contains(line, "Timestamps are unset") {
			t.Errorf("the decoder says: %s", line)
		}
	}
	return list
}

// flvFile writes tags as a file.
func flvFile(t *testing.T, tags []flv.Tag) []byte {
	t.Helper()
	var b bytes.Buffer
	w := flv.NewWriter(&b, true, true)
	for _, tag := range tags {
		if err := w.Write(tag); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func joinPayloads(t *testing.T, d rtp.Depacketizer, groups []group) []byte {
	t.Helper()
	var b []byte
	for _, g := range groups {
		for _, p := range g.payloads {
			part, err := d.Unmarshal(p)
			if err != nil {
				t.Fatal(err)
			}
			b = append(b, part...)
		}
	}
	return b
}

// Wherever the encoder's clock starts, viewers get each picture once, at its
// time, and as it was encoded.
func TestPicturesComeOutAsTheyWereEncoded(t *testing.T) {
	for _, codec := range []struct {
		name, mime, format string
		args               []string
		depacketizer       func() rtp.Depacketizer
	}{
		{"H.264", "video/H264", "h264", plain, func() rtp.Depacketizer { return &codecs.H264Packet{} }},
	} {
		tags := clip(t, append(pictureArgs(4, "320x180"), codec.args...)...)
		want := hashes(t, "flv", flvFile(t, tags))
		for _, start := range []uint32{0, 1 << 31, 1<<32 - 1500} {
			t.Run(fmt.Sprintf("%s from %d", codec.name, start), func(t *testing.T) {
				var groups []group
				synctest.Test(t, func(t *testing.T) {
					s := newStage(t, Options{})
					if err := s.play(tags, start); err != nil {
						t.Fatal(err)
					}
					groups = pictures(t, s.video.Packets())
					if info := s.info(t); len(info.Tracks) != 1 || info.Tracks[0].Codec.MimeType != codec.mime || info.Protocol != "rtmp" {
						t.Errorf("source: %+v", info)
					}
				})
				if len(groups) != 120 {
					t.Fatalf("%d pictures, want 120", len(groups))
				}
				for i, g := range groups {
					at := float64(g.timestamp-groups[0].timestamp) / 90
					if off := at - float64(i)*1000/30; off < -1 || off > 1 {
						t.Errorf("picture %d is at %.1f ms", i, at)
					}
					if g.key != (i%60 == 0) {
						t.Errorf("picture %d is a key frame: %v", i, g.key)
					}
				}
				if got := hashes(t, codec.format, joinPayloads(t, codec.depacketizer(), groups)); !slices.Equal(got, want) {
					t.Errorf("%d pictures are decoded, want the %d of the encoder", len(got), len(want))
				}
			})
		}
	}
}

func TestSoundOfEveryRateComesInStepWithThePicture(t *testing.T) {
	for _, sound := range []struct {
		codec          string
		rate, channels int
		want           string
	}{
		{"aac", 44100, 2, "AAC-LC"}, {"aac", 48000, 1, "AAC-LC"}, {"aac", 22050, 2, "AAC-LC"},
		{"libmp3lame", 44100, 2, "MP3"}, {"libmp3lame", 22050, 1, "MP3"},
	} {
		t.Run(fmt.Sprintf("%s %d Hz %d", sound.codec, sound.rate, sound.channels), func(t *testing.T) {
			tags := clip(t, slices.Concat(pictureArgs(4, "320x180"), toneArgs(4, 48000), plain,
				[]string{"-c:a", sound.codec, "-ar", fmt.Sprint(sound.rate), "-ac", fmt.Sprint(sound.channels)})...)
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, Options{})
				if err := s.play(tags, 1<<32-2000); err != nil {
					t.Fatal(err)
				}
				packets := s.audio.Packets()
				if len(packets) < 190 || len(packets) > 205 {
					t.Errorf("%d packets of sound, want about 200", len(packets))
				}
				for i := 1; i < len(packets); i++ {
					if step := packets[i].Timestamp - packets[i-1].Timestamp; step != 960 {
						t.Errorf("packet %d is %d ticks behind the one before", i, step)
					}
				}
				info := s.info(t)
				want := sfu.AudioReport{Codec: sound.want, SampleRate: sound.rate, Channels: sound.channels, Output: "Opus", Transcoder: "built-in"}
				if info.Report == nil || info.Report.Audio == nil || *info.Report.Audio != want {
					t.Errorf("report: %+v, want %+v", info.Report.Audio, want)
				}
				inStep(t, s)
			})
		})
	}
}

// inStep compares what the timestamps of both tracks stand for now with each
// other: both are of the media time that is now.
func inStep(t *testing.T, s *stage) {
	t.Helper()
	now := time.Now()
	video, ok1 := s.publisher.picture.track.TimestampAt(now)
	audio, ok2 := s.publisher.sound.track.TimestampAt(now)
	if skew := float64(video)/90 - float64(audio)/48; !ok1 || !ok2 || skew < -2 || skew > 2 {
		t.Errorf("the picture is %.1f ms ahead of the sound", skew)
	}
}

// What is left of a stream with B pictures is decoded without a complaint, as
// it was encoded, and in the order of its timestamps.
func TestBPicturesAreLeftOut(t *testing.T) {
	for name, test := range map[string]struct {
		args   []string
		frames int // that are B
		least  int // that are left of 120
	}{
		"2":         {[]string{"-bf", "2", "-b_strategy", "0", "-x264-params", "b-pyramid=none", "-g", "60"}, 2, 38},
		"3 pyramid": {[]string{"-bf", "3", "-b_strategy", "0", "-x264-params", "b-pyramid=normal", "-g", "300"}, 3, 2},
		"defaults":  {nil, 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			tags := clip(t, slices.Concat(pictureArgs(4, "320x180"), []string{"-c:v", "libx264", "-pix_fmt", "yuv420p"}, test.args)...)
			all := hashes(t, "flv", flvFile(t, tags))
			var groups []group
			var report *sfu.VideoReport
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, Options{})
				if err := s.play(tags, 0); err != nil {
					t.Fatal(err)
				}
				groups, report = pictures(t, s.video.Packets()), s.info(t).Report.Video
				grave := len(groups) < 24 // of 120
				if p := s.info(t).Report.Problems; len(p) == 0 || p[0].Code != "b_frames" || p[0].Grave != grave || !strings.Contains(p[0].Fix, "-bf 0") {
					t.Errorf("problems: %+v", p)
				}
			})
			t.Logf("%d of %d pictures are left; %+v", len(groups), len(all), report)
			if test.frames != 0 && report.BFrames != test.frames || report.BFrames == 0 || report.BFramePolicy != "drop" || len(groups) < test.least {
				t.Errorf("%d pictures are left, report %+v", len(groups), report)
			}
			for i := 1; i < len(groups); i++ {
				if int32(groups[i].timestamp-groups[i-1].timestamp) < 90*20 {
					t.Errorf("picture %d is %d ticks behind the one before", i, int32(groups[i].timestamp-groups[i-1].timestamp))
				}
			}
			rest := all
			for i, h := range hashes(t, "h264", joinPayloads(t, &codecs.H264Packet{}, groups)) {
				at := slices.Index(rest, h)
				if at < 0 {
					t.Fatalf("picture %d is none of the encoder's, or comes too early", i)
				}
				rest = rest[at+1:]
			}
		})
	}
}

func TestBPicturesAreRefusedWhereThatIsThePolicy(t *testing.T) {
	tags := clip(t, append(pictureArgs(4, "320x180"), "-c:v", "libx264", "-pix_fmt", "yuv420p", "-bf", "2", "-b_strategy", "0", "-x264-params", "b-pyramid=none", "-g", "60")...)
	synctest.Test(t, func(t *testing.T) {
		err := newStage(t, Options{BFrames: "reject"}).play(tags, 0)
		if err == nil || !strings.Contains(err.Error(), "B-frames 0") {
			t.Errorf("got %v", err)
		}
	})
	tags = clip(t, append(pictureArgs(4, "320x180"), plain...)...)
	synctest.Test(t, func(t *testing.T) {
		if err := newStage(t, Options{BFrames: "reject"}).play(tags, 0); err != nil {
			t.Errorf("without B pictures: %v", err)
		}
	})
}

func TestReportsTellWhatPeopleWouldNotice(t *testing.T) {
	tags := clip(t, slices.Concat(pictureArgs(14, "320x180"), toneArgs(14, 44100), []string{"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-profile:v", "main", "-bf", "0", "-g", "180", "-sc_threshold", "0", "-c:a", "aac"})...)
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		observer := s.router.Observe(1000)
		defer observer.Close()
		s.publisher.metadata(map[string]any{"encoder": "Lavf59.27.100", "width": 320.0})
		if err := s.play(tags, 0); err != nil {
			t.Fatal(err)
		}
		r := s.info(t).Report
		want := sfu.VideoReport{MimeType: "video/H264", Profile: "Constrained Baseline", Level: "1.3", Width: 320, Height: 180, FPS: 30, KeyFrameInterval: 6 * time.Second}
		if *r.Video != want || r.Encoder != "Lavf59.27.100" {
			t.Errorf("video %+v, want %+v; encoder %q", r.Video, want, r.Encoder)
		}
		if len(r.Problems) != 1 || r.Problems[0].Code != "key_frame_interval" || !strings.Contains(r.Problems[0].Fix, "-g 60") {
			t.Errorf("problems: %+v", r.Problems)
		}
		events := 0
		for len(observer.Events()) > 0 {
			<-observer.Events()
			events++
		}
		if events > 12 {
			t.Errorf("%d events in 14 s, want one when something has changed", events)
		}
	})
}

func TestSoundAloneAndPictureAlone(t *testing.T) {
	alone := clip(t, append(toneArgs(12, 44100), "-c:a", "aac", "-b:a", "64k")...)
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		if err := s.play(alone, 77); err != nil {
			t.Fatal(err)
		}
		info := s.info(t)
		if len(info.Tracks) != 1 || info.Tracks[0].Kind != sfu.Audio || len(s.audio.Packets()) < 590 {
			t.Errorf("%d packets, source %+v", len(s.audio.Packets()), info)
		}
		if r := info.Report; r.Video != nil || len(r.Problems) != 1 || r.Problems[0].Code != "no_video" {
			t.Errorf("report: %+v", r)
		}
	})
}

func TestResolutionChangesInTheSameTrack(t *testing.T) {
	first := clip(t, append(pictureArgs(2, "320x180"), plain...)...)
	second := clip(t, append(pictureArgs(2, "640x360"), plain...)...)
	var whole []flv.Tag
	whole = append(whole, first...)
	for _, tag := range second {
		tag.Timestamp += 2000
		whole = append(whole, tag)
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		if err := s.play(whole, 0); err != nil {
			t.Fatal(err)
		}
		groups := pictures(t, s.video.Packets())
		info := s.info(t)
		if len(groups) != 120 || len(info.Tracks) != 1 || info.Tracks[0].Width != 640 || info.Report.Video.Height != 360 {
			t.Errorf("%d pictures, source %+v, report %+v", len(groups), info, info.Report.Video)
		}
		// The new parameter sets come before the first picture that needs them.
		if sps := groups[60].payloads[0]; !groups[60].key || !bytes.Contains(sps, spsOf(t, second)) {
			t.Error("the first picture of the new size has not its parameter sets before it")
		}
	})
}

func spsOf(t *testing.T, tags []flv.Tag) []byte {
	t.Helper()
	for _, tag := range tags {
		if v, err := flv.ParseVideo(tag.Data); err == nil && v.Type == flv.VideoConfig {
			config, err := flv.ParseAVCConfig(v.Data)
			if err != nil {
				t.Fatal(err)
			}
			return config.SPS[0]
		}
	}
	t.Fatal("no configuration")
	return nil
}

func TestPicturesThatBrowsersDoNotPlayAreRefusedInWords(t *testing.T) {
	for format, says := range map[string]string{"yuv422p": "High 4:2:2", "yuv444p": "High 4:4:4", "yuv420p10le": "High 10"} {
		tags := clip(t, append(pictureArgs(1, "320x180"), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", format)...)
		synctest.Test(t, func(t *testing.T) {
			err := newStage(t, Options{}).play(tags, 0)
			if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "-pix_fmt yuv420p") {
				t.Errorf("%s: got %v", format, err)
			}
		})
	}
	old := clip(t, append(pictureArgs(1, "320x180"), "-c:v", "flv1")...)
	synctest.Test(t, func(t *testing.T) {
		if err := newStage(t, Options{}).play(old, 0); err == nil || !strings.Contains(err.Error(), "Sorenson H.263 is not supported") {
			t.Errorf("got %v", err)
		}
	})
}

func TestSoundThatCannotBeDecodedLeavesThePicture(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		code string
		says string
	}{
		"5.1":   {[]string{"-c:a", "aac", "-ac", "6"}, "audio_transcoder_missing", "5.1"},
		"Speex": {[]string{"-c:a", "libspeex", "-ar", "16000", "-ac", "1"}, "audio_unsupported", "Speex"},
		"PCM":   {[]string{"-c:a", "pcm_s16le"}, "audio_unsupported", "PCM"},
	} {
		t.Run(name, func(t *testing.T) {
			tags := clip(t, slices.Concat(pictureArgs(1, "320x180"), toneArgs(1, 44100), plain, test.args)...)
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, Options{})
				if err := s.play(tags, 0); err != nil {
					t.Fatal(err)
				}
				r := s.info(t).Report
				if len(r.Problems) != 1 || r.Problems[0].Code != test.code || !r.Problems[0].Grave || !strings.Contains(r.Problems[0].Text, test.says) {
					t.Errorf("problems: %+v", r.Problems)
				}
				if n := len(pictures(t, s.video.Packets())); n != 30 || len(s.audio.Packets()) > 0 {
					t.Errorf("%d pictures, %d packets of sound", n, len(s.audio.Packets()))
				}
			})
		})
	}
}

func TestAACThatIsNeverConfigured(t *testing.T) {
	tags := clip(t, slices.Concat(pictureArgs(2, "320x180"), toneArgs(2, 48000), plain, []string{"-c:a", "aac"})...)
	tags = slices.DeleteFunc(tags, func(tag flv.Tag) bool { return bytes.HasPrefix(tag.Data, []byte{0xaf, 0}) })
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		if err := s.play(tags, 0); err != nil {
			t.Fatal(err)
		}
		if p := s.info(t).Report.Problems; len(p) != 1 || !strings.Contains(p[0].Text, "AAC without its configuration") {
			t.Errorf("problems: %+v", p)
		}
	})
}

func TestAnEncoderThatComesBackGoesOnInTime(t *testing.T) {
	tags := clip(t, slices.Concat(pictureArgs(2, "320x180"), toneArgs(2, 48000), plain, []string{"-c:a", "aac"})...)
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		if err := s.play(tags, 5_000_000); err != nil {
			t.Fatal(err)
		}
		before := s.publisher
		time.Sleep(3 * time.Second)
		again, err := newPublisher(Options{Router: s.router}, stageName, "key:1", "")
		if err != nil {
			t.Fatal(err)
		}
		s.publisher = again
		defer again.close(nil)
		begin := time.Now()
		if err := s.play(tags, 9); err != nil {
			t.Fatal(err)
		}
		if !errors.Is(before.cause(), sfu.ErrReplaced) {
			t.Errorf("the first session ended with %v", before.cause())
		}
		groups := pictures(t, s.video.Packets())
		if len(groups) != 120 {
			t.Fatalf("%d pictures, want 120", len(groups))
		}
		gap := float64(groups[60].timestamp-groups[59].timestamp) / 90
		wall := float64(begin.Sub(groups[59].arrival).Milliseconds())
		if gap < wall-100 || gap > wall+100 {
			t.Errorf("a gap of %.0f ms, want %.0f", gap, wall)
		}
		inStep(t, s)
	})
}

func TestAnEncoderWithoutAClockIsReadInRealTime(t *testing.T) {
	tags := clip(t, append(pictureArgs(4, "320x180"), plain...)...)
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		begin := time.Now()
		for _, tag := range tags {
			if err := s.publisher.video(tag.Timestamp, tag.Data, time.Now()); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if took := time.Since(begin); took < 2900*time.Millisecond || took > 4*time.Second {
			t.Errorf("took %v, want a second less than four", took)
		}
	})
}

// An encoder that has been replaced is not held back any longer.
func TestAPublisherThatHasEndedDoesNotWait(t *testing.T) {
	tags := clip(t, append(pictureArgs(4, "320x180"), plain...)...)
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		ended := make(chan error)
		go func() {
			for _, tag := range tags { // a second of media a message
				if err := s.publisher.video(30*tag.Timestamp, tag.Data, time.Now()); err != nil {
					ended <- err
					return
				}
			}
			ended <- nil
		}()
		time.Sleep(1500 * time.Millisecond)
		cause, at := errors.New("over"), time.Now()
		s.publisher.close(cause)
		if err := <-ended; !errors.Is(err, cause) || !time.Now().Equal(at) {
			t.Errorf("got %v after %v, want %v at once", err, time.Since(at), cause)
		}
	})
}

func TestBrokenMessagesAreToleratedForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		var err error
		n := 0
		for ; err == nil && n < 1000; n++ {
			err = s.publisher.video(uint32(n), []byte{0x17}, time.Now())
		}
		if !errors.Is(err, flv.ErrMalformed) || n != maxBroken+1 {
			t.Errorf("got %v after %d messages", err, n)
		}
	})
}

func TestNamesOfEncodersAreFitToBeShown(t *testing.T) {
	for name, want := range map[string]string{
		"obs-output module (libobs version 30.0.2)": "obs-output module (libobs version 30.0.2)",
		" FMLE/3.0\x00\n\x1b[31m":                   "FMLE/3.0[31m",
		"a\xffb":                                    "ab",
		strings.Repeat("ä", 200):                    strings.Repeat("ä", 100),
	} {
		if got := printable(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// Nothing that a publisher sends may panic, or go on for ever.
func FuzzPublisher(f *testing.F) {
	f.Add(uint64(1), []byte("\x17\x00\x00\x00\x00\x01\x64\x00\x1f\xff\xe1\x00\x04\x67\x64\x00\x1f\x01\x00\x03\x68\xeb\xe3"))
	f.Add(uint64(2), []byte("\x17\x01\x00\x00\x00\x00\x00\x00\x02\x65\x88"))
	f.Add(uint64(3), []byte("\x90hvc1\x01"))
	f.Add(uint64(4), []byte("\x91av01\x12\x00\x0a\x01\x07\x32\x02\x10\x09"))
	f.Add(uint64(5), []byte("\xaf\x00\x12\x10"))
	f.Add(uint64(6), []byte("\x91Opus\xfc\xff\xfe"))
	f.Fuzz(func(t *testing.T, seed uint64, body []byte) {
		router := sfu.NewRouter(sfu.Options{})
		defer router.Close()
		p, err := newPublisher(Options{Router: router}, "live/fuzz", "fuzz", "")
		if err != nil {
			t.Fatal(err)
		}
		defer p.close(nil)
		random := rand.New(rand.NewPCG(seed, 0))
		now := time.Unix(1_800_000_000, 0)
		for range 8 {
			message := bytes.Clone(body)
			for range random.IntN(3) {
				if len(message) > 0 {
					message[random.IntN(len(message))] = byte(random.Uint32())
				}
			}
			take := p.video
			if random.IntN(2) == 0 {
				take = p.audio
			}
			now = now.Add(time.Hour) // so that it never has to wait
			if take(random.Uint32(), message, now) != nil {
				return
			}
		}
	})
}
