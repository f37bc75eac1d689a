package rtmp

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"time"

	"lectern/internal/flv"
	"lectern/sfu"
)

// videoClock is the rate of all RTP timestamps of video (RFC 6184 §8.2.1, and
// those of the other formats).
const videoClock = 90000

// refusal is what is wrong with a publisher's media for good: a sentence for
// the encoder.
type refusal string

func (r refusal) Error() string { return string(r) }

// coding is what is particular to a codec between messages and packets.
type coding interface {
	// configure takes a decoder configuration record, which is valid during the
	// call only.
	configure(record []byte) error
	// read takes a frame. It and what it consists of are used until the next
	// call.
	read(f flv.Video) error
	// codec describes the track; false as long as too little is known, and
	// what has been read cannot be sent.
	codec() (sfu.Codec, bool)
	// send cuts the frame that was read last, unless it is left out.
	send(emit func(payload []byte, last bool) error) error
	// describe adds to a report what the codec knows.
	describe(r *sfu.VideoReport)
}

// codings has a row a codec.
var codings = map[string]func(o Options) coding{
	"video/H264": func(o Options) coding { return newH264Coding(o.BFrames) },
	"video/H265": func(Options) coding { return newH265Coding() },
	"video/AV1":  func(Options) coding { return newAV1Coding() },
	"video/VP9":  func(Options) coding { return newVP9Coding() },
}

// picture makes a track of a publisher's video messages.
type picture struct {
	publication *sfu.Publication
	options     Options
	report      *reporter

	mimeType    string
	turns       int    // to a codec
	record      []byte // the last decoder configuration of H.264
	coding      coding
	missed      int // frames before their configuration
	order       displayOrder
	transcoding *transcoding // nil unless ffmpeg encodes the picture again
	crowded     bool         // there was no place for it
	resume      bool         // with the next key frame, after transcoding
	trial       trial        // of leaving B pictures out

	mu        sync.Mutex // ffmpeg's pictures come from a goroutine of their own
	track     *rtpTrack
	timestamp uint32 // of the last picture
	arrival   time.Time
	sent      bool
	emit      func(payload []byte, last bool) error
}

func newPicture(publication *sfu.Publication, o Options, report *reporter) *picture {
	p := &picture{publication: publication, options: o, report: report}
	p.emit = func(payload []byte, last bool) error {
		p.sent = true
		return p.track.send(payload, last, p.timestamp, p.arrival)
	}
	return p
}

// configure takes a message with a decoder configuration. Later ones go
// in-band, with the next key frame of the same track.
func (p *picture) configure(m flv.Video) error {
	if err := p.use(m.MimeType); err != nil {
		return err
	}
	if err := p.coding.configure(m.Data); err != nil {
		return p.refuse(err)
	}
	p.report.video(p.mimeType, p.coding.describe)
	p.record = bytes.Clone(m.Data)
	if p.transcoding != nil {
		p.transcoding.write(m, 0)
	}
	return nil
}

// maxTurns is how often a publisher may change its picture's codec: each time
// all viewers get another track, and the publication keeps what there was.
const maxTurns = 16

// use turns to a codec. An encoder that changes it gets another track.
func (p *picture) use(mimeType string) error {
	if p.mimeType == mimeType {
		return nil
	}
	if p.turns++; p.turns > maxTurns {
		return refusal("the picture's codec changes again and again: start the stream again")
	}
	p.close()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.track != nil {
		p.track.Retire()
	}
	p.mimeType, p.coding, p.track = mimeType, codings[mimeType](p.options), nil
	p.missed, p.order = 0, displayOrder{}
	return nil
}

// refuse notes why a picture is refused, if that is what the error says.
func (p *picture) refuse(err error) error {
	var sentence refusal
	if errors.As(err, &sentence) {
		p.report.problem(videoProblem(string(sentence)))
	}
	return err
}

// write takes a message with a frame that is decoded at a media time.
func (p *picture) write(m flv.Video, media time.Duration, arrival time.Time) error {
	if err := p.use(m.MimeType); err != nil {
		return err
	}
	delay := milliseconds(int64(m.CompositionTime))
	if delay.Abs() > maxDelay {
		delay = 0 // no encoder looks that far ahead: it is a mistake
	}
	if err := p.coding.read(m); err != nil {
		return p.refuse(err)
	}
	p.order.add(media+delay, delay)
	if p.order.longest > 0 && p.policy() == "reject" {
		p.report.problem(bFrameProblems["reject"])
		return refusal("B-frames are not accepted here, because browsers do not play them: " + fixBFrames)
	}
	if err := p.addTrack(); err != nil {
		return err
	}
	if p.track == nil {
		return p.waitForConfiguration()
	}
	left := false
	if !p.transcode(m, media) {
		sent, err := p.send(p.coding, media+delay, arrival)
		if err != nil {
			return err
		}
		left = !sent
	}
	if m.Key {
		p.describe()
	}
	p.report.frame(media, m.Key, left, p.order.longest, p.policy())
	return nil
}

