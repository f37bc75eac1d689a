package rtmp

import (
	"errors"
	"fmt"

	"lectern/internal/flv"
	"lectern/internal/packetize"
	"lectern/sfu"
)

// av1Coding passes AV1 through, with a sequence header before each key frame.
type av1Coding struct {
	config flv.AV1Config
	known  bool
	av1    *packetize.AV1
	frame  []byte
}

func newAV1Coding() *av1Coding { return &av1Coding{av1: packetize.NewAV1()} }

func (c *av1Coding) configure(record []byte) error {
	config, err := flv.ParseAV1Config(record)
	if err != nil {
		return err
	}
	if err := boundSets([][]byte{config.OBUs}); err != nil {
		return err
	}
	if err := c.av1.Configure(config.OBUs); err != nil {
		return fmt.Errorf("%w: an AV1 configuration with a broken OBU", flv.ErrMalformed)
	}
	config.OBUs = nil // of the message, and copied
	c.config, c.known = config, true
	return nil
}

func (c *av1Coding) read(f flv.Video) error {
	c.frame = f.Data
	return nil
}

func (c *av1Coding) codec() (sfu.Codec, bool) {
	tier := 0
	if c.config.High {
		tier = 1
	}
	return sfu.Codec{
		MimeType: "video/AV1", ClockRate: videoClock,
		FMTP: fmt.Sprintf("level-idx=%d;profile=%d;tier=%d", c.config.Level, c.config.Profile, tier),
	}, c.known
}

func (c *av1Coding) send(emit func([]byte, bool) error) error {
	_, err := c.av1.Packetize(c.frame, emit)
	if errors.Is(err, packetize.ErrMalformed) {
		return fmt.Errorf("%w: an AV1 temporal unit with a broken OBU", flv.ErrMalformed)
	}
	return err
}

func (c *av1Coding) describe(r *sfu.VideoReport) {
	if !c.known {
		return
	}
	r.Profile = [8]string{"Main", "High", "Professional"}[c.config.Profile&7]
	r.Level = fmt.Sprintf("%d.%d", 2+c.config.Level>>2, c.config.Level&3) // AV1 specification Annex A.3
}
