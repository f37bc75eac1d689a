package peer

import "fmt"

// Renew answers another offer of the PeerConnection that the session is with,
// which restarts ICE (RFC 9429 §5.2.3): nothing but its credentials may differ.
// ok is false when the offer is of another PeerConnection, and needs a session
// of its own. The error wraps ErrMalformed, ErrUnsupported or ErrClosed; the
// session goes on as it was then.
func (p *Peer) Renew(sdp string) (answer string, ok bool, err error) {
	o, err := parseOffer(sdp, p.offer.direction, p.offer.limits)
	if err != nil {
		return "", false, err
	}
	if o.fingerprint != p.offer.fingerprint {
		return "", false, nil
	}
	if !p.offer.alike(o) {
		return "", true, fmt.Errorf("%w: the sections of the offer are not those of the one before: make a new PeerConnection", ErrUnsupported)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.stopping:
		return "", true, ErrClosed
	default:
	}
	text, err := p.negotiate(o.ufrag, o.pwd)
	if err != nil {
		return "", true, err
	}
	p.ufrag, p.pwd, p.candidates = o.ufrag, o.pwd, o.candidates
	answer, err = p.finish(text)
	return answer, true, err
}

// alike says whether another offer has the same sections.
func (o *offer) alike(other *offer) bool {
	if len(o.sections) != len(other.sections) {
		return false
	}
	for i, s := range o.sections {
		if s.mid != other.sections[i].mid || s.kind != other.sections[i].kind {
			return false
		}
	}
	return true
}
