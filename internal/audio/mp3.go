package audio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/hajimehoshi/go-mp3"
)

// mp3Decoder is github.com/hajimehoshi/go-mp3, which reads a file, fed with
// one frame at a time and kept from three mistakes of its own:
//
// A frame borrows octets from those before it. When these are missing, the
// library decodes what it has: noise. Such a frame is made silent here.
//
// At some bitrates the length of a padded MPEG-2 frame comes out too short by
// one. Such streams' frames are made anew here, with all their main data inside.
//
// It knows no MPEG-2.5, of which 11.025 and 12 kHz have the tables of
// MPEG-2's 16 kHz: they get that head.
type mp3Decoder struct {
	header  mp3Header
	library *mp3.Decoder
	input   bytes.Buffer
	lent    []byte // main data that frames to come can borrow; the library has the same
	frame   []byte
	octets  []byte
	pcm     []int16
	remake  bool // frames of this stream are made anew
	refused int  // frames in a row that are of a kind that is not decoded
}

func (d *mp3Decoder) info() (codec string, rate, channels int) {
	return "MP3", d.header.rate, d.header.channels
}

// maxMP3Frames is how many frames are taken of one message, which is about a
// second: encoders send one, or what a tenth of a second has.
const maxMP3Frames = 48

func (d *mp3Decoder) decode(data []byte, emit func(sound)) error {
	found, searching := 0, false
	for len(data) >= mp3HeaderSize && found < maxMP3Frames {
		h, err := parseMP3Header(data)
		if err == nil && searching && d.header.rate > 0 && (h.rate != d.header.rate || h.channels != d.header.channels) {
			err = errNoFrame // octets of sound that look like a head
		}
		if err == nil {
			err = d.refuse(h)
			if err != nil && d.refused >= sureUnsupported {
				return err
			}
		}
		if err != nil || h.size > len(data) {
			next := bytes.IndexByte(data[1:], 0xff)
			if next < 0 {
				break
			}
			data, searching = data[1+next:], true
			continue
		}
		found++
		searching = false
		d.one(h, data[:h.size], emit)
		data = data[h.size:]
	}
	if found == 0 {
		d.lose()
		if d.header.rate > 0 {
			emit(d.silent())
		}
	}
	return nil
}

// refuse says why frames of a kind are not decoded, and counts them: one in a
// row may be a mistake.
func (d *mp3Decoder) refuse(h mp3Header) error {
	const fix = "set the encoder's sound to AAC-LC, or to MP3 at 44.1 or 48 kHz"
	switch {
	case h.layer != 3:
		d.refused++
		return &Unsupported{fmt.Sprintf("MPEG audio layer %d", h.layer), fix}
	case h.quarter && h.rate < 11025:
		d.refused++
		return &Unsupported{"MP3 at 8 kHz", fix}
	}
	d.refused = 0
	return nil
}

// one decodes one frame.
func (d *mp3Decoder) one(h mp3Header, frame []byte, emit func(sound)) {
	if h.rate != d.header.rate || h.channels != d.header.channels {
		d.lose()
	}
	d.header = h
	if err := contain(func() error { return d.feed(frame) }); err != nil {
		d.lose()
		emit(d.silent())
		return
	}
	emit(sound{rate: h.rate, channels: h.channels, samples: h.samples(), pcm: d.pcm})
}

func (d *mp3Decoder) silent() sound {
	return sound{rate: d.header.rate, channels: d.header.channels, samples: d.header.samples()}
}

// lose says that the next frame does not follow the last one.
func (d *mp3Decoder) lose() {
	d.library, d.lent, d.remake = nil, d.lent[:0], false
}

// feed decodes one frame into d.pcm.
func (d *mp3Decoder) feed(frame []byte) error {
	h := d.header
	from, to := h.side()
	if to > len(frame) {
		return errBroken
	}
	d.frame = append(d.frame[:0], frame...)
	side, main := d.frame[from:to], frame[to:]
	if want := h.borrowed(side); want > len(d.lent) {
		h.mute(side, min(len(d.lent), h.mostBorrowed()))
	}
	borrowed := h.borrowed(side)
	d.lent = append(d.lent[:0], d.lent[len(d.lent)-borrowed:]...)
	d.lent = append(d.lent, main...)
	if d.remake = d.remake || !h.counted; d.remake {
		d.frame = h.whole(d.frame[:to], d.lent)
	}
	d.input.Reset()
	d.input.Write(d.frame)
	if d.library == nil {
		library, err := mp3.NewDecoder(&d.input)
		if err != nil {
			return err
		}
		d.library = library
	}
	// Exactly this frame's samples: the end of the input ends the decoder.
	d.octets = grow(d.octets, 4*h.samples())
	if _, err := io.ReadFull(d.library, d.octets); err != nil {
		return err
	}
	d.pcm = grow(d.pcm, h.channels*h.samples())
	for i := range d.pcm {
		at := 2 * i
		if h.channels == 1 {
			at = 4 * i // the library gives mono twice
		}
		d.pcm[i] = int16(binary.LittleEndian.Uint16(d.octets[at:]))
	}
	return nil
}

// mute makes side information say that the frame has no sound of its own. What
// it lends to the next ones stays.
func (h mp3Header) mute(side []byte, borrowed int) {
	clear(side)
	h.setBorrowed(side, borrowed)
}

// whole is an MPEG-2 frame of the same sound that borrows nothing: head is the
// frame's up to its main data, and main all of that. What does not fit, which
// would take a frame near the highest bitrate that borrows much, is silence.
func (h mp3Header) whole(head, main []byte) []byte {
	from, _ := h.side()
	side := append([]byte(nil), head[from:]...)
	index, rate := h.index, h.rate
	if h.quarter {
		index, rate = 2, 16000
	}
	need := h.mainOctets(side)
	for i, kbps := range mp3Bitrates[1] {
		size := 144000 * kbps / rate / 2 // as the library counts
		room := size - mp3HeaderSize - len(side)
		last := i == len(mp3Bitrates[1])-1
		if i == 0 || room < need && !last {
			continue
		}
		if room < need {
			h.mute(side, 0)
		}
		h.setBorrowed(side, 0)
		frame := make([]byte, size)
		copy(frame, []byte{0xff, 0xf3, byte(i<<4 | index<<2), head[3]})
		copy(frame[mp3HeaderSize:], side)
		copy(frame[mp3HeaderSize+len(side):], main[:min(room, len(main))])
		return frame
	}
	return nil
}

func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
