package rtmp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"lectern/internal/ffmpeg"
	"lectern/internal/flv"
)

// filter is an ffmpeg process between a publisher's messages and a track. It
// takes messages with their media times, and gives tags with theirs back.
type filter struct {
	process *ffmpeg.Process
	newest  atomic.Int64 // media time in ms of what was written last
	cancel  context.CancelFunc
	ended   chan struct{}
}

// startFilter runs ffmpeg. output is called by one goroutine at a time with the
// tags that it writes, which are valid during the call; its error replaces the
// process. failed is called when ffmpeg is given up. The caller has taken a
// place among the transcoders, which the filter gives back, and closes the
// filter.
func startFilter(o Options, args []string, log *slog.Logger, output func(media time.Duration, tag flv.Tag) error, failed func(error)) *filter {
	ctx, cancel := context.WithCancel(context.Background())
	f := &filter{cancel: cancel, ended: make(chan struct{})}
	f.process = ffmpeg.New(ffmpeg.Options{Path: o.FFmpeg, Args: args, Log: log, Output: func(r io.Reader) error { return f.read(r, output) }})
	o.transcoders.use(f.process)
	go func() {
		defer close(f.ended)
		defer o.transcoders.give(f.process)
		if err := f.process.Run(ctx); err != nil {
			failed(err)
		}
	}()
	return f
}

// configure gives each process its decoder configuration. One that encoders
// repeat is no new one, and so has no time in it.
func (f *filter) configure(kind flv.TagType, body []byte) {
	header := flv.AppendHeader(nil, kind == flv.TagVideo, kind == flv.TagAudio)
	f.process.SetHeader(flv.AppendTag(header, flv.Tag{Type: kind, Data: body}))
}

// write hands a message on. It never waits: package ffmpeg drops what the
// process is too slow for.
func (f *filter) write(kind flv.TagType, media time.Duration, body []byte, key bool) {
	f.newest.Store(media.Milliseconds())
	f.process.Write(flv.AppendTag(nil, flv.Tag{Type: kind, Timestamp: f.timestamp(), Data: body}), key)
}

func (f *filter) timestamp() uint32 { return uint32(f.newest.Load()) }

// read takes what a process writes.
func (f *filter) read(r io.Reader, output func(media time.Duration, tag flv.Tag) error) error {
	for tags := flv.NewReader(r); ; {
		tag, err := tags.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
		newest := f.newest.Load()
		media := milliseconds(newest + int64(int32(tag.Timestamp-uint32(newest))))
		if err := output(media, tag); err != nil {
			return err
		}
	}
}

// close ends the process, and returns when nothing of it is left.
func (f *filter) close() {
	f.cancel()
	<-f.ended
}
