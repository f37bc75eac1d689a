package rtmp

import (
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"lectern/sfu"
)

const (
	// reportWindow is what frame rate and bitrate are measured over.
	reportWindow = 2 * time.Second
	// longKeyFrameInterval is the distance of key frames from which on new
	// viewers, and those who lost something, notice it.
	longKeyFrameInterval = 4 * time.Second
	// noPicture is how long there may be sound alone before that is said.
	noPicture = 10 * time.Second
	// reportsPerSecond and reportsAtOnce are how often it is told what has
	// changed: each time is a line in the log, and an event for each page that
	// looks on. What is too much is told with the next change, or message.
	reportsPerSecond, reportsAtOnce = 1, 20
)

// reporter gathers what is known of a publisher's media, and tells it to the
// publication and the log when people would notice a difference.
type reporter struct {
	publication *sfu.Publication
	log         *slog.Logger
	limit       int64 // bits a second, 0 or less for none

	mu       sync.Mutex
	name     string
	picture  *sfu.VideoReport
	sound    *sfu.AudioReport
	problems map[string]sfu.Problem
	said     map[string]bool // codes of problems that are in the log
	changed  bool            // and not told
	told     *sfu.Report     // nil before the first
	logged   bool            // at least once
	telling  *rate.Limiter   // in media time

	begun    bool
	first    time.Duration // the media time of the first message,
	newest   time.Duration // and the latest one
	octets   counter
	frames   counter
	lastKey  time.Duration
	keys     int
	all      uint64                     // pictures,
	leftOut  uint64                     // and those of them that viewers do not get
	before   struct{ all, left uint64 } // at the last measurement
	interval time.Duration
}

// counter counts something in windows of media time.
type counter struct {
	begun bool
	begin time.Duration
	count int
}

// add counts n at a media time. When a window is full it returns how many there
// were a second, without these.
func (c *counter) add(n int, media time.Duration) (perSecond float64, full bool) {
	span := media - c.begin
	if !c.begun || span < 0 {
		*c = counter{true, media, n}
		return 0, false
	}
	if span >= reportWindow {
		perSecond, full = float64(c.count)/span.Seconds(), true
		*c = counter{true, media, 0}
	}
	c.count += n
	return perSecond, full
}

func newReporter(publication *sfu.Publication, log *slog.Logger, limit int64) *reporter {
	return &reporter{
		publication: publication, log: log, limit: limit, problems: map[string]sfu.Problem{}, said: map[string]bool{},
		telling: rate.NewLimiter(reportsPerSecond, reportsAtOnce),
	}
}

// encoder takes what the encoder calls itself.
func (r *reporter) encoder(name string) {
	if name = printable(name); name == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changed = r.changed || r.name != name
	r.name = name
}

// video lets describe change what is known of the picture.
func (r *reporter) video(mimeType string, describe func(*sfu.VideoReport)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var next sfu.VideoReport
	if r.picture != nil && r.picture.MimeType == mimeType {
		next = *r.picture
	}
	next.MimeType = mimeType
	describe(&next)
	if r.picture == nil || *r.picture != next {
		r.picture, r.changed = &next, true
	}
}

// audio takes what is known of the sound.
func (r *reporter) audio(a sfu.AudioReport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sound == nil || *r.sound != a {
		r.sound, r.changed = &a, true
	}
}

// problem notes one, or that it has changed.
func (r *reporter) problem(p sfu.Problem) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problemLocked(p)
	r.tellLocked()
}

func (r *reporter) problemLocked(p sfu.Problem) {
	if !r.said[p.Code] { // once a code: some come and go
		r.said[p.Code] = true
		r.log.Warn("viewers will notice", "code", p.Code, "problem", p.Text, "fix", p.Fix)
	}
	r.changed = r.changed || r.problems[p.Code] != p
	r.problems[p.Code] = p
}

// solved takes a problem back.
func (r *reporter) solved(code string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.solvedLocked(code)
}

func (r *reporter) solvedLocked(code string) {
	if _, ok := r.problems[code]; ok {
		delete(r.problems, code)
		r.changed = true
	}
}

// jumps takes how often the encoder's clock has jumped.
func (r *reporter) jumps(n int) {
	if n > 0 {
		r.problem(jumpProblem)
	}
}

// frame counts a picture. left says that viewers do not get it; bFrames is how
// many B pictures have followed one another at the most, and policy what is
// done about them.
func (r *reporter) frame(media time.Duration, key, left bool, bFrames int, policy string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fps, measured := r.frames.add(1, media)
	r.all++
	if left {
		r.leftOut++
	}
	if key {
		if r.keys > 0 {
			r.interval = media - r.lastKey
			r.judgeKeyFramesLocked(r.interval, policy)
		}
		r.keys, r.lastKey = r.keys+1, media
	} else if r.keys > 0 && media-r.lastKey > longKeyFrameInterval {
		r.judgeKeyFramesLocked(media-r.lastKey, policy)
	}
	if r.picture != nil && (r.picture.BFrames != bFrames || r.picture.BFramePolicy != policy) {
		next := *r.picture
		next.BFrames, next.BFramePolicy = bFrames, policy
		r.picture, r.changed = &next, true
		r.judgeBFramesLocked(policy)
	}
	if measured {
		r.measureLocked(fps)
		r.judgeBFramesLocked(policy)
		r.before.left, r.before.all = r.leftOut, r.all
	}
	r.tellLocked()
}

