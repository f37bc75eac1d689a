package peer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"lectern/internal/limit"
	"lectern/sfu"
)

// section is one m= section.
type section struct {
	mid         string
	kind        sfu.Kind
	setup       string
	msid        string
	reducedSize bool           // RTCP may be of reduced size (RFC 5506)
	codecs      []codec        // that can be forwarded, in the order of preference
	extensions  map[string]int // those that are used, by their URIs
	rids        []string       // of simulcast, that come in
	sources     []sdp.Attribute
}

// codec is one payload type of a section.
type codec struct {
	name        string // in lower case
	payloadType uint8
	clockRate   uint32
	channels    uint16
	fmtp        string
	feedback    []string
	rtx         uint8 // the payload type of its retransmissions, 0 when it has none
}

// maxSources is how many lines about SSRCs are read of a section: three of
// each layer and its retransmissions, with some to spare.
const maxSources = 32

func (o *offer) parseSection(d *sdp.SessionDescription, m *sdp.MediaDescription) (*section, error) {
	s := &section{extensions: map[string]int{}}
	switch m.MediaName.Media {
	case "audio":
		s.kind = sfu.Audio
	case "video":
		s.kind = sfu.Video
	default:
		return nil, fmt.Errorf("%w: a section of %.40q, only audio and video can be served", ErrUnsupported, m.MediaName.Media)
	}
	var ok bool
	if s.mid, ok = m.Attribute("mid"); !ok || !token(s.mid) {
		return nil, fmt.Errorf("%w: the %s section has no a=mid of at most 64 letters and digits", ErrMalformed, s.kind)
	}
	if _, bundled := m.Attribute("bundle-only"); m.MediaName.Port.Value == 0 && !bundled {
		return nil, fmt.Errorf("%w: the %s section is rejected (port 0) in the offer itself", ErrUnsupported, s.kind)
	}
	if err := s.checkDirection(o.direction, d, m); err != nil {
		return nil, err
	}
	s.parseCodecs(m, o.direction)
	s.codecs = slices.DeleteFunc(s.codecs, func(c codec) bool { return !o.limits.takes(names[c.name]) })
	if len(s.codecs) == 0 {
		served := sfu.Codecs()
		if o.limits.codecs != nil {
			served = o.limits.codecs
		}
		return nil, fmt.Errorf("%w: none of the codecs offered for %s can be served; these can: %s", ErrNoCommonCodec, s.kind, strings.Join(served, ", "))
	}
	for _, attributes := range [][]sdp.Attribute{d.Attributes, m.Attributes} {
		for _, a := range attributes {
			s.parseAttribute(o.direction, a)
		}
	}
	if len(s.rids) > o.limits.RIDs {
		o.limits.hits.Add(limit.SDPRids)
		return nil, fmt.Errorf("%w: %d simulcast layers, at most %d are allowed", ErrTooLarge, len(s.rids), o.limits.RIDs)
	}
	return s, nil
}

