package rtmp

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp/codecs"

	"lectern/internal/flv"
	"lectern/internal/testtool"
	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// playNow is play outside of a bubble: processes have no other time than ours.
func (s *stage) playNow(t *testing.T, tags []flv.Tag) {
	t.Helper()
	begin := time.Now()
	for _, tag := range tags {
		due := begin.Add(milliseconds(int64(tag.Timestamp)))
		timer := time.NewTimer(time.Until(due)) // an encoder's pace
		<-timer.C
		take := s.publisher.video
		if tag.Type == flv.TagAudio {
			take = s.publisher.audio
		}
		if err := take(tag.Timestamp, tag.Data, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSurroundSoundGoesThroughFFmpeg(t *testing.T) {
	sfutest.NoLeaks(t)
	tags := clip(t, slices.Concat(pictureArgs(3, "320x180"), toneArgs(3, 48000), plain, []string{"-c:a", "aac", "-ac", "6"})...)
	s := newStage(t, Options{FFmpeg: testtool.Path(t, "ffmpeg")})
	s.playNow(t, tags)
	packets := s.audio.Wait(t, 100)
	for i := 1; i < len(packets); i++ {
		if step := packets[i].Timestamp - packets[i-1].Timestamp; step != 960 {
			t.Errorf("packet %d is %d ticks behind the one before", i, step)
		}
	}
	r := s.info(t).Report
	if want := (sfu.AudioReport{Codec: "AAC-LC with 5.1 channels", Output: "Opus", Transcoder: "ffmpeg"}); *r.Audio != want || len(r.Problems) > 0 {
		t.Errorf("report %+v, %+v, want %+v", r.Audio, r.Problems, want)
	}
	inStep(t, s)
}

func TestBPicturesAreEncodedAgainWhereThatIsThePolicy(t *testing.T) {
	sfutest.NoLeaks(t)
	tags := clip(t, append(pictureArgs(6, "320x180"), "-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "veryfast", "-bf", "3", "-b_strategy", "0", "-g", "30")...)
	s := newStage(t, Options{BFrames: "transcode", FFmpeg: testtool.Path(t, "ffmpeg")})
	s.playNow(t, tags)
	s.video.Wait(t, 100)
	if !s.publisher.picture.transcoding.live.Load() {
		t.Error("ffmpeg has given nothing out")
	}
	r := s.info(t).Report
	if r.Video.BFramePolicy != "transcode" || r.Video.BFrames != 3 || len(r.Problems) != 1 || r.Problems[0].Code != "b_frames" {
		t.Errorf("report %+v, %+v", r.Video, r.Problems)
	}
	s.publisher.close(nil)
	groups := pictures(t, s.video.Packets())
	steady := 0 // pictures in a row that are a picture's time apart
	for i := 1; i < len(groups); i++ {
		step := int32(groups[i].timestamp - groups[i-1].timestamp)
		if step <= 0 {
			t.Errorf("picture %d is %d ticks behind the one before", i, step)
		}
		if steady++; step < 2900 || step > 3100 {
			steady = 0
		}
	}
	if n := len(hashes(t, "h264", joinPayloads(t, &codecs.H264Packet{}, groups))); n != len(groups) {
		t.Errorf("%d of %d pictures are decoded", n, len(groups))
	}
	t.Logf("%d pictures of 180, the last %d without a gap", len(groups), steady)
	if steady < 60 {
		t.Errorf("%d pictures in a row, want 60 or more", steady)
	}
}

// What x264 makes when nothing is said about it has B pictures that nearly all
// others refer to: with them left out there would be nothing to watch.
func TestBPicturesThatOthersReferToAreEncodedAgain(t *testing.T) {
	sfutest.NoLeaks(t)
	tags := clip(t, append(pictureArgs(8, "320x180"), "-c:v", "libx264", "-pix_fmt", "yuv420p")...)
	s := newStage(t, Options{FFmpeg: testtool.Path(t, "ffmpeg")})
	s.playNow(t, tags)
	s.video.Wait(t, 150)
	if r := s.info(t).Report; r.Video.BFramePolicy != "transcode" || len(r.Problems) != 1 || r.Problems[0].Grave {
		t.Errorf("report %+v, %+v", r.Video, r.Problems)
	}
	s.publisher.close(nil)
	groups := pictures(t, s.video.Packets())
	for i := 1; i < len(groups); i++ {
		if step := int32(groups[i].timestamp - groups[i-1].timestamp); step <= 0 {
			t.Errorf("picture %d is %d ticks behind the one before", i, step)
		}
	}
	t.Logf("%d pictures of 240", len(groups))
}

// Without ffmpeg they are left out, and the report says so.
func TestPolicyWithoutFFmpeg(t *testing.T) {
	p := &picture{mimeType: "video/H264", options: Options{BFrames: "transcode"}, record: []byte{1}}
	p.order.longest = 2
	if got := p.policy(); got != "drop" {
		t.Errorf("got %q, want drop", got)
	}
}
