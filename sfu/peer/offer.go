package peer

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pion/sdp/v3"

	"lectern/internal/limit"
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
// Nothing else of the text goes any further.
type offer struct {
	direction   direction
	limits      Limits
	sections    []*section
	candidates  int
	ufrag, pwd  string
	fingerprint string
	asked       time.Time // when it came
}

// parseOffer reads an offer of a session that goes the given way. The error
// wraps ErrMalformed, ErrTooLarge or ErrUnsupported, and says what was wrong.
func parseOffer(text string, d direction, limits Limits) (*offer, error) {
	if most := limits.bytes(); len(text) > most {
		limits.hits.Add(limit.BodySize)
		return nil, fmt.Errorf("%w: an offer of %d bytes, at most %d are allowed", ErrTooLarge, len(text), most)
	}
	if !strings.HasPrefix(strings.TrimSpace(text), "v=0") {
		return nil, fmt.Errorf("%w: an SDP offer begins with v=0", ErrMalformed)
	}
	var description sdp.SessionDescription
	if err := description.UnmarshalString(text); err != nil {
		return nil, fmt.Errorf("%w: not SDP: %v", ErrMalformed, err)
	}
	media := description.MediaDescriptions
	if len(media) == 0 {
		return nil, fmt.Errorf("%w: the offer has no m= section", ErrMalformed)
	}
	if len(media) > limits.Sections {
		limits.hits.Add(limit.SDPSections)
		return nil, fmt.Errorf("%w: %d m= sections, at most %d are allowed", ErrTooLarge, len(media), limits.Sections)
	}
	o := &offer{direction: d, limits: limits, asked: time.Now()}
	if err := o.parseTransport(&description); err != nil {
		return nil, err
	}
	for _, m := range media {
		s, err := o.parseSection(&description, m)
		if err != nil {
			return nil, err
		}
		o.sections = append(o.sections, s)
	}
	if err := o.checkSections(); err != nil {
		return nil, err
	}
	return o, o.checkBundle(&description)
}

// parseTransport reads what BUNDLE makes common to all sections: ICE
// credentials, fingerprint and candidates.
func (o *offer) parseTransport(d *sdp.SessionDescription) error {
	inherit := func(key string, into *string) {
		*into, _ = d.Attribute(key)
		for _, m := range d.MediaDescriptions {
			if value, ok := m.Attribute(key); ok && *into == "" {
				*into = value
			}
		}
	}
	inherit("fingerprint", &o.fingerprint)
	inherit("ice-ufrag", &o.ufrag)
	inherit("ice-pwd", &o.pwd)
	if o.ufrag == "" || o.pwd == "" {
		return fmt.Errorf("%w: the offer has no a=ice-ufrag and a=ice-pwd", ErrMalformed)
	}
	if err := checkCredentials(o.ufrag, o.pwd); err != nil {
		return err
	}
	switch {
	case o.fingerprint == "":
		return fmt.Errorf("%w: the offer has no a=fingerprint", ErrMalformed)
	case len(strings.Fields(o.fingerprint)) != 2:
		return fmt.Errorf("%w: a=fingerprint is an algorithm and a value", ErrMalformed)
	}
	for _, m := range d.MediaDescriptions {
		for _, a := range m.Attributes {
			if a.Key == "candidate" {
				o.candidates++
			}
		}
	}
	if o.candidates > o.limits.Candidates {
		o.limits.hits.Add(limit.SDPCandidates)
		return fmt.Errorf("%w: %d candidates, at most %d are allowed", ErrTooLarge, o.candidates, o.limits.Candidates)
	}
	return nil
}

func checkCredentials(ufrag, pwd string) error {
	if !credential(ufrag, 4) || !credential(pwd, 22) {
		return fmt.Errorf("%w: a=ice-ufrag has 4 to 256 and a=ice-pwd 22 to 256 letters, digits, + and / (RFC 8839 §5.4)", ErrMalformed)
	}
	return nil
}

// credential says whether s is made of ice-char (RFC 8839 §5.4), or of the
// two more that some clients use.
func credential(s string, least int) bool {
	return len(s) >= least && len(s) <= 256 && strings.IndexFunc(s, func(r rune) bool {
		return !strings.ContainsRune("+/-_", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0
}

// checkBundle asks for one transport for all (RFC 9725 §4.4.1).
func (o *offer) checkBundle(d *sdp.SessionDescription) error {
	if len(o.sections) == 1 {
		return nil
	}
	for _, a := range d.Attributes {
		kind, members, _ := strings.Cut(a.Value, " ")
		if a.Key != "group" || kind != "BUNDLE" {
			continue
		}
		bundled := strings.Fields(members)
		if !slices.ContainsFunc(o.sections, func(s *section) bool { return !slices.Contains(bundled, s.mid) }) {
			return nil
		}
	}
	return fmt.Errorf("%w: not all sections are bundled: a=group:BUNDLE has to have all of them", ErrUnsupported)
}

// checkSections holds the offer against what one session may carry: at most
// one track of a kind, and one MediaStream (RFC 9725 §4.4.2), unless it is one
// of a room.
func (o *offer) checkSections() error {
	count := map[sfu.Kind]int{}
	streams, mids := map[string]bool{}, map[string]bool{}
	for _, s := range o.sections {
		if mids[s.mid] {
			return fmt.Errorf("%w: two sections have the a=mid %.40q", ErrMalformed, s.mid)
		}
		mids[s.mid] = true
		if count[s.kind]++; count[s.kind] > 1 && !o.limits.several {
			return fmt.Errorf("%w: more than one %s section; a session has one audio and one video track at the most", ErrUnsupported, s.kind)
		}
		if stream, _, _ := strings.Cut(s.msid, " "); o.direction == publishing && stream != "" && stream != "-" { // "-" is none (RFC 8830 §3.3.1)
			streams[stream] = true
		}
	}
	if len(streams) > 1 && !o.limits.several {
		return fmt.Errorf("%w: the tracks are in %d MediaStreams, they have to be in one", ErrUnsupported, len(streams))
	}
	return nil
}

// streams is how many SSRCs a session with the offer may make state for.
func (o *offer) streams() int32 {
	if !o.limits.several {
		return int32(o.limits.SSRCs)
	}
	return int32(o.limits.SSRCs) + sectionStreams*int32(len(o.sections))
}

// text is the offer as Pion gets it, with ICE credentials that may be new:
// written anew from what was understood, so that Pion reads nothing else. It
// reads the whole text once a payload type, which is most of what a join
// costs, and does not bound what it keeps of it.
func (o *offer) text(ufrag, pwd string) (string, error) {
	d := &sdp.SessionDescription{
		Origin:           sdp.Origin{Username: "-", SessionID: 1, SessionVersion: 1, NetworkType: "IN", AddressType: "IP4", UnicastAddress: "0.0.0.0"},
		SessionName:      "-",
		TimeDescriptions: []sdp.TimeDescription{{}},
	}
	group := "BUNDLE"
	for _, s := range o.sections {
		group += " " + s.mid
		d.MediaDescriptions = append(d.MediaDescriptions, s.media(o.direction, ufrag, pwd))
	}
	d.Attributes = []sdp.Attribute{
		sdp.NewAttribute("group", group),
		sdp.NewAttribute("fingerprint", o.fingerprint),
		sdp.NewPropertyAttribute("extmap-allow-mixed"),
	}
	text, err := d.Marshal()
	if err != nil {
		return "", fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	return string(text), nil
}
