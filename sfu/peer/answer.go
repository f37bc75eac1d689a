package peer

import (
	"fmt"
	"slices"

	"github.com/pion/sdp/v3"

	"lectern/internal/sdpfrag"
)

// iceOptions are the same in an answer and in the answer to a restart (RFC
// 9725 §4.3.3).
const iceOptions = "trickle"

// finish turns Pion's answer into the one that the client gets: with our
// candidates, complete, and what RFC 9725 §4.4.1 asks for.
func (p *Peer) finish(answer string) (string, error) {
	var description sdp.SessionDescription
	if err := description.UnmarshalString(answer); err != nil {
		return "", fmt.Errorf("read our own answer: %w", err)
	}
	description.Attributes = append(description.Attributes, sdp.NewAttribute("ice-options", iceOptions))
	for i, m := range description.MediaDescriptions {
		m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool {
			return a.Key == "candidate" || a.Key == "end-of-candidates" || a.Key == "rtcp-rsize" && !p.offer.sections[i].reducedSize
		})
		s := p.offer.sections[i]
		if _, ok := m.Attribute(p.offer.direction.answered()); !ok || m.MediaName.Port.Value == 0 {
			return "", fmt.Errorf("%w: the %s section cannot be served", ErrUnsupported, s.kind)
		}
		m.MediaName.Formats = s.formats()
		if mux := slices.IndexFunc(m.Attributes, func(a sdp.Attribute) bool { return a.Key == "rtcp-mux" }); mux >= 0 {
			m.Attributes = slices.Insert(m.Attributes, mux+1, sdp.NewPropertyAttribute("rtcp-mux-only"))
		}
		if i > 0 {
			continue
		}
		for _, c := range p.engine.addresses.candidates(p.reached) {
			m.Attributes = append(m.Attributes, sdp.NewAttribute("candidate", c))
		}
		m.Attributes = append(m.Attributes, sdp.NewPropertyAttribute("end-of-candidates"))
	}
	text, err := description.Marshal()
	if err != nil {
		return "", fmt.Errorf("write our own answer: %w", err)
	}
	return string(text), nil
}

// fragment turns Pion's answer to a restart into the fragment that says what
// is new: the credentials, and the candidates, which are the first one only
// when that is the address by which the client came. Some clients read no
// more than one.
func (p *Peer) fragment(answer string) (string, error) {
	var description sdp.SessionDescription
	if err := description.UnmarshalString(answer); err != nil {
		return "", fmt.Errorf("read our own answer: %w", err)
	}
	first := description.MediaDescriptions[0]
	ufrag, _ := first.Attribute("ice-ufrag")
	pwd, _ := first.Attribute("ice-pwd")
	lines := p.engine.addresses.candidates(p.reached)
	if p.reached.IsValid() {
		lines = lines[:min(1, len(lines))]
	}
	f := sdpfrag.Fragment{Ufrag: ufrag, Pwd: pwd, Options: iceOptions, EndOfCandidates: true}
	for _, line := range lines {
		f.Candidates = append(f.Candidates, sdpfrag.Candidate{Mid: p.offer.sections[0].mid, Line: "candidate:" + line})
	}
	return f.String(), nil
}
