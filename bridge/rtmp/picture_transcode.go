package rtmp

import (
	"log/slog"
	"sync/atomic"
	"time"

	"lectern/internal/ffmpeg"
	"lectern/internal/flv"
)

// transcodeBitrate is what ffmpeg makes at the most, in bit/s: 1080p at 30
// pictures a second looks well with it.
const transcodeBitrate = 6_000_000

// transcoding has ffmpeg encode H.264 again, without B pictures. Until it has
// given its first picture out, and when it is given up, the picture goes on
// with what is left without them.
type transcoding struct {
	filter *filter
	coding *h264Coding
	live   atomic.Bool // ffmpeg's pictures are sent
	failed atomic.Bool // it is given up
	body   []byte
}

// startTranscoding begins with the next key frame. send is called by a
// goroutine of its own for each frame that coding has read.
func startTranscoding(o Options, log *slog.Logger, send func(c coding, shown time.Duration) error) *transcoding {
	t := &transcoding{coding: newH264Coding("")}
	t.filter = startFilter(o, ffmpeg.Transcode(transcodeBitrate), log, func(media time.Duration, tag flv.Tag) error {
		if tag.Type != flv.TagVideo {
			return nil
		}
		v, err := flv.ParseVideo(tag.Data)
		if err != nil {
			return err
		}
		switch v.Type {
		case flv.VideoConfig:
			return t.coding.configure(v.Data)
		case flv.VideoFrame:
			if err := t.coding.read(v); err != nil {
				return err
			}
			t.live.Store(true)
			return send(t.coding, media+milliseconds(int64(v.CompositionTime)))
		}
		return nil
	}, func(err error) {
		t.live.Store(false)
		t.failed.Store(true)
		log.Warn("transcoding given up", "error", err)
	})
	return t
}

// write hands on a configuration or a frame.
func (t *transcoding) write(m flv.Video, media time.Duration) {
	var err error
	if t.body, err = flv.AppendVideo(t.body[:0], m); err != nil {
		return // of a type that ffmpeg does not need
	}
	if m.Type == flv.VideoConfig {
		t.filter.configure(flv.TagVideo, t.body)
		return
	}
	t.filter.write(flv.TagVideo, media, t.body, m.Key)
}

func (t *transcoding) close() { t.filter.close() }
