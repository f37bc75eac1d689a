package audio

import "time"

// output is the way from samples to packets: a timeline and an encoder, both
// made when the first sound shows what they are for.
type output struct {
	bitrate  int
	channels int // of the encoder, for ever those of the first sound
	timeline *timeline
	packets  *packets
	past     Stats // of timelines before
	mixed    []int16
}

// write puts a frame's sound at its time.
func (o *output) write(at time.Duration, s sound, emit Emit) {
	o.past.Frames++
	if s.pcm == nil {
		o.past.Broken++
	}
	if o.timeline == nil || o.timeline.rate != s.rate {
		if s.pcm == nil && o.timeline == nil {
			return // nothing is known yet
		}
		if o.begin(s) != nil {
			o.past.Lost++
			return
		}
	}
	o.packets.emit = emit
	o.timeline.write(at, s.samples, o.mix(s))
}

// begin makes what is needed for the rate of s.
func (o *output) begin(s sound) error {
	if o.packets == nil {
		p, err := newPackets(s.channels, o.bitrate)
		if err != nil {
			return err
		}
		o.packets, o.channels = p, s.channels
	}
	t := newTimeline(s.rate, o.channels, o.packets.encoder.lookahead())
	t.sound, t.jump = o.packets.add, o.packets.flush
	if old := o.timeline; old != nil {
		t.follow(old)
	}
	o.timeline = t
	return nil
}

// mix makes the channels of s those of the encoder.
func (o *output) mix(s sound) []int16 {
	if s.pcm == nil || s.channels == o.channels {
		return s.pcm
	}
	o.mixed = o.mixed[:0]
	for i := range s.samples {
		if s.channels == 1 {
			o.mixed = append(o.mixed, s.pcm[i], s.pcm[i])
		} else {
			o.mixed = append(o.mixed, int16((int(s.pcm[2*i])+int(s.pcm[2*i+1]))/2))
		}
	}
	return o.mixed
}

func (o *output) stats() Stats {
	s := o.past
	if o.timeline != nil {
		t := o.timeline.stats
		s.Filled, s.Dropped, s.Jumps, s.Offset = t.Filled, t.Dropped, t.Jumps, t.Offset
	}
	if o.packets != nil {
		s.Lost += o.packets.lost
	}
	return s
}
