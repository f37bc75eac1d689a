package flv

import "fmt"

// AACConfig is an AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1) as far as it
// tells what has to be decoded.
type AACConfig struct {
	// ObjectType is of the core: 2 is AAC-LC.
	ObjectType int
	// SampleRate is the core's, in Hz; with SBR the sound has OutputRate, which
	// is the same otherwise.
	SampleRate, OutputRate int
	// Channels are the core's, 0 where a program config element tells: with PS
	// one core channel is heard as two.
	Channels int
	// SBR and PS say that the extensions of HE-AAC and HE-AAC v2 are announced.
	SBR, PS bool
}

// Audio object types (ISO/IEC 14496-3 table 1.17).
const (
	objectLC     = 2
	objectSBR    = 5
	objectPS     = 29
	objectEscape = 31
)

var objectNames = map[int]string{1: "AAC Main", objectLC: "AAC-LC", 3: "AAC SSR", 4: "AAC LTP", 23: "AAC-LD", 39: "AAC-ELD", 42: "xHE-AAC"}

// Name is what people call it: "AAC-LC", "HE-AAC".
func (c AACConfig) Name() string {
	switch {
	case c.PS:
		return "HE-AAC v2"
	case c.SBR:
		return "HE-AAC"
	}
	if name, ok := objectNames[c.ObjectType]; ok {
		return name
	}
	return fmt.Sprintf("MPEG-4 audio of type %d", c.ObjectType)
}

var aacRates = [16]int{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350}

var aacChannels = [16]int{1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8, 11: 7, 12: 8, 14: 8}

// ParseAACConfig reads a configuration. The error wraps ErrMalformed.
func ParseAACConfig(config []byte) (AACConfig, error) {
	b := bits{data: config}
	c := AACConfig{ObjectType: b.objectType(), SampleRate: b.sampleRate()}
	channels := b.uint(4)
	c.Channels, c.OutputRate = aacChannels[channels], c.SampleRate
	if c.ObjectType == objectSBR || c.ObjectType == objectPS {
		c.SBR, c.PS = true, c.ObjectType == objectPS
		c.OutputRate = b.sampleRate()
		c.ObjectType = b.objectType()
	}
	if b.short || c.SampleRate == 0 || c.OutputRate == 0 {
		return AACConfig{}, malformed("an AAC configuration of %d octets", len(config))
	}
	if !c.SBR && c.ObjectType == objectLC && channels != 0 {
		c.extension(&b)
	}
	return c, nil
}

// extension reads what announces SBR and PS so that older decoders do not
// notice: behind the GASpecificConfig.
func (c *AACConfig) extension(b *bits) {
	const syncSBR, syncPS = 0x2b7, 0x548
	b.uint(1)           // frameLengthFlag
	if b.uint(1) == 1 { // dependsOnCoreCoder
		b.uint(14)
	}
	b.uint(1) // extensionFlag
	if b.uint(11) != syncSBR || b.objectType() != objectSBR || b.uint(1) != 1 {
		return
	}
	rate := b.sampleRate()
	if b.short || rate == 0 {
		return
	}
	c.SBR, c.OutputRate = true, rate
	c.PS = b.uint(11) == syncPS && b.uint(1) == 1 && !b.short
}

// bits reads bit by bit, the most significant first; zeros past the end.
type bits struct {
	data  []byte
	next  int
	short bool
}

func (b *bits) uint(n int) uint32 {
	var v uint32
	for range n {
		v <<= 1
		if b.next/8 >= len(b.data) {
			b.short = true
			continue
		}
		v |= uint32(b.data[b.next/8]>>(7-b.next%8)) & 1
		b.next++
	}
	return v
}

func (b *bits) objectType() int {
	if t := int(b.uint(5)); t != objectEscape {
		return t
	}
	return 32 + int(b.uint(6))
}

func (b *bits) sampleRate() int {
	const escape = 15
	if i := b.uint(4); i != escape {
		return aacRates[i]
	}
	return int(b.uint(24))
}
