package peer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"lectern/sfu"
)

// maxOffer is the size of an offer in bytes; a browser's has about ten
// thousand.
const maxOffer = 64 << 10

// direction is which way the media of a session go.
type direction int

const (
	publishing direction = iota // they come in: WHIP
	watching                    // they go out: WHEP
)

// offer is what matters of an SDP offer (RFC 8866, RFC 9429 §5.2), checked.
type offer struct {
	direction   direction
	limits      Limits
	description *sdp.SessionDescription // as Pion gets it
	sections    []*section
	candidates  []string // "candidate:…"
	ufrag, pwd  string
}

// section is one m= section.
type section struct {
	mid        string
	kind       sfu.Kind
	codecs     []codec // that can be forwarded, in the order of preference
	extensions map[string]int
	rids       []string
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

// parseOffer reads an offer of a session that goes the given way. The error
// wraps ErrMalformed, ErrTooLarge or ErrUnsupported, and says what was wrong.
func parseOffer(text string, d direction, limits Limits) (*offer, error) {
	if len(text) > maxOffer {
		return nil, fmt.Errorf("%w: an offer of %d bytes, at most %d are allowed", ErrTooLarge, len(text), maxOffer)
	}
	if !strings.HasPrefix(strings.TrimSpace(text), "v=0") {
		return nil, fmt.Errorf("%w: an SDP offer begins with v=0", ErrMalformed)
	}
	o := &offer{direction: d, limits: limits, description: &sdp.SessionDescription{}}
	if err := o.description.UnmarshalString(text); err != nil {
		return nil, fmt.Errorf("%w: not SDP: %v", ErrMalformed, err)
	}
	media := o.description.MediaDescriptions
	if len(media) == 0 {
		return nil, fmt.Errorf("%w: the offer has no m= section", ErrMalformed)
	}
	if len(media) > limits.Sections {
		return nil, fmt.Errorf("%w: %d m= sections, at most %d are allowed", ErrTooLarge, len(media), limits.Sections)
	}
	if err := o.checkTransport(); err != nil {
		return nil, err
	}
	for _, m := range media {
		s, err := o.parseSection(m)
		if err != nil {
			return nil, err
		}
		o.sections = append(o.sections, s)
	}
	return o, o.checkSections()
}

// checkTransport looks at what BUNDLE makes common to all sections: ICE
// credentials, fingerprint and candidates.
func (o *offer) checkTransport() error {
	var fingerprint string
	inherit := func(key string, into *string) {
		*into, _ = o.description.Attribute(key)
		for _, m := range o.description.MediaDescriptions {
			if value, ok := m.Attribute(key); ok && *into == "" {
				*into = value
			}
		}
	}
	inherit("fingerprint", &fingerprint)
	inherit("ice-ufrag", &o.ufrag)
	inherit("ice-pwd", &o.pwd)
	switch {
	case o.ufrag == "" || o.pwd == "":
		return fmt.Errorf("%w: the offer has no a=ice-ufrag and a=ice-pwd", ErrMalformed)
	case !credential(o.ufrag, 4) || !credential(o.pwd, 22):
		return fmt.Errorf("%w: a=ice-ufrag has 4 to 256 and a=ice-pwd 22 to 256 letters, digits, + and / (RFC 8839 §5.4)", ErrMalformed)
	case fingerprint == "":
		return fmt.Errorf("%w: the offer has no a=fingerprint", ErrMalformed)
	}
	if algorithm, value, ok := strings.Cut(fingerprint, " "); !ok || algorithm == "" || value == "" {
		return fmt.Errorf("%w: a=fingerprint is an algorithm and a value", ErrMalformed)
	}
	if _, ok := o.description.Attribute("group"); !ok && len(o.description.MediaDescriptions) > 1 {
		return fmt.Errorf("%w: the sections are not bundled: a=group:BUNDLE is missing", ErrUnsupported)
	}
	return o.takeCandidates()
}

func credential(s string, least int) bool {
	return len(s) >= least && len(s) <= 256 && strings.IndexFunc(s, func(r rune) bool {
		return !strings.ContainsRune("+/-_", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0
}

// takeCandidates takes the candidates out of the description: they are given
// to ICE one by one, so that one which nobody understands is one and not all.
func (o *offer) takeCandidates() error {
	for _, m := range o.description.MediaDescriptions {
		m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool {
			if a.Key == "candidate" {
				o.candidates = append(o.candidates, "candidate:"+a.Value)
			}
			return a.Key == "candidate" || a.Key == "end-of-candidates"
		})
	}
	if len(o.candidates) > o.limits.Candidates {
		return fmt.Errorf("%w: %d candidates, at most %d are allowed", ErrTooLarge, len(o.candidates), o.limits.Candidates)
	}
	return nil
}

func (o *offer) parseSection(m *sdp.MediaDescription) (*section, error) {
	s := &section{extensions: map[string]int{}}
	switch m.MediaName.Media {
	case "audio":
		s.kind = sfu.Audio
	case "video":
		s.kind = sfu.Video
	default:
		return nil, fmt.Errorf("%w: a section of %q, only audio and video can be served", ErrUnsupported, m.MediaName.Media)
	}
	var ok bool
	if s.mid, ok = m.Attribute("mid"); !ok || s.mid == "" {
		return nil, fmt.Errorf("%w: the %s section has no a=mid", ErrMalformed, s.kind)
	}
	if err := o.orient(m, s); err != nil {
		return nil, err
	}
	s.parseCodecs(m, o.direction)
	s.narrow(m)
	if len(s.codecs) == 0 {
		return nil, fmt.Errorf("%w: none of the codecs offered for %s can be served; these can: %s", ErrNoCommonCodec, s.kind, strings.Join(sfu.Codecs(), ", "))
	}
	for _, a := range m.Attributes {
		switch a.Key {
		case "extmap":
			// RFC 8285 §8: id, perhaps a direction, a URI, perhaps attributes
			if fields := strings.Fields(a.Value); len(fields) > 1 {
				id, _, _ := strings.Cut(fields[0], "/")
				if n, err := strconv.ParseUint(id, 10, 8); err == nil {
					s.extensions[fields[1]] = int(n)
				}
			}
		case "rid":
			if id, way, _ := strings.Cut(a.Value, " "); strings.HasPrefix(way, "send") {
				s.rids = append(s.rids, id)
			}
		}
	}
	if len(s.rids) > o.limits.RIDs {
		return nil, fmt.Errorf("%w: %d simulcast layers, at most %d are allowed", ErrTooLarge, len(s.rids), o.limits.RIDs)
	}
	return s, nil
}

// orient checks the section's direction, and narrows it to the one way that
// the session goes, so that the answer says so. setup and direction may stand
// at session level only, where Pion does not look.
func (o *offer) orient(m *sdp.MediaDescription, s *section) error {
	offered := "sendrecv" // RFC 8866 §6.7
	for _, attributes := range [][]sdp.Attribute{o.description.Attributes, m.Attributes} {
		for _, a := range attributes {
			switch a.Key {
			case "sendrecv", "sendonly", "recvonly", "inactive":
				offered = a.Key
			}
		}
	}
	way, wrong := "sendonly", "recvonly"
	if o.direction == watching {
		way, wrong = wrong, way
	}
	if offered == wrong || offered == "inactive" {
		return fmt.Errorf("%w: the %s section is a=%s, it has to be a=%s (RFC 9725 §4.2)", ErrMalformed, s.kind, offered, way)
	}
	m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool { return a.Key == offered })
	m.Attributes = append(m.Attributes, sdp.NewPropertyAttribute(way))
	if setup, ok := o.description.Attribute("setup"); ok {
		if _, own := m.Attribute("setup"); !own {
			m.Attributes = append(m.Attributes, sdp.NewAttribute("setup", setup))
		}
	}
	return nil
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
			switch a.Key {
			case "rtpmap":
				c.parseMapping(value)
			case "fmtp":
				c.fmtp = value
			case "rtcp-fb":
				if slices.Contains(feedback[d], value) && !slices.Contains(c.feedback, value) {
					c.feedback = append(c.feedback, value)
				}
			}
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

// narrow takes out of the description what cannot be served. Pion reads the
// whole text again for each payload type, so that this is most of what a join
// costs.
func (s *section) narrow(m *sdp.MediaDescription) {
	m.MediaName.Formats = m.MediaName.Formats[:0]
	for _, c := range s.codecs {
		m.MediaName.Formats = append(m.MediaName.Formats, itoa(c.payloadType))
		if c.rtx != 0 {
			m.MediaName.Formats = append(m.MediaName.Formats, itoa(c.rtx))
		}
	}
	m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool {
		switch a.Key {
		case "rtpmap", "fmtp", "rtcp-fb":
			payloadType, _, _ := strings.Cut(a.Value, " ")
			return payloadType != "*" && !slices.Contains(m.MediaName.Formats, payloadType)
		}
		return false
	})
}

// has says whether the section has the same codec already, under another
// payload type.
func (s *section) has(c codec) bool {
	return slices.ContainsFunc(s.codecs, func(other codec) bool { return other.name == c.name && other.fmtp == c.fmtp })
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

// checkSections holds the offer against what one session may carry: at most
// one track of a kind, and one MediaStream (RFC 9725 §4.4.2).
func (o *offer) checkSections() error {
	count := map[sfu.Kind]int{}
	streams, mids := map[string]bool{}, map[string]bool{}
	for i, s := range o.sections {
		if mids[s.mid] {
			return fmt.Errorf("%w: two sections have the a=mid %q", ErrMalformed, s.mid)
		}
		mids[s.mid] = true
		if count[s.kind]++; count[s.kind] > 1 {
			return fmt.Errorf("%w: more than one %s section; a session has one audio and one video track at the most", ErrUnsupported, s.kind)
		}
		for _, a := range o.description.MediaDescriptions[i].Attributes {
			if a.Key == "msid" && o.direction == publishing {
				stream, _, _ := strings.Cut(a.Value, " ")
				streams[stream] = true
			}
		}
	}
	delete(streams, "-") // no stream (RFC 8830 §3.3.1)
	if len(streams) > 1 {
		return fmt.Errorf("%w: the tracks are in %d MediaStreams, they have to be in one", ErrUnsupported, len(streams))
	}
	return nil
}

// text is the offer as Pion gets it, with the given ICE credentials.
func (o *offer) text(ufrag, pwd string) (string, error) {
	set := func(attributes []sdp.Attribute) {
		for i, a := range attributes {
			switch a.Key {
			case "ice-ufrag":
				attributes[i].Value = ufrag
			case "ice-pwd":
				attributes[i].Value = pwd
			}
		}
	}
	set(o.description.Attributes)
	for _, m := range o.description.MediaDescriptions {
		set(m.Attributes)
	}
	text, err := o.description.Marshal()
	if err != nil {
		return "", fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	return string(text), nil
}

func itoa(n uint8) string { return strconv.Itoa(int(n)) }
