// Package sdpfrag reads and writes SDP fragments, the bodies of type
// application/trickle-ice-sdpfrag by which WHIP and WHEP trickle candidates
// and restart ICE (RFC 8840 §9, RFC 9725 §4.3).
//
// Its invariant: a Fragment that Parse returns is about one ICE session, and
// everything in it is safe to put into a line of SDP: no control characters,
// and candidates that an agent can use.
//
// Neither identities nor generations are compared here: whether credentials
// are a restart is known to whom the session belongs.
package sdpfrag

import (
	"errors"
	"fmt"
	"strings"
)

// ErrMalformed is wrapped by every error of Parse, which goes on to say in
// which line what is wrong.
var ErrMalformed = errors.New("malformed SDP fragment")

// maxCandidates is how many candidate lines a fragment may have, those that
// are left out included. A browser with four addresses sends eight.
const maxCandidates = 64

// Fragment is what a fragment says about an ICE session.
type Fragment struct {
	// Ufrag and Pwd are the sender's credentials, of session or media level;
	// both or neither are empty (RFC 8839 §5.4).
	Ufrag, Pwd string

	// Lite says that the sender is an ICE-lite agent (RFC 8839 §5.3).
	Lite bool
	// Options are the tags of ice-options separated by spaces, such as
	// "trickle ice2" (RFC 8839 §5.6). Empty when there are none.
	Options string
	// Pacing is ice-pacing in milliseconds, digits only, or empty (RFC 8839
	// §5.5).
	Pacing string

	// Candidates are the usable candidates in their order. There are at most
	// 64.
	Candidates []Candidate
	// EndOfCandidates says that no more will follow (RFC 8840 §8.2).
	EndOfCandidates bool
}

// Candidate is one candidate line.
type Candidate struct {
	// Mid names the media section that it was sent in. Empty when the
	// fragment has no such section; with BUNDLE there is but one transport
	// anyhow.
	Mid string
	// Line is the attribute "candidate:…" without the "a=" before it and the
	// line's end (RFC 8839 §5.1).
	Line string
}

// Parse reads a fragment whose lines end with CRLF or LF. The pseudo m= line
// may be any well-formed one or missing, and credentials may be at session or
// media level, which all occur in practice.
//
// Candidates of a transport, component or address that no agent here can use
// are left out without an error (RFC 9725 §4.3.2). Unknown attributes are
// ignored (RFC 8866 §5.13).
func Parse(text string) (Fragment, error) {
	var p parser
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if err := p.line(line); err != nil {
			return Fragment{}, fmt.Errorf("%w: line %d: %w", ErrMalformed, number, err)
		}
	}
	if !p.any {
		return Fragment{}, fmt.Errorf("%w: line 1: nothing in it", ErrMalformed)
	}
	if (p.f.Ufrag == "") != (p.f.Pwd == "") {
		return Fragment{}, fmt.Errorf("%w: line %d: it ends with only one of ice-ufrag and ice-pwd", ErrMalformed, number)
	}
	return p.f, nil
}

// String writes the fragment as a server answers a restart (RFC 9725 §4.3.3):
// each section with its pseudo m= line, mid, credentials, candidates and the
// end of candidates. Lines end with CRLF. Credentials are of session level
// when there is no candidate.
func (f Fragment) String() string {
	var b strings.Builder
	write := func(parts ...string) {
		for _, s := range parts {
			b.WriteString(s)
		}
		b.WriteString("\r\n")
	}
	perSection := func() {
		if f.Ufrag != "" || f.Pwd != "" {
			write("a=ice-ufrag:", f.Ufrag)
			write("a=ice-pwd:", f.Pwd)
		}
	}
	end := func() {
		if f.EndOfCandidates {
			write("a=end-of-candidates")
		}
	}
	if f.Lite {
		write("a=ice-lite")
	}
	if f.Options != "" {
		write("a=ice-options:", f.Options)
	}
	if f.Pacing != "" {
		write("a=ice-pacing:", f.Pacing)
	}
	if len(f.Candidates) == 0 {
		perSection()
	}
	for i, c := range f.Candidates {
		if i == 0 || c.Mid != f.Candidates[i-1].Mid {
			if i > 0 {
				end()
			}
			write("m=audio 9 RTP/AVP 0") // RFC 8840 §9.2
			if c.Mid != "" {
				write("a=mid:", c.Mid)
			}
			perSection()
		}
		write("a=", c.Line)
	}
	end()
	return b.String()
}