// judgeBFramesLocked says what becomes of B pictures. Where others refer to
// them, hardly anything may be left without them.
func (r *reporter) judgeBFramesLocked(policy string) {
	if r.picture == nil || r.picture.BFrames == 0 {
		return
	}
	p := bFrameProblems[policy]
	if left, all := r.leftOut-r.before.left, r.all-r.before.all; policy == "drop" && all > 0 && float64(left) > 0.8*float64(all) {
		p = pyramidProblem
	}
	r.problemLocked(p)
}

// judgeKeyFramesLocked holds a distance of key frames, which may not be over
// yet, against what viewers notice: with what ffmpeg makes of them, nothing.
func (r *reporter) judgeKeyFramesLocked(interval time.Duration, policy string) {
	if policy == "transcode" || interval <= longKeyFrameInterval+100*time.Millisecond {
		r.solvedLocked(keyFrameProblem(0).Code)
		return
	}
	fps := 30.0
	if r.picture != nil && r.picture.FPS > 0 {
		fps = r.picture.FPS
	}
	r.problemLocked(keyFrameProblem(int(math.Round(2 * fps))))
}

// message counts the octets of a message with media.
func (r *reporter) message(size int, media time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.begun {
		r.begun, r.first = true, media
	}
	r.newest = max(r.newest, media)
	if rate, full := r.octets.add(size, media); full {
		if r.limit > 0 && rate*8 > float64(r.limit) {
			r.problemLocked(excessProblem(r.limit))
		} else {
			r.solvedLocked(excessProblem(0).Code)
		}
	}
	switch {
	case r.picture != nil:
		r.solvedLocked(noPictureProblem.Code)
	case r.newest-r.first >= noPicture:
		r.problemLocked(noPictureProblem)
	}
	r.tellLocked()
}

// measureLocked takes the frame rate of the last window, and with it what
// changes with every picture.
func (r *reporter) measureLocked(fps float64) {
	if r.picture == nil {
		return
	}
	next := *r.picture
	if fps = math.Round(fps*10) / 10; math.Abs(fps-next.FPS) > max(0.5, next.FPS/20) {
		next.FPS = fps
	}
	if (r.interval - next.KeyFrameInterval).Abs() > 300*time.Millisecond {
		next.KeyFrameInterval = r.interval.Round(10 * time.Millisecond)
	}
	if next != *r.picture {
		r.picture, r.changed = &next, true
	}
}

// tellLocked tells what has changed, and logs it once there was time to
// measure.
func (r *reporter) tellLocked() {
	measured := r.newest-r.first > reportWindow
	if !r.changed && (r.logged || !measured || r.told == nil) {
		return
	}
	if r.changed && !r.telling.AllowN(time.Unix(0, 0).Add(r.newest), 1) {
		return
	}
	if r.changed {
		r.told = r.reportLocked()
		r.publication.SetReport(r.told)
		r.changed = false
	}
	if measured {
		r.logged = true
		r.log.Info("media", attributes(r.told)...)
	}
}

func (r *reporter) reportLocked() *sfu.Report {
	report := &sfu.Report{Encoder: r.name}
	if r.picture != nil {
		picture := *r.picture
		picture.Dropped = r.leftOut
		report.Video = &picture
	}
	if r.sound != nil {
		sound := *r.sound
		report.Audio = &sound
	}
	report.Problems = slices.SortedFunc(maps.Values(r.problems), func(a, b sfu.Problem) int {
		if a.Grave != b.Grave {
			if a.Grave {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Code, b.Code)
	})
	return report
}

// attributes are a report as a log has it.
func attributes(r *sfu.Report) []any {
	var list []any
	if r.Encoder != "" {
		list = append(list, "encoder", r.Encoder)
	}
	if v := r.Video; v != nil {
		list = append(list, "video", strings.Join(strings.Fields(strings.TrimPrefix(v.MimeType, "video/")+" "+v.Profile+" "+v.Level), " "),
			"size", fmt.Sprintf("%dx%d", v.Width, v.Height), "fps", v.FPS, "key_frame_interval", v.KeyFrameInterval, "b_frames", v.BFrames)
	}
	if a := r.Audio; a != nil {
		list = append(list, "audio", a.Codec, "rate", a.SampleRate, "channels", a.Channels, "audio_out", a.Output)
	}
	var codes []string
	for _, p := range r.Problems {
		codes = append(codes, p.Code)
	}
	if codes != nil {
		list = append(list, "problems", strings.Join(codes, " "))
	}
	return list
}
