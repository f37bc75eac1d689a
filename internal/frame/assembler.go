package frame

import (
	"fmt"
	"strings"
)

// Unit is a whole access unit.
type Unit struct {
	// Timestamp is the RTP timestamp of its packets.
	Timestamp uint32
	// Key says that a decoder can start with it.
	Key bool
	// NALUnits are without start codes, in the order in which they came, and
	// valid during the call only.
	NALUnits [][]byte
}

// Assembler joins the RTP packets of a stream to whole access units of H.264
// or H.265.
//
// Its invariant: the units that it gives out can be decoded. The first one is
// a key frame, and after anything was lost the next one is. It takes no more
// memory than MaxSize and the packets' own.
type Assembler struct {
	format *nalFormat
	stream byteStream
	units  [][]byte

	next      uint16 // number of the packet that has to follow
	began     bool   // there has been a packet
	timestamp uint32 // of the unit whose packets come
	open      bool   // there is one
	broken    bool   // it lacks something
	lost      bool   // no unit is whole until the next key frame
	dropped   uint64
}

// nalFormat is how a codec is packed, and what its NAL units are.
type nalFormat struct {
	add func(s *byteStream, payload []byte) error
	// key says that a NAL unit is of a key frame.
	key func(unit []byte) bool
	// first says that a packet holds what comes before all else in an access
	// unit that a decoder can start with.
	first func(payload []byte) bool
}

var nalFormats = map[string]*nalFormat{
	"video/h264": {add: addH264, key: keyH264, first: firstH264},
	"video/h265": {add: addH265, key: keyH265, first: firstH265},
}

func keyH264(unit []byte) bool {
	kind := unit[0] & 0x1f
	return kind == h264IDR || kind == h264SPS
}

func firstH264(p []byte) bool {
	if len(p) > 3 && p[0]&0x1f == h264STAPA {
		p = p[3:]
	}
	return len(p) > 0 && (p[0]&0x1f == h264SPS || p[0]&0x1f == h264AUD)
}

func keyH265(unit []byte) bool {
	kind := h265Kind(unit[0])
	return kind >= h265FirstIRAP && kind <= h265LastIRAP
}

func firstH265(p []byte) bool {
	if len(p) > 4 && h265Kind(p[0]) == h265AP {
		p = p[4:]
	}
	return len(p) > 0 && (h265Kind(p[0]) == h265VPS || h265Kind(p[0]) == h265AUD)
}

// Access unit delimiters of both codecs.
const (
	h264AUD = 9
	h265AUD = 35
)

// NewAssembler returns an Assembler for a media type, in any case. The error
// wraps ErrUnsupported.
func NewAssembler(mimeType string) (*Assembler, error) {
	format, ok := nalFormats[strings.ToLower(mimeType)]
	if !ok {
		return nil, fmt.Errorf("%w media type %.80q", ErrUnsupported, mimeType)
	}
	return &Assembler{format: format, lost: true}, nil
}

// Push takes the packet that comes next, in the order of numbers; a gap in
// them is a loss. emit gets each unit that is whole, none, one or two. A unit
// ends with the marker (RFC 6184 §5.1), or where the timestamp changes.
func (a *Assembler) Push(number uint16, timestamp uint32, marker bool, payload []byte, emit func(Unit)) {
	gap := a.began && number != a.next
	a.began, a.next = true, number+1
	if gap {
		a.broken = a.open
		a.lost = true
	}
	if a.open && timestamp != a.timestamp {
		a.finish(emit)
	}
	if !a.open {
		a.open, a.timestamp = true, timestamp
		a.broken = gap && !a.format.first(payload)
	}
	if len(payload) > 0 && !a.broken {
		a.broken = a.format.add(&a.stream, payload) != nil || len(a.stream.data) > MaxSize
	}
	if marker {
		a.finish(emit)
	}
}

// finish gives out the unit that has come, if it can be decoded.
func (a *Assembler) finish(emit func(Unit)) {
	key := a.split()
	whole := !a.broken && !a.stream.open && len(a.units) > 0
	switch {
	case whole && (key || !a.lost):
		a.lost = false
		emit(Unit{Timestamp: a.timestamp, Key: key, NALUnits: a.units})
	case a.broken || len(a.units) > 0: // and not only padding
		a.lost = true
		a.dropped++
	}
	a.open, a.broken = false, false
	a.stream = byteStream{data: a.stream.data[:0], begins: a.stream.begins[:0]}
}

// split finds the NAL units, and says whether they are of a key frame.
func (a *Assembler) split() (key bool) {
	a.units = a.units[:0]
	s := &a.stream
	for i, begin := range s.begins {
		end := len(s.data)
		if i+1 < len(s.begins) {
			end = s.begins[i+1] - len(startCode)
		}
		unit := s.data[begin:end:end]
		a.units = append(a.units, unit)
		key = key || a.format.key(unit)
	}
	return key
}
