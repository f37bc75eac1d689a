package peer

import (
	"strconv"
	"strings"

	"github.com/pion/rtp"
)

// sections tells which section a packet is of where several have the same
// payload types: by the section's name in the packet (RFC 9143 §9.2), or by the
// SSRC that the offer gave to it (RFC 5576).
type sections struct {
	routes   map[sectionType]route
	byMID    map[string]*section
	bySSRC   map[uint32]*section
	mid      uint8 // the header extension with the name, 0 for none
	distinct map[uint8]*section
}

// sectionType is a payload type of a section.
type sectionType struct {
	section     *section
	payloadType uint8
}

func newSections(o *offer) *sections {
	x := &sections{
		routes: map[sectionType]route{}, byMID: map[string]*section{}, bySSRC: map[uint32]*section{}, distinct: map[uint8]*section{},
	}
	for _, s := range o.sections {
		x.byMID[s.mid] = s
		if x.mid == 0 {
			x.mid = uint8(s.extensions[uriMID])
		}
		for _, a := range s.sources {
			for i, field := range strings.Fields(a.Value) {
				if a.Key == "ssrc" && i > 0 {
					break
				}
				if ssrc, err := strconv.ParseUint(field, 10, 32); err == nil {
					x.bySSRC[uint32(ssrc)] = s
				}
			}
		}
		for _, r := range s.routes() {
			if _, taken := x.routes[sectionType{s, r.payloadType}]; r.again && taken {
				continue
			}
			x.routes[sectionType{s, r.payloadType}] = r.route
			if _, taken := x.distinct[r.payloadType]; taken {
				x.distinct[r.payloadType] = nil
			} else {
				x.distinct[r.payloadType] = s
			}
		}
	}
	return x
}

// route returns what a packet is, by what it says itself.
func (x *sections) route(p *rtp.Packet) route {
	s := x.byMID[string(extension(&p.Header, int(x.mid)))]
	if s == nil {
		s = x.bySSRC[p.SSRC]
	}
	if s == nil {
		s = x.distinct[p.PayloadType]
	}
	return x.routes[sectionType{s, p.PayloadType}]
}

// routeLocked returns what a packet is; the zero route when that cannot be told.
func (in *publisher) routeLocked(p *rtp.Packet) route {
	if in.sections == nil {
		return in.routes[p.PayloadType]
	}
	if s := in.streams[p.SSRC]; s != nil {
		return in.sections.routes[sectionType{s.layer.section, p.PayloadType}]
	}
	return in.sections.route(p)
}

// codec is what a payload type of a section means.
func (in *publisher) codec(s *section, payloadType uint8) *codec {
	if in.sections == nil {
		return in.routes[payloadType].codec
	}
	return in.sections.routes[sectionType{s, payloadType}].codec
}
