package rtmp

import (
	"bytes"
	"fmt"
	"strconv"

	"lectern/internal/flv"
	"lectern/internal/packetize"
	"lectern/sfu"
)

// NAL unit types of H.265 table 7-1.
const (
	h265FirstIRAP = 16
	h265LastIRAP  = 21
	h265VPS       = 32
	h265PPS       = 34
)

// h265Coding passes H.265 through, with parameter sets before each key frame.
type h265Coding struct {
	config flv.HEVCConfig
	known  bool        // config has come
	sets   [3][][]byte // VPS, SPS and PPS, as they came last
	nal    *packetize.NAL
	units  [][]byte // of the frame
	whole  [][]byte // and with the parameter sets that it lacks
	out    [][]byte // the one of them that is sent
}

func newH265Coding() *h265Coding {
	return &h265Coding{config: flv.HEVCConfig{LengthSize: 4}, nal: packetize.NewH265()}
}

func (c *h265Coding) configure(record []byte) error {
	config, err := flv.ParseHEVCConfig(bytes.Clone(record))
	if err != nil {
		return err
	}
	if err := boundSets(config.VPS, config.SPS, config.PPS); err != nil {
		return err
	}
	c.config, c.known, c.sets = config, true, [3][][]byte{config.VPS, config.SPS, config.PPS}
	return nil
}

// read splits a frame. Parameter sets in it are kept, and those that a key
// frame lacks go before it.
func (c *h265Coding) read(f flv.Video) error {
	units, err := flv.AppendUnits(c.units[:0], f.Data, c.config.LengthSize)
	c.units, c.out = units, nil
	if err != nil {
		return err
	}
	key, slices := false, false
	var sets [3][][]byte
	for _, u := range units {
		switch kind := u[0] >> 1 & 0x3f; {
		case kind < h265VPS:
			key, slices = key || kind >= h265FirstIRAP && kind <= h265LastIRAP, true
		case isH265Set(u):
			sets[kind-h265VPS] = append(sets[kind-h265VPS], u)
		}
	}
	if err := boundSets(sets[:]...); err != nil {
		return err
	}
	missing := false
	for i := range sets {
		missing = missing || sets[i] == nil
		c.sets[i] = keptSets(sets[i], c.sets[i])
	}
	if !slices {
		return nil // parameter sets in a message of their own go with the picture
	}
	c.out = units
	if key && missing {
		c.whole = append(append(append(c.whole[:0], c.sets[0]...), c.sets[1]...), c.sets[2]...)
		for _, u := range units {
			if !isH265Set(u) {
				c.whole = append(c.whole, u)
			}
		}
		c.out = c.whole
	}
	return nil
}

func isH265Set(unit []byte) bool {
	kind := unit[0] >> 1 & 0x3f
	return kind >= h265VPS && kind <= h265PPS
}

func (c *h265Coding) codec() (sfu.Codec, bool) {
	tier := 0
	if c.config.High {
		tier = 1
	}
	return sfu.Codec{
		MimeType: "video/H265", ClockRate: videoClock,
		FMTP: fmt.Sprintf("level-id=%d;profile-id=%d;tier-flag=%d;tx-mode=SRST", c.config.Level, c.config.Profile, tier),
	}, c.known
}

func (c *h265Coding) send(emit func([]byte, bool) error) error {
	return c.nal.Packetize(c.out, emit)
}

var h265Profiles = map[uint8]string{1: "Main", 2: "Main 10", 3: "Main Still Picture", 4: "Range Extensions", 9: "Screen Content"}

func (c *h265Coding) describe(r *sfu.VideoReport) {
	r.Profile = h265Profiles[c.config.Profile]
	if c.config.Level > 0 {
		r.Level = strconv.FormatFloat(float64(c.config.Level)/30, 'f', 1, 64)
	}
}