// waitForConfiguration ignores a frame that nobody can decode yet, unless there
// have been too many.
func (p *picture) waitForConfiguration() error {
	if p.missed++; p.missed < maxUnconfigured {
		return nil
	}
	return p.refuse(refusal(p.mimeType + " comes without its decoder configuration: start the stream again"))
}

// send sends what a coding has read last, and says whether that was anything.
func (p *picture) send(c coding, shown time.Duration, arrival time.Time) (sent bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.timestamp
	p.stamp(shown)
	p.arrival, p.sent = arrival, false
	err = c.send(p.emit)
	if !p.sent {
		p.timestamp = before
	}
	return p.sent, err
}

// transcode hands a frame to ffmpeg when that is what is done about B pictures,
// and says whether its pictures are sent already, instead of this one.
func (p *picture) transcode(m flv.Video, media time.Duration) bool {
	if p.transcoding == nil && !p.startTranscoding(m, media) {
		return false
	}
	p.transcoding.write(m, media)
	if p.transcoding.live.Load() {
		p.resume = true
		return true
	}
	// A picture after some that were not sent refers to them.
	p.resume = p.resume && !m.Key
	return p.resume
}

// startTranscoding starts ffmpeg when it is time to.
func (p *picture) startTranscoding(m flv.Video, media time.Duration) bool {
	if !p.canTranscode() {
		return false
	}
	var before []heldFrame
	if p.options.BFrames == "drop" {
		if before = p.trial.fails(p.coding, m, media); before == nil {
			return false
		}
	} else if !p.reorders() {
		return false
	}
	if p.crowded = !p.options.transcoders.take(); p.crowded {
		p.report.problem(crowdedPictureProblem)
		return false
	}
	p.report.solved(crowdedPictureProblem.Code)
	p.transcoding = startTranscoding(p.options, p.report.log, func(c coding, shown time.Duration) error {
		_, err := p.send(c, shown, time.Now())
		return err
	})
	p.transcoding.write(flv.Video{MimeType: p.mimeType, Type: flv.VideoConfig, Data: p.record}, media)
	for _, f := range before {
		p.transcoding.write(f.Video, f.media)
	}
	return true
}

// describe reports what the codec and its key frames say.
func (p *picture) describe() {
	p.report.video(p.mimeType, func(r *sfu.VideoReport) {
		p.coding.describe(r)
		if stats := p.track.Stats(); r.Width == 0 || !p.isH264() {
			r.Width, r.Height = stats.Width, stats.Height
		}
	})
}

// policy is what is done about B pictures, of which only H.264's are known well
// enough.
func (p *picture) policy() string {
	switch {
	case p.order.longest == 0 || !p.isH264():
		return ""
	case p.options.BFrames == "reject":
		return "reject"
	case p.transcoding != nil && !p.transcoding.failed.Load(),
		p.transcoding == nil && p.options.BFrames == "transcode" && !p.crowded && p.canTranscode():
		return "transcode"
	}
	return "drop"
}

// canTranscode says whether H.264 can be encoded again, which takes ffmpeg and
// a configuration for it.
func (p *picture) canTranscode() bool {
	return p.options.BFrames != "reject" && p.options.FFmpeg != "" && p.record != nil && p.isH264()
}

// reorders says that there are B pictures, or that the encoder has announced
// them: ffmpeg can begin with the first key frame then.
func (p *picture) reorders() bool {
	c, ok := p.coding.(*h264Coding)
	return p.order.longest > 0 || ok && c.known && c.sps.Reorder > 0
}

func (p *picture) isH264() bool { return p.mimeType == "video/H264" }

const (
	// maxDelay is how much later than it is decoded a picture may be shown: 16
	// B pictures, which is the most that encoders have, at 10 a second.
	maxDelay = 2 * time.Second
	// maxUnconfigured is how many frames may come before what is needed to
	// decode them: ten seconds at 30 a second.
	maxUnconfigured = 300
)

// stamp gives the picture an RTP timestamp of its own: two pictures with one
// timestamp would be taken for one. H.264's go forward only, for that is what
// is left of it: when they do not, the encoder's clock went back a little.
func (p *picture) stamp(shown time.Duration) {
	const least = videoClock / 1000
	timestamp := ticks(shown, videoClock)
	ahead := int32(timestamp - p.timestamp)
	back := ahead < 0 && (p.isH264() || p.order.longest == 0)
	if p.track.sequence > 0 && (ahead == 0 || back) {
		timestamp = p.timestamp + least
	}
	p.timestamp = timestamp
}

// addTrack adds the track as soon as the codec can be described.
func (p *picture) addTrack() error {
	if p.track != nil {
		return nil
	}
	codec, ok := p.coding.codec()
	if !ok {
		return nil
	}
	track, err := p.publication.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: codec})
	if err != nil {
		return fmt.Errorf("add the picture: %w", err)
	}
	p.track = &rtpTrack{Track: track}
	return nil
}

// close ends ffmpeg, if it runs. It may be called again.
func (p *picture) close() {
	if p.transcoding != nil {
		p.transcoding.close()
		p.transcoding, p.resume = nil, false
	}
	p.record, p.trial = nil, trial{}
}