// token is what may be written into an answer as it came.
func token(s string) bool {
	return s != "" && len(s) <= 64 && strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// checkDirection asks for a section that goes the session's way, among others
// perhaps; the answer narrows it.
func (s *section) checkDirection(way direction, d *sdp.SessionDescription, m *sdp.MediaDescription) error {
	offered := "sendrecv" // RFC 8866 §6.7
	for _, attributes := range [][]sdp.Attribute{d.Attributes, m.Attributes} {
		for _, a := range attributes {
			switch a.Key {
			case "sendrecv", "sendonly", "recvonly", "inactive":
				offered = a.Key
			}
		}
	}
	if offered == "sendrecv" || offered == way.offered() {
		return nil
	}
	return fmt.Errorf("%w: the %s section is a=%s, it has to be a=%s (RFC 9725 §4.2)", ErrMalformed, s.kind, offered, way.offered())
}

// offered is the direction of a client's sections, answered of ours.
func (d direction) offered() string {
	if d == publishing {
		return "sendonly"
	}
	return "recvonly"
}

func (d direction) answered() string {
	if d == publishing {
		return "recvonly"
	}
	return "sendonly"
}

func (s *section) parseAttribute(d direction, a sdp.Attribute) {
	switch a.Key {
	case "setup":
		s.setup = a.Value
	case "msid":
		s.msid = a.Value
	case "rtcp-rsize":
		s.reducedSize = true
	case "extmap":
		s.parseExtension(d, a.Value)
	}
	if d == watching {
		return
	}
	switch a.Key {
	case "rid":
		id, _, _ := strings.Cut(a.Value, " ")
		s.rids = append(s.rids, id)
	case "ssrc", "ssrc-group":
		if len(s.sources) < maxSources {
			s.sources = append(s.sources, a)
		}
	}
}

// parseExtension reads "3/sendonly URI attributes" (RFC 8285 §8). Numbers
// above 14 would need another form of header, which we do not write.
func (s *section) parseExtension(d direction, value string) {
	fields := strings.Fields(value)
	if len(fields) < 2 || !slices.Contains(extensions[d], fields[1]) || s.extensions[fields[1]] != 0 {
		return
	}
	id, _, _ := strings.Cut(fields[0], "/")
	if n, err := strconv.Atoi(id); err == nil && n >= 1 && n <= 14 {
		s.extensions[fields[1]] = n
	}
}

func (s *section) parseCodecs(m *sdp.MediaDescription, d direction) {
	byType := map[string]*codec{}
	var order []*codec
	for _, format := range m.MediaName.Formats {
		if n, err := strconv.ParseUint(format, 10, 7); err == nil && byType[format] == nil {
			byType[format] = &codec{payloadType: uint8(n)}
			order = append(order, byType[format])
		}
	}
	for _, a := range m.Attributes {
		payloadType, value, _ := strings.Cut(a.Value, " ")
		of := order
		if payloadType != "*" {
			c := byType[payloadType]
			if c == nil {
				continue
			}
			of = []*codec{c}
		}
		for _, c := range of {
			c.parseAttribute(d, a.Key, value)
		}
	}
	for _, c := range order {
		if c.name != "rtx" {
			continue
		}
		if repaired := byType[c.parameter("apt")]; repaired != nil {
			repaired.rtx = c.payloadType
		}
	}
	for _, c := range order {
		if offerable(*c) && strings.HasPrefix(names[c.name], s.kind.String()) && !s.has(*c) {
			s.codecs = append(s.codecs, *c)
		}
	}
}

// parseAttribute takes the first of each kind, and of feedback all that we
// know.
func (c *codec) parseAttribute(d direction, key, value string) {
	switch {
	case key == "rtpmap" && c.name == "":
		c.parseMapping(value)
	case key == "fmtp" && c.fmtp == "":
		c.fmtp = value
	case key == "rtcp-fb" && slices.Contains(feedback[d], value) && !slices.Contains(c.feedback, value):
		c.feedback = append(c.feedback, value)
	}
}

// parseMapping reads "opus/48000/2" (RFC 8866 §6.6).
func (c *codec) parseMapping(value string) {
	parts := strings.Split(value, "/")
	c.name = strings.ToLower(parts[0])
	if len(parts) > 1 {
		rate, _ := strconv.ParseUint(parts[1], 10, 32)
		c.clockRate = uint32(rate)
	}
	if len(parts) > 2 {
		channels, _ := strconv.ParseUint(parts[2], 10, 16)
		c.channels = uint16(channels)
	}
}

// has says whether the section has the same codec already, under another
// payload type.
func (s *section) has(c codec) bool {
	return slices.ContainsFunc(s.codecs, func(other codec) bool { return other.name == c.name && other.fmtp == c.fmtp })
}

// media is the section as Pion gets it.
func (s *section) media(d direction, ufrag, pwd string) *sdp.MediaDescription {
	m := sdp.NewJSEPMediaDescription(s.kind.String(), nil).
		WithValueAttribute("mid", s.mid).
		WithValueAttribute("ice-ufrag", ufrag).
		WithValueAttribute("ice-pwd", pwd).
		WithPropertyAttribute("rtcp-mux").
		WithPropertyAttribute(d.offered())
	if s.setup != "" {
		m.WithValueAttribute("setup", s.setup)
	}
	s.describe(m, d)
	if s.msid != "" && d == publishing {
		m.WithValueAttribute("msid", s.msid)
	}
	for _, rid := range s.rids {
		m.WithValueAttribute("rid", rid+" send")
	}
	if len(s.rids) > 0 {
		m.WithValueAttribute("simulcast", "send "+strings.Join(s.rids, ";"))
	}
	m.Attributes = append(m.Attributes, s.sources...)
	return m
}

// describe adds the section's codecs and header extensions.
func (s *section) describe(m *sdp.MediaDescription, d direction) {
	for _, uri := range extensions[d] {
		if id := s.extensions[uri]; id != 0 {
			m.WithValueAttribute("extmap", strconv.Itoa(id)+" "+uri)
		}
	}
	for _, c := range s.codecs {
		_, name, _ := strings.Cut(names[c.name], "/")
		m.WithCodec(c.payloadType, name, c.clockRate, c.channels, c.fmtp)
		for _, f := range c.feedback {
			m.WithValueAttribute("rtcp-fb", itoa(c.payloadType)+" "+f)
		}
		if c.rtx != 0 {
			m.WithCodec(c.rtx, "rtx", c.clockRate, 0, "apt="+itoa(c.payloadType))
		}
	}
}

// repairable says whether packets of any of the codecs may be sent again as
// retransmissions.
func (s *section) repairable() bool {
	return slices.ContainsFunc(s.codecs, func(c codec) bool { return c.rtx != 0 })
}

// formats are the payload types in the order of preference, each with that of
// its retransmissions behind it.
func (s *section) formats() []string {
	var list []string
	for _, c := range s.codecs {
		list = append(list, itoa(c.payloadType))
		if c.rtx != 0 {
			list = append(list, itoa(c.rtx))
		}
	}
	return list
}

func itoa(n uint8) string { return strconv.Itoa(int(n)) }
