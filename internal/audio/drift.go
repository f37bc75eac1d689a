package audio

// drift finds out how much longer than its samples say a source's sound takes
// on the source's own clock, and has the resampler follow: a controller which
// knows the clock's offset and its rate.
//
// Its numbers: a residue of 23 ms, one lost frame, is gone in about ten
// seconds; a clock that is wrong by 1000 ppm costs less than 10 ms before it
// is known; rounding to milliseconds moves the pitch by less than 10 ppm.
type drift struct {
	late float64 // smoothed seconds by which the timestamps lie after the sound
	rate float64 // what is known of the clock
}

const (
	smoothing = 1.0   // s, over which timestamps' errors are averaged
	proximity = 0.1   // of the offset a second
	memory    = 0.002 // of the offset a second, a second

	// maxStretch is nine hundredths of a semitone.
	maxStretch = 0.005
)

// stretch is the share by which sound has to last longer from now on. late is
// this frame's offset and length its duration, in seconds.
func (d *drift) stretch(late, length float64) float64 {
	length = min(length, smoothing)
	d.late += (late - d.late) * length / smoothing
	d.rate = limit(d.rate+d.late*memory*length, maxStretch)
	return limit(d.rate+d.late*proximity, maxStretch)
}

// stepped says that the offset has been taken out at once.
func (d *drift) stepped() { d.late = 0 }

func limit(v, most float64) float64 { return min(max(v, -most), most) }
