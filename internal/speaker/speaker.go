// Package speaker tells from the levels of microphones who speaks, and who of
// them has the room.
//
// Invariant: time is an argument, and the result depends on what was heard
// alone: the same levels at the same times name the same speakers.
//
// Levels are those of RFC 6464: from 0, loud, to 127, silent, in −dBov.
package speaker

import (
	"cmp"
	"slices"
	"time"
)

const (
	// loud is the highest level that counts as speech: a quiet voice at a usual
	// microphone. A room without anybody speaking has 60 and more.
	loud = 45
	// Speaking is to be loud for enoughLoud of the packets, of which there are 50
	// a second, in window: the ring is there some 100 ms after the first syllable,
	// and a knock on the table is no speech.
	window     = 240 * time.Millisecond
	enoughLoud = 4
	// pause is how long somebody may be silent who still speaks.
	pause = 600 * time.Millisecond
	// interval is the least time between two results: four a second.
	interval = 250 * time.Millisecond

	// Whoever speaks for claim gets the room, from somebody who speaks as well
	// only with margin above his level. He keeps it for hold at least, and for
	// hold after he has fallen silent while nobody else claims it.
	claim  = 1500 * time.Millisecond
	margin = 4
	hold   = 2500 * time.Millisecond

	// step is by how much a level has to change to be told again.
	step = 8
	// most is how many voices are remembered; the one that was silent for longest
	// goes first.
	most = 64
	// kept is how many levels of a voice are: more than a window has.
	kept = 16
)

// Voice is somebody who speaks.
type Voice struct {
	Member string
	Level  int
}

// Speakers is who speaks at one moment.
type Speakers struct {
	Active   []Voice // the loudest first
	Dominant string  // who has the room; "" when nobody does
}

// Detector finds out who speaks. It is not safe for concurrent use. The zero
// value is ready.
type Detector struct {
	voices   []*voice
	dominant string
	since    time.Time // it has the room
	told     Speakers
	toldAt   time.Time
}

type voice struct {
	member string
	levels [kept]heard
	next   int
	spoke  time.Time // last
	begun  time.Time // to speak, without a pause
	level  float64   // the mean of late, while he speaks
}

type heard struct {
	at    time.Time
	level uint8
}

// Heard takes the level of one packet.
func (d *Detector) Heard(at time.Time, member string, level uint8) {
	v := d.voice(member)
	v.levels[v.next%kept] = heard{at, level}
	v.next++
	if level > loud || v.count(at) < enoughLoud {
		return
	}
	if v.spoke.IsZero() || at.Sub(v.spoke) > pause {
		v.begun, v.level = at, float64(level)
	}
	v.spoke = at
	v.level += (float64(level) - v.level) / 25
}

// Forget takes somebody out who has left or was muted.
func (d *Detector) Forget(member string) {
	d.voices = slices.DeleteFunc(d.voices, func(v *voice) bool { return v.member == member })
	if d.dominant == member {
		d.dominant = ""
	}
}

// Speaking returns who speaks, and whether that is something else than it has
// said before. It says so at most every 250 ms.
func (d *Detector) Speaking(at time.Time) (s Speakers, changed bool) {
	if at.Sub(d.toldAt) < interval && !d.toldAt.IsZero() {
		return d.told, false
	}
	for _, v := range d.voices {
		if v.speaks(at) {
			s.Active = append(s.Active, Voice{v.member, int(v.level)/step*step + step/2})
		}
	}
	slices.SortFunc(s.Active, func(a, b Voice) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Member, b.Member))
	})
	s.Dominant = d.decide(at)
	if s.Dominant == d.told.Dominant && slices.Equal(s.Active, d.told.Active) {
		return d.told, false
	}
	d.told, d.toldAt = s, at
	return s, true
}

// decide returns who has the room.
func (d *Detector) decide(at time.Time) string {
	var current, best *voice
	for _, v := range d.voices {
		switch {
		case v.member == d.dominant:
			current = v
		case v.speaks(at) && at.Sub(v.begun) >= claim && (best == nil || v.level < best.level):
			best = v
		}
	}
	switch {
	case current != nil && at.Sub(d.since) < hold:
	case best != nil && (current == nil || !current.speaks(at) || best.level <= current.level-margin):
		d.dominant, d.since = best.member, at
	case current != nil && at.Sub(current.spoke) > hold:
		d.dominant = ""
	}
	return d.dominant
}

func (d *Detector) voice(member string) *voice {
	for _, v := range d.voices {
		if v.member == member {
			return v
		}
	}
	if len(d.voices) == most {
		quiet := slices.MinFunc(d.voices, func(a, b *voice) int { return a.spoke.Compare(b.spoke) })
		d.Forget(quiet.member)
	}
	v := &voice{member: member}
	d.voices = append(d.voices, v)
	return v
}

// count is how many packets of the window were loud.
func (v *voice) count(at time.Time) (n int) {
	for _, h := range v.levels {
		if !h.at.IsZero() && h.level <= loud && at.Sub(h.at) < window {
			n++
		}
	}
	return n
}

func (v *voice) speaks(at time.Time) bool { return !v.spoke.IsZero() && at.Sub(v.spoke) <= pause }
