package audio

import "errors"

// errNoFrame says that no frame begins here.
var errNoFrame = errors.New("no MP3 frame")

// mp3Header is the head of a frame (ISO/IEC 11172-3 §2.4.1.3, 13818-3
// §2.4.2.3; MPEG-2.5 halves the rates once more).
type mp3Header struct {
	low      bool // MPEG-2 or 2.5: half as many samples
	quarter  bool // MPEG-2.5
	layer    int  // 1, 2, 3
	checked  bool // a CRC follows
	index    int  // of the sampling frequency
	rate     int  // Hz
	channels int
	size     int  // octets in the whole frame
	counted  bool // the library counts these right
}

var (
	mp3Rates = [3]int{44100, 48000, 32000}
	// mp3Bitrates of layer III in kbit/s; 0 is the free format.
	mp3Bitrates = [2][15]int{
		{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
	}
)

const mp3HeaderSize = 4

func parseMP3Header(b []byte) (mp3Header, error) {
	if len(b) < mp3HeaderSize || b[0] != 0xff || b[1]&0xe0 != 0xe0 {
		return mp3Header{}, errNoFrame
	}
	version, layer := b[1]>>3&3, b[1]>>1&3
	bitrate, index := b[2]>>4, int(b[2]>>2&3)
	if version == 1 || layer == 0 || bitrate == 15 || index == 3 || b[3]&3 == 2 {
		return mp3Header{}, errNoFrame
	}
	h := mp3Header{
		low:      version != 3,
		quarter:  version == 0,
		layer:    4 - int(layer),
		checked:  b[1]&1 == 0,
		index:    index,
		rate:     mp3Rates[index],
		channels: 2,
	}
	if b[3]>>6 == 3 {
		h.channels = 1
	}
	table, octets := 0, 144
	if h.low {
		h.rate /= 2
		table, octets = 1, 72
	}
	if h.quarter {
		h.rate /= 2
	}
	if h.layer != 3 {
		return h, nil // of no use but to say so
	}
	if bitrate == 0 {
		return mp3Header{}, errNoFrame
	}
	second := octets * 1000 * mp3Bitrates[table][bitrate]
	h.size = second/h.rate + int(b[2]>>1&1)
	h.counted = !h.low || !h.quarter && (second%h.rate == 0 || 2*second/h.rate%2 == 1)
	return h, nil
}

func (h mp3Header) samples() int {
	if h.low {
		return 576
	}
	return 1152
}

// side is where the side information begins and ends.
func (h mp3Header) side() (from, to int) {
	from = mp3HeaderSize
	if h.checked {
		from += 2
	}
	switch {
	case h.low && h.channels == 1:
		return from, from + 9
	case h.low || h.channels == 1:
		return from, from + 17
	}
	return from, from + 32
}

// borrowed is how many octets of the frames before belong to this one.
func (h mp3Header) borrowed(side []byte) int {
	if h.low {
		return int(side[0])
	}
	return int(side[0])<<1 | int(side[1]>>7)
}

// setBorrowed is the reverse.
func (h mp3Header) setBorrowed(side []byte, n int) {
	if h.low {
		side[0] = byte(n)
		return
	}
	side[0], side[1] = byte(n>>1), side[1]&0x7f|byte(n&1)<<7
}

// mostBorrowed is as much as can be said.
func (h mp3Header) mostBorrowed() int {
	if h.low {
		return 1<<8 - 1
	}
	return 1<<9 - 1
}

// mainOctets is the length of an MPEG-2 frame's main data, from its side
// information (ISO/IEC 13818-3 §2.4.1.7).
func (h mp3Header) mainOctets(side []byte) int {
	const granule = 63 // bits that a channel has
	r := configReader{data: side, at: 8 + h.channels}
	n := 0
	for range h.channels {
		n += r.bits(12)
		r.at += granule - 12
	}
	return (n + 7) / 8
}
