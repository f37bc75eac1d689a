package sdpfrag

import (
	"errors"
	"fmt"
	"strings"
)

// parser holds a fragment and the media section that is being read.
type parser struct {
	f     Fragment
	any   bool // a line has come
	lines int  // candidate lines, usable or not

	media   bool // past the first m= line
	mid     string
	section int // index of the section's first candidate
}

func (p *parser) line(line string) error {
	if line == "" {
		return nil // some senders end with an empty line, or separate by them
	}
	p.any = true
	if i := strings.IndexFunc(line, control); i >= 0 {
		return fmt.Errorf("control character %q", line[i])
	}
	kind, value, ok := strings.Cut(line, "=")
	if !ok || len(kind) != 1 {
		return fmt.Errorf("%s is not of the form x=value", quote(line))
	}
	switch kind {
	case "a":
		return p.attribute(value)
	case "m":
		return p.begin(value)
	case "i", "c", "b", "k": // may follow m= (RFC 8866 §5) and say nothing here
		if p.media {
			return nil
		}
	}
	return fmt.Errorf("%s has no place in a fragment (RFC 8840 §9)", quote(line))
}

// begin reads an m= line, whose values say nothing (RFC 8840 §4.4).
func (p *parser) begin(value string) error {
	fields := strings.Fields(value)
	if len(fields) < 4 {
		return fmt.Errorf("m=%s has %d of the fields media, port, protocol and format", quote(value), len(fields))
	}
	port, _, _ := strings.Cut(fields[1], "/")
	if _, ok := number(port, 1<<16-1); !ok {
		return fmt.Errorf("port %s of the m= line is not from 0 to 65535", quote(fields[1]))
	}
	p.media = true
	p.mid = ""
	p.section = len(p.f.Candidates)
	return nil
}

func (p *parser) attribute(attribute string) error {
	name, value, _ := strings.Cut(attribute, ":")
	switch name {
	case "":
		// Firefox's last candidate is an empty one, which a client that puts
		// "a=" before each makes into an empty attribute.
		if attribute != "" {
			return errors.New("attribute without a name")
		}
	case "candidate":
		return p.candidate(attribute)
	case "mid":
		return p.identify(value)
	case "ice-ufrag":
		return credential(&p.f.Ufrag, name, value, 4)
	case "ice-pwd":
		return credential(&p.f.Pwd, name, value, 22)
	case "ice-lite":
		p.f.Lite = true
	case "ice-options":
		// Not checked: OBS sends "ice2,trickle trickle".
		p.f.Options = strings.Join(strings.Fields(value), " ")
	case "ice-pacing":
		if _, ok := number(value, 1<<32-1); !ok {
			return fmt.Errorf("ice-pacing %s is not a number of milliseconds", quote(value))
		}
		p.f.Pacing = value
	case "end-of-candidates":
		p.f.EndOfCandidates = true
	}
	return nil
}

// candidate keeps one candidate if it can be used.
func (p *parser) candidate(line string) error {
	if p.lines++; p.lines > maxCandidates {
		return fmt.Errorf("more than %d candidates", maxCandidates)
	}
	line = strings.TrimRight(line, " ")
	usable, err := checkCandidate(line)
	if err != nil || !usable {
		return err
	}
	p.f.Candidates = append(p.f.Candidates, Candidate{Mid: p.mid, Line: line})
	return nil
}

// identify names the section, also for candidates that came before the name.
func (p *parser) identify(mid string) error {
	if !token(mid) {
		return fmt.Errorf("mid %s is not a token (RFC 5888 §4)", quote(mid))
	}
	if p.mid != "" && p.mid != mid {
		return fmt.Errorf("section %s has a second mid %s", quote(p.mid), quote(mid))
	}
	p.mid = mid
	for i := range p.f.Candidates[p.section:] {
		p.f.Candidates[p.section+i].Mid = mid
	}
	return nil
}

// credential keeps ice-ufrag or ice-pwd, which sections may repeat but, being
// of one transport, not change (RFC 9725 §4.4.1).
func credential(kept *string, name, value string, shortest int) error {
	if len(value) < shortest || len(value) > 256 || !iceChars(value) {
		return fmt.Errorf("%s is not %d to 256 letters, digits, + and / (RFC 8839 §5.4)", name, shortest)
	}
	if *kept != "" && *kept != value {
		return fmt.Errorf("a second, different %s", name)
	}
	*kept = value
	return nil
}
