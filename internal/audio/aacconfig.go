package audio

import (
	"errors"
	"fmt"
)

// errShortConfig says that an AudioSpecificConfig ends too early.
var errShortConfig = errors.New("audio specific config is too short")

// AACConfig is what an AudioSpecificConfig says (ISO/IEC 14496-3 §1.6.2.1).
type AACConfig struct {
	ObjectType int // 2 is AAC-LC; the core's, when SBR extends it
	Rate       int // of the core, Hz
	Channels   int // 0 when the stream says it elsewhere
	SBR, PS    bool
	Short      bool // 960 samples a frame instead of 1024
}

// aacRates are the sampling frequencies by index (ISO/IEC 14496-3, table 1.18).
var aacRates = [13]int{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350}

// The audio object types (ISO/IEC 14496-3, table 1.17).
const (
	aacLC     = 2
	aacSBR    = 5
	aacPS     = 29
	aacEscape = 31
)

// aacNames are the object types that encoders send, or might.
var aacNames = map[int]string{
	1: "AAC Main", 2: "AAC-LC", 3: "AAC-SSR", 4: "AAC-LTP", 5: "HE-AAC", 6: "AAC Scalable",
	17: "ER AAC-LC", 19: "ER AAC-LTP", 20: "ER AAC Scalable", 22: "ER BSAC", 23: "AAC-LD",
	29: "HE-AAC v2", 34: "MP3 in MPEG-4", 36: "MPEG-4 ALS", 37: "MPEG-4 SLS", 39: "AAC-ELD", 42: "xHE-AAC",
}

// ParseAACConfig reads an AudioSpecificConfig. Its error says that the config
// is cut short or makes no sense; whether the stream can be decoded is
// [AACConfig.Supported]'s to say.
func ParseAACConfig(config []byte) (AACConfig, error) {
	r := configReader{data: config}
	var c AACConfig
	c.ObjectType = r.objectType()
	c.Rate = r.rate()
	layout := r.bits(4)
	if c.ObjectType == aacSBR || c.ObjectType == aacPS {
		c.SBR, c.PS = true, c.ObjectType == aacPS
		r.rate() // of what SBR makes of it
		c.ObjectType = r.objectType()
	}
	if r.short {
		return AACConfig{}, errShortConfig
	}
	if c.Rate == 0 {
		return AACConfig{}, errors.New("audio specific config has no known sampling frequency")
	}
	c.Channels = layout
	switch layout {
	case 7, 12, 14:
		c.Channels = 8
	case 11:
		c.Channels = 7
	case 13:
		c.Channels = 24
	case 8, 9, 10, 15:
		return AACConfig{}, fmt.Errorf("audio specific config has the reserved channel configuration %d", layout)
	}
	c.general(&r)
	return c, nil
}

// general reads what is specific to general audio coding, and the extension
// that announces SBR in a way that old decoders skip (ISO/IEC 14496-3 §1.6.6.2).
func (c *AACConfig) general(r *configReader) {
	if c.ObjectType != aacLC {
		return
	}
	c.Short = r.bits(1) == 1
	if r.bits(1) == 1 { // dependsOnCoreCoder
		r.bits(14)
	}
	r.bits(1) // extensionFlag
	if c.SBR || c.Channels == 0 || r.bits(11) != 0x2b7 || r.objectType() != aacSBR || r.bits(1) == 0 {
		return
	}
	rate := r.rate()
	if r.short || rate == c.Rate {
		return
	}
	c.SBR = true
	c.PS = r.bits(11) == 0x548 && r.bits(1) == 1 && !r.short
}

// Name is the codec's name as people know it.
func (c AACConfig) Name() string {
	switch {
	case c.PS:
		return aacNames[aacPS]
	case c.SBR:
		return aacNames[aacSBR]
	}
	if name, ok := aacNames[c.ObjectType]; ok {
		return name
	}
	return fmt.Sprintf("MPEG-4 audio of type %d", c.ObjectType)
}

// Supported is nil when the package decodes such a stream, and an
// [*Unsupported] which says why not otherwise.
func (c AACConfig) Supported() error {
	const lc = "set the encoder's sound to AAC-LC, mono or stereo"
	switch {
	case c.SBR || c.ObjectType != aacLC:
		return &Unsupported{c.Name(), lc}
	case c.Short:
		return &Unsupported{"AAC-LC with frames of 960 samples", lc + ", with frames of 1024 samples"}
	case c.Channels == 0:
		return &Unsupported{"AAC-LC with a channel layout of its own", lc}
	case c.Channels > 2:
		return &Unsupported{"AAC-LC with " + layoutName(c.Channels) + " channels", lc}
	}
	for _, rate := range aacRates {
		if rate == c.Rate {
			return nil
		}
	}
	return &Unsupported{fmt.Sprintf("AAC-LC at %d Hz", c.Rate), "set the encoder to 44.1 or 48 kHz"}
}

func layoutName(channels int) string {
	switch channels {
	case 6:
		return "5.1"
	case 8:
		return "7.1"
	}
	return fmt.Sprint(channels)
}

// canonical is the shortest config for a supported stream: what a library gets
// instead of the publisher's octets.
func (c AACConfig) canonical() []byte {
	for i, rate := range aacRates {
		if rate == c.Rate {
			v := aacLC<<11 | i<<7 | c.Channels<<3
			return []byte{byte(v >> 8), byte(v)}
		}
	}
	return nil
}

// configReader reads bits, and zeros once it is past the end.
type configReader struct {
	data  []byte
	at    int // bits read
	short bool
}

func (r *configReader) bits(n int) int {
	v := 0
	for ; n > 0; n-- {
		v <<= 1
		if r.at >= 8*len(r.data) {
			r.short = true
			continue
		}
		v |= int(r.data[r.at/8]>>(7-r.at%8)) & 1
		r.at++
	}
	return v
}

func (r *configReader) objectType() int {
	if t := r.bits(5); t != aacEscape {
		return t
	}
	return 32 + r.bits(6)
}

// rate is 0 for a reserved index.
func (r *configReader) rate() int {
	i := r.bits(4)
	switch {
	case i == 15:
		return r.bits(24)
	case i < len(aacRates):
		return aacRates[i]
	}
	return 0
}
