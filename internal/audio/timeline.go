package audio

import (
	"math"
	"time"
)

const (
	// steadiness is the offset up to which the resampler makes good what
	// timestamps say; what is more is a hole or an overlap. It is less than
	// the 40 ms that lip-sync allows, and more than one lost frame of most
	// codecs, so that a source that stamps frames unevenly is not cut up.
	steadiness = 35 * time.Millisecond
	// unsteadiness is as far as the former grows with a source that proves
	// by stepping to and fro that it stamps by arrival.
	unsteadiness = 250 * time.Millisecond
	// repentance is how long a step to the other side proves it.
	repentance = 2 * time.Second
	// calm is how long such a source must stamp more evenly to be trusted more.
	calm = 10 * time.Second

	// maxFill is the longest hole that is filled with silence. After a longer
	// one the position jumps.
	maxFill = time.Second
	// maxJump is the farthest that one timestamp alone can take the position.
	maxJump = 10 * time.Second
	// consent is how many frames in a row must agree on going back, or on
	// going further than maxJump: one wrong timestamp costs a frame.
	consent = 4
	// agreement is how far apart those may be.
	agreement = 100 * time.Millisecond

	// edge is how long a hole's edges take.
	edge = 5 * time.Millisecond
)

// timeline puts the sound of one source at its places on the 48 kHz clock.
type timeline struct {
	rate      int
	resampler *resampler
	drift     drift
	// sound gets the samples for 48 kHz, interleaved, and the first one's position.
	sound func(position uint64, samples []float32)
	// jump is told before the position goes elsewhere than to the next sample.
	jump func()
	// lead is how many output samples are left out at a beginning, because
	// the encoder's delay is taken out of the positions.
	lead float64

	started   bool
	next      uint64        // position of the next output sample
	tolerance time.Duration // steadiness … unsteadiness
	catching  bool          // an overlap of more than a frame is being left out
	judged    time.Duration // timestamp since which
	furthest  time.Duration // is the largest offset
	stepped   int           // the last step's side
	steppedAt time.Duration // and its timestamp
	doubts    int           // timestamps that cannot be believed yet
	expected  time.Duration // the next one that would agree with them
	stats     Stats
}

// Stats is what happened to a source's sound.
type Stats struct {
	Frames  uint64        // decoded, or tried to
	Broken  uint64        // of those: silence, because they could not be decoded
	Filled  time.Duration // silence in holes
	Dropped time.Duration // sound that came for a time that was over
	Jumps   uint64        // times that the position went elsewhere
	Lost    uint64        // packets that the encoder failed to make
	Offset  time.Duration // smoothed timestamp less position: the skew now
}

func newTimeline(rate, channels, lead int) *timeline {
	return &timeline{rate: rate, resampler: newResampler(rate, channels), lead: float64(lead), tolerance: steadiness}
}

// write takes the n samples a channel that are to be heard at a time. pcm is
// nil for sound that is missing.
func (t *timeline) write(at time.Duration, n int, pcm []int16) {
	if n == 0 {
		return
	}
	at = max(at, 0)
	if !t.started {
		t.start(at)
	}
	late := t.late(at)
	early := -t.tolerance
	if t.catching {
		early = -edge // rather than leave the rest to the drift
	}
	t.catching = false
	switch {
	case late > maxJump || late < -maxFill:
		if !t.agreed(at, n) {
			t.stats.Dropped += t.duration(n)
			return
		}
		t.restart(at)
	case late > maxFill:
		t.restart(at)
	case late > t.tolerance:
		t.step(at, +1)
		t.fill(t.samples(late))
		t.stats.Filled += late
	case late < early:
		t.step(at, -1)
		over := min(t.samples(-late), n)
		t.stats.Dropped += t.duration(over)
		n -= over
		t.catching = n == 0
		if pcm != nil {
			pcm = pcm[over*len(t.resampler.input):]
			t.resampler.blend(n, pcm, t.samples(edge))
			n = 0
		}
	default:
		t.judge(at, late)
		t.resampler.stretch(t.drift.stretch(late.Seconds(), t.duration(n).Seconds()))
	}
	t.doubts = 0
	switch {
	case n == 0:
	case pcm == nil:
		t.fill(n)
	default:
		t.resampler.push(n, pcm)
	}
	t.drain()
}

// start begins, or begins again, at a time.
func (t *timeline) start(at time.Duration) {
	t.started = true
	t.drift.stepped()
	exact := ticks(at) + t.lead
	t.next = uint64(math.Ceil(exact))
	t.resampler.restart(float64(t.next) - exact + t.lead)
}

// restart goes to another time.
func (t *timeline) restart(at time.Duration) {
	t.fill(t.samples(edge) + taps)
	t.drain()
	t.jump()
	t.stats.Jumps++
	t.start(at)
}

// late is how long after the sound so far a timestamp is.
func (t *timeline) late(at time.Duration) time.Duration {
	sound := float64(t.next) + t.resampler.ahead()
	return time.Duration((ticks(at) - sound) / Rate * float64(time.Second))
}

// step remembers a step. One that takes back the last one says that the
// timestamps are uneven, and not the sound.
func (t *timeline) step(at time.Duration, side int) {
	if t.stepped == -side && at-t.steppedAt < repentance {
		t.tolerance = min(2*t.tolerance, unsteadiness)
	}
	t.stepped, t.steppedAt = side, at
	t.judged, t.furthest = at, 0
	t.drift.stepped()
}

// judge trusts a source more which stamps its frames more evenly than before.
func (t *timeline) judge(at, late time.Duration) {
	if t.furthest = max(t.furthest, late.Abs()); at-t.judged < calm {
		return
	}
	if lower := max(t.tolerance/2, steadiness); t.furthest < lower*3/4 {
		t.tolerance = lower
	}
	t.judged, t.furthest = at, 0
}

// agreed says that enough timestamps in a row agree with one that is hard to
// believe.
func (t *timeline) agreed(at time.Duration, n int) bool {
	if t.doubts > 0 && (at-t.expected).Abs() > agreement {
		t.doubts = 0
	}
	t.doubts++
	t.expected = at + t.duration(n)
	return t.doubts >= consent
}

// fill pushes silence into which the sound so far fades.
func (t *timeline) fill(n int) {
	fade := min(n, t.samples(edge))
	t.resampler.echo(fade)
	t.resampler.push(n-fade, nil)
}

// drain gives on what can be computed.
func (t *timeline) drain() {
	if n := t.resampler.ready(); n > 0 {
		t.sound(t.next, t.resampler.read(n))
		t.next += uint64(n)
	}
	t.stats.Offset = time.Duration(t.drift.late * float64(time.Second))
}

// samples is how many of the source's a duration has.
func (t *timeline) samples(d time.Duration) int {
	return int(math.Round(d.Seconds() * float64(t.rate)))
}

func (t *timeline) duration(samples int) time.Duration {
	return time.Duration(samples) * time.Second / time.Duration(t.rate)
}

// follow goes on where another timeline ends, at another rate.
func (t *timeline) follow(old *timeline) {
	old.fill(old.samples(edge) + taps)
	old.drain()
	t.started, t.next, t.stats, t.tolerance = true, old.next, old.stats, old.tolerance
}
