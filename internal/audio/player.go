package audio

import (
	"fmt"

	"lectern/internal/seq"
)

const (
	playChannels = 2

	// DefaultAACBitrate is in bit/s, for stereo.
	DefaultAACBitrate = 128000

	// concealed is how much of a hole the Opus decoder makes sound up for:
	// by then it has faded out.
	concealed = Rate / 10
	// longestOpus is a packet's longest duration (RFC 6716 §3.2.5).
	longestOpus = Rate * 120 / 1000
)

// Player makes AAC-LC of Opus, stereo at 48 kHz, for players that know nothing
// newer. It is used by one goroutine at a time, and has none.
type Player struct {
	decoder *opusDecoder
	encoder *aacEncoder
	clock   seq.Unwrapper[uint32]
	started bool
	next    uint64    // position of the next sample decoded
	pcm     []int16   // of the frame to be
	starts  [2]uint64 // positions of the two frames before
	primed  bool      // the encoder has had one since it was made or failed
	decoded [longestOpus * playChannels]int16
}

// NewPlayer makes a Player. bitrate is in bit/s; 0 is DefaultAACBitrate.
func NewPlayer(bitrate int) (*Player, error) {
	if bitrate == 0 {
		bitrate = DefaultAACBitrate
	}
	decoder, err := newOpusDecoder()
	if err != nil {
		return nil, err
	}
	encoder, err := newAACEncoder(bitrate)
	if err != nil {
		return nil, err
	}
	return &Player{decoder: decoder, encoder: encoder, pcm: make([]int16, 0, aacFrame*playChannels)}, nil
}

// Config is the AudioSpecificConfig of the frames (ISO/IEC 14496-3 §1.6.2.1).
func (p *Player) Config() []byte {
	return AACConfig{ObjectType: aacLC, Rate: Rate, Channels: playChannels}.canonical()
}

// Write takes an RTP packet's payload and timestamp (RFC 7587 §4), in the
// order of their sequence numbers, and calls emit for each AAC frame of 1024
// samples that is complete. position is where the frame's first decoded sample
// is to be heard: uint32(position) is an RTP timestamp of the same stream, and
// position does not wrap. The frame is valid during the call only.
//
// Packets that are missing are concealed, or become silence; over a hole of
// more than a second the position jumps, back as well. Packets that come too late are left
// out. An error is of the encoder, and the frame it was to be is missing.
func (p *Player) Write(timestamp uint32, opus []byte, emit func(position uint64, frame []byte)) error {
	at := p.clock.Next(timestamp)
	if !p.started || at > p.next+Rate || at+Rate < p.next {
		if err := p.restart(at, emit); err != nil {
			return err
		}
	}
	if at < p.next {
		return nil
	}
	if err := p.fill(int(at-p.next), emit); err != nil {
		return err
	}
	n, err := p.decoder.decode(opus, p.decoded[:])
	if err != nil {
		return nil // the next packet shows how long it was
	}
	return p.push(p.decoded[:n*playChannels], emit)
}

// restart goes on at another position. What is left of a frame is filled up.
func (p *Player) restart(at uint64, emit func(uint64, []byte)) error {
	if rest := len(p.pcm) / playChannels; rest > 0 {
		if err := p.push(make([]int16, (aacFrame-rest)*playChannels), emit); err != nil {
			return err
		}
	}
	p.started, p.next = true, at
	return nil
}

// fill makes n samples that nobody sent.
func (p *Player) fill(n int, emit func(uint64, []byte)) error {
	for made := 0; made < n; {
		step := min(n-made, opusFrame)
		pcm := p.decoded[:step*playChannels]
		if made >= concealed || step < opusFrame || p.decoder.conceal(pcm) != nil {
			clear(pcm)
		}
		if err := p.push(pcm, emit); err != nil {
			return err
		}
		made += step
	}
	return nil
}

// push gathers samples into frames.
func (p *Player) push(pcm []int16, emit func(uint64, []byte)) error {
	for len(pcm) > 0 {
		take := min(len(pcm), cap(p.pcm)-len(p.pcm))
		p.pcm = append(p.pcm, pcm[:take]...)
		p.next += uint64(take / playChannels)
		pcm = pcm[take:]
		if len(p.pcm) == cap(p.pcm) {
			if err := p.send(emit); err != nil {
				return err
			}
		}
	}
	return nil
}

// send encodes what there is. What comes out is the frame before, and a
// decoder gives, with it, the samples of the one before that.
func (p *Player) send(emit func(uint64, []byte)) error {
	start := p.next - aacFrame
	if !p.primed {
		// The first frame that comes out has the encoder's own silence in it.
		p.starts = [2]uint64{start - 2*aacFrame, start - aacFrame}
	}
	position := p.starts[0]
	p.starts = [2]uint64{p.starts[1], start}
	p.primed = true
	frame, err := p.encoder.encode(p.pcm)
	p.pcm = p.pcm[:0]
	if err != nil {
		p.primed = false
		return fmt.Errorf("at position %d: %w", start, err)
	}
	if frame != nil {
		emit(position, frame)
	}
	return nil
}

// Close ends the Player; what is not a whole frame yet is gone.
func (p *Player) Close() { p.started, p.pcm = false, p.pcm[:0] }
