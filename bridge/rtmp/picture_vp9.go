package rtmp

import (
	"fmt"

	"lectern/internal/flv"
	"lectern/internal/packetize"
	"lectern/sfu"
)

// vp9Coding passes VP9 through.
type vp9Coding struct {
	config flv.VP9Config
	known  bool
	vp9    *packetize.VP9
	frame  []byte
}

func newVP9Coding() *vp9Coding { return &vp9Coding{vp9: packetize.NewVP9()} }

func (c *vp9Coding) configure(record []byte) error {
	config, err := flv.ParseVP9Config(record)
	if err != nil {
		return err
	}
	c.config, c.known = config, true
	return nil
}

func (c *vp9Coding) read(f flv.Video) error {
	c.frame = f.Data
	return nil
}

func (c *vp9Coding) codec() (sfu.Codec, bool) {
	return sfu.Codec{
		MimeType: "video/VP9", ClockRate: videoClock, FMTP: fmt.Sprintf("profile-id=%d", c.config.Profile),
	}, c.known
}

func (c *vp9Coding) send(emit func([]byte, bool) error) error {
	_, err := c.vp9.Packetize(c.frame, emit)
	return err
}

func (c *vp9Coding) describe(r *sfu.VideoReport) {
	if !c.known {
		return
	}
	r.Profile = fmt.Sprintf("Profile %d", c.config.Profile)
	if c.config.Level > 0 {
		r.Level = fmt.Sprintf("%d.%d", c.config.Level/10, c.config.Level%10)
	}
}
