package sfu

import (
	"slices"
	"time"

	"github.com/pion/rtp"

	"lectern/internal/codec"
)

// Kind is what a track carries.
type Kind uint8

// The kinds of media.
const (
	Audio Kind = iota
	Video
)

// String returns "audio" or "video".
func (k Kind) String() string {
	if k == Audio {
		return "audio"
	}
	return "video"
}

// Codec is how a track is encoded.
type Codec struct {
	MimeType  string // as in IANA's registry: "video/VP8", "audio/opus"
	ClockRate uint32 // RTP timestamp ticks a second
	Channels  uint16 // of audio
	FMTP      string // the parameters of SDP's a=fmtp line, as published
}

// Codecs returns the MIME types that can be forwarded.
func Codecs() []string { return codec.Supported() }

// Packet is one RTP packet as published. It is immutable once written to a
// Track, and so may be kept and shared by whoever gets it.
type Packet struct {
	// Header holds sequence number, timestamp and marker. Header extensions
	// and contributing sources are not in it: those that mean something
	// beyond the hop are in Extensions.
	Header     rtp.Header
	Payload    []byte
	Extensions Extensions
	Arrival    time.Time

	track   *Track
	run     uint32 // of numbers without a jump
	index   uint64 // sequence number without wrap-arounds
	arrival uint64 // how many of the track arrived before it
	frame   codec.Frame
}

// Track is what the packet was written to.
func (p *Packet) Track() *Track { return p.track }

// KeyFrame says that a decoder can start with this packet.
func (p *Packet) KeyFrame() bool { return p.frame.Key }

// Extensions are the RTP header extensions (RFC 8285) that a publisher's
// packet carries for its viewers, decoded.
type Extensions struct {
	// AudioLevel is RFC 6464's byte: voice activity in the top bit, level in
	// −dBov in the others.
	AudioLevel    uint8
	HasAudioLevel bool
	// Orientation is the byte of 3GPP TS 26.114 §7.4.5: the camera, the flip
	// and the rotation of the picture.
	Orientation    uint8
	HasOrientation bool
}

// Forwarded is a Packet on its way to one viewer: the shared packet, and the
// numbers that this viewer sees.
type Forwarded struct {
	*Packet
	SequenceNumber uint16
	Timestamp      uint32
}

// A slab is a block that packets are cut from; both sizes amount to about
// sixty packets.
const (
	slabPackets = 64
	slabBytes   = 64 << 10
)

// Slab makes packets with one allocation for about thirty of them, which the
// garbage collector frees when the last of them is out of use. The zero value
// is ready; it is not safe for concurrent use.
type Slab struct {
	packets []Packet
	bytes   []byte
}

// Packet returns a packet with the header less its extensions and
// contributing sources, and a copy of the payload.
func (s *Slab) Packet(h *rtp.Header, payload []byte, arrival time.Time) *Packet {
	if len(s.packets) == 0 {
		s.packets = make([]Packet, slabPackets)
	}
	if len(payload) > len(s.bytes) {
		s.bytes = make([]byte, max(slabBytes, len(payload)))
	}
	p := &s.packets[0]
	s.packets = s.packets[1:]
	copy(s.bytes, payload)
	p.Payload = slices.Clip(s.bytes[:len(payload)])
	s.bytes = s.bytes[len(payload):]
	p.Header = *h
	p.Header.Extension, p.Header.Extensions, p.Header.CSRC = false, nil, nil
	p.Arrival = arrival
	return p
}
