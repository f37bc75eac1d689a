package peer

import "lectern/sfu"

// SetPicture says whether a viewer gets the source's video; without it, there is
// the sound alone. It may be called before the session is connected.
func (p *Peer) SetPicture(on bool) {
	out, ok := p.media.(*watcher)
	if !ok {
		return
	}
	out.dark.Store(!on)
	for _, s := range out.senders {
		s.setPicture(on)
	}
}

func (s *sender) setPicture(on bool) {
	if subscription := s.subscription.Load(); subscription != nil && s.section.kind == sfu.Video {
		subscription.SetPaused(!on)
	}
}

// Layer returns the RID of the layer that a viewer gets now; "" when the source
// sends one only, and while there is no picture.
func (p *Peer) Layer() string {
	out, ok := p.media.(*watcher)
	if !ok {
		return ""
	}
	for _, s := range out.senders {
		if subscription := s.subscription.Load(); subscription != nil && s.section.kind == sfu.Video {
			return subscription.Layer()
		}
	}
	return ""
}

// Publication is what a publisher's session writes to; nil of other sessions.
func (p *Peer) Publication() *sfu.Publication {
	if in, ok := p.media.(*publisher); ok {
		return in.publication
	}
	return nil
}
