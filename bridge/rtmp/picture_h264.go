package rtmp

import (
	"bytes"
	"fmt"
	"slices"

	"lectern/internal/flv"
	"lectern/internal/h264"
	"lectern/internal/packetize"
	"lectern/sfu"
)

// NAL unit types of H.264 table 7-1.
const (
	h264Slice = 1
	h264IDR   = 5
	h264SPS   = 7
	h264PPS   = 8
)

// h264Coding passes H.264 through, with parameter sets before each key frame
// and without pictures that browsers do not play.
type h264Coding struct {
	lengthSize int
	sets       [2][][]byte  // SPS and PPS, as they came last
	sps        h264.SPS     // the first of sets
	known      bool         // sps has been read
	filter     *h264.Filter // nil for none
	nal        *packetize.NAL
	units      [][]byte // of the frame
	whole      [][]byte // and with the parameter sets that it lacks
	out        [][]byte // what is sent of it
}

// newH264Coding returns a coding that leaves B pictures out if that is the
// policy about them, and where they are encoded again as long as ffmpeg has not
// given anything out.
func newH264Coding(policy string) *h264Coding {
	c := &h264Coding{lengthSize: 4, nal: packetize.NewH264()}
	if policy == "drop" || policy == "transcode" {
		c.filter = &h264.Filter{}
	}
	return c
}

func (c *h264Coding) configure(record []byte) error {
	config, err := flv.ParseAVCConfig(bytes.Clone(record))
	if err != nil {
		return err
	}
	if err := boundSets(config.SPS, config.PPS); err != nil {
		return err
	}
	c.lengthSize, c.sets = config.LengthSize, [2][][]byte{config.SPS, config.PPS}
	return c.readSPS()
}

// readSPS looks at a new sequence parameter set, and refuses what no browser
// plays.
func (c *h264Coding) readSPS() error {
	if len(c.sets[0]) == 0 {
		return nil
	}
	sps, err := h264.ParseSPS(c.sets[0][0])
	if err != nil {
		return refusal(fmt.Sprintf("the H.264 sequence parameter set cannot be read: %v", err))
	}
	if !playable(sps.ProfileIDC) {
		return refusal(fmt.Sprintf("browsers do not play H.264 %s: %s", sps.Profile(), fixFormat))
	}
	c.sps, c.known = sps, true
	return nil
}

// read splits a frame. Parameter sets in it are kept, and those that a key
// frame lacks go before it.
func (c *h264Coding) read(f flv.Video) error {
	units, err := flv.AppendUnits(c.units[:0], f.Data, c.lengthSize)
	c.units, c.out = units, nil
	if err != nil {
		return err
	}
	key, slices := f.Key, false
	var sets [2][][]byte
	for _, u := range units {
		switch kind := u[0] & 0x1f; {
		case kind >= h264Slice && kind <= h264IDR:
			key, slices = key || kind == h264IDR, true
		case kind == h264SPS:
			sets[0] = append(sets[0], u)
		case kind == h264PPS:
			sets[1] = append(sets[1], u)
		}
	}
	if err := c.keep(sets); err != nil {
		return err
	}
	if !slices {
		return nil // parameter sets in a message of their own go with the picture
	}
	c.out = units
	if key && (sets[0] == nil || sets[1] == nil) {
		c.whole = append(append(c.whole[:0], c.sets[0]...), c.sets[1]...)
		for _, u := range units {
			if kind := u[0] & 0x1f; kind != h264SPS && kind != h264PPS {
				c.whole = append(c.whole, u)
			}
		}
		c.out = c.whole
	}
	if c.filter != nil {
		c.out, _ = c.filter.Next(c.out)
	}
	return nil
}

// keep remembers parameter sets of a frame, for later ones that have none.
func (c *h264Coding) keep(sets [2][][]byte) error {
	if err := boundSets(sets[:]...); err != nil {
		return err
	}
	changed := sets[0] != nil && !slices.EqualFunc(sets[0], c.sets[0], bytes.Equal)
	for i := range sets {
		c.sets[i] = keptSets(sets[i], c.sets[i])
	}
	if !changed {
		return nil
	}
	return c.readSPS()
}

// keptSets returns copies of the parameter sets that have just come, or those
// before if none have, or the same.
func keptSets(came, before [][]byte) [][]byte {
	if came == nil || slices.EqualFunc(came, before, bytes.Equal) {
		return before
	}
	copies := make([][]byte, len(came))
	for i, u := range came {
		copies[i] = bytes.Clone(u)
	}
	return copies
}

// codec describes the track as RFC 6184 §8.1 has it. Constraint flags that say
// nothing about what a decoder needs are left out (table 5), because offers
// are compared with it.
func (c *h264Coding) codec() (sfu.Codec, bool) {
	needed := c.sps
	switch {
	case needed.ProfileIDC == 66 && needed.Constraints&0x40 != 0:
		needed.Constraints = 0xe0
	case needed.ProfileIDC == 66:
		needed.Constraints = 0
	case needed.ProfileIDC == 77:
		needed.Constraints &= 0x80
	case needed.ProfileIDC == 100:
		needed.Constraints &= 0x0c
	}
	return sfu.Codec{
		MimeType: "video/H264", ClockRate: videoClock,
		FMTP: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=" + needed.ProfileLevelID(),
	}, c.known
}

func (c *h264Coding) send(emit func([]byte, bool) error) error {
	return c.nal.Packetize(c.out, emit)
}

func (c *h264Coding) describe(r *sfu.VideoReport) {
	if !c.known {
		return
	}
	r.Profile, r.Level = c.sps.Profile(), c.sps.Level()
	r.Width, r.Height = c.sps.Width, c.sps.Height
}

// playable says whether browsers decode a profile: 8 bits, 4:2:0.
func playable(profile byte) bool {
	return profile == 66 || profile == 77 || profile == 88 || profile == 100
}
