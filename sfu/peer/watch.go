package peer

import (
	"fmt"
	"strings"
	"sync/atomic"

	"lectern/sfu"
)

// Watch answers the offer of a viewer, who gets the media of the source with
// the name as soon as there are any. The error is of this package; it wraps
// ErrUnsupported when the source is live in a codec that was not offered. The
// caller closes the Peer.
func (e *Engine) Watch(r *sfu.Router, name string, offer Offer) (*Peer, error) {
	out := &watcher{router: r, name: name, none: make(chan struct{})}
	p, err := e.prepareOut(offer, e.options.Limits, out.take)
	if err != nil {
		return nil, err
	}
	out.peer = p
	if err := out.check(p.offer); err != nil {
		p.abandon()
		return nil, err
	}
	out.addSenders(p)
	if err := p.start(out); err != nil {
		return nil, err
	}
	return p, nil
}

// watcher is the media of a Peer that go out.
type watcher struct {
	recipient
	router *sfu.Router
	name   string
	layer  atomic.Pointer[string] // the last SetLayer; nil before one
	dark   atomic.Bool            // without the picture
	viewer *sfu.Viewer            // once the connection is up
	none   chan struct{}          // never closed: the end of no viewer
}

// check holds what is live against the codecs of the offer. Later changes of
// codec are up to the sender.
func (out *watcher) check(o *offer) error {
	info, _ := out.router.Info(out.name)
	for _, t := range info.Tracks {
		for _, s := range o.sections {
			if s.kind == t.Kind && s.best(t.Codec) == nil {
				return fmt.Errorf("%w: the stream's %s is %s, which was not offered", ErrNoCommonCodec, t.Kind, t.Codec.MimeType)
			}
		}
	}
	return nil
}

// recipient is the other side of a Peer whose media go out.
type recipient struct {
	peer    *Peer
	path    path
	senders []*sender
	named   []uint32 // SSRCs, by the viewer
}

func (out *recipient) addSenders(p *Peer) {
	for i, s := range p.offer.sections {
		track := newSender(s, &p.link.sources[i], &p.link.out, &out.path)
		if s.kind == sfu.Video {
			out.path.padder = track
		}
		out.senders = append(out.senders, track)
	}
}

func (out *watcher) begin(p *Peer) error {
	viewer, err := out.router.JoinWith(out.name, sfu.JoinOptions{Protocol: "whep", Since: p.offer.asked, Pictured: p.begun})
	if err != nil {
		return err
	}
	out.viewer = viewer
	p.log.Info("viewer connected")
	for _, s := range out.senders {
		subscription, err := viewer.Subscribe(s.section.kind, s)
		if err != nil {
			return err
		}
		s.subscription.Store(subscription)
		if s.section.kind == sfu.Video {
			out.path.show(subscription)
		}
		if rid := out.layer.Load(); rid != nil { // chosen before there was a connection
			s.setLayer(*rid)
		}
		s.setPicture(!out.dark.Load())
	}
	return nil
}

func (out *watcher) ended() <-chan struct{} {
	if out.viewer == nil {
		return out.none
	}
	return out.viewer.Done()
}

func (out *watcher) cause() error { return out.viewer.Err() }

func (out *watcher) end() {
	if out.viewer != nil {
		out.viewer.Close()
	}
}

func (out *watcher) after(error) {}

// SetLayer chooses among the simulcast layers of the source, for all of the
// session's video; "" leaves the choice to Lectern. It may be called before
// the session is connected.
func (p *Peer) SetLayer(rid string) {
	out, ok := p.media.(*watcher)
	if !ok {
		return
	}
	out.layer.Store(&rid)
	for _, s := range out.senders {
		s.setLayer(rid)
	}
}

func (s *sender) setLayer(rid string) {
	if subscription := s.subscription.Load(); subscription != nil && s.section.kind == sfu.Video {
		subscription.SetLayer(rid)
	}
}

// best returns the section's payload type for a codec: the one with the same
// parameters as far as they decide what a decoder must be able to do, or else
// the first with the codec's name, because browsers decode more than they
// offer.
func (s *section) best(c sfu.Codec) *codec {
	var found *codec
	for i := range s.codecs {
		candidate := &s.codecs[i]
		if !strings.EqualFold(names[candidate.name], c.MimeType) {
			continue
		}
		published := codec{fmtp: c.FMTP}
		exact := true
		for _, name := range []string{"profile-level-id", "profile-id", "profile"} {
			a, b := published.parameter(name), candidate.parameter(name)
			if name == "profile-level-id" { // the level may differ (RFC 6184 §8.2.2)
				a, b = a[:min(4, len(a))], b[:min(4, len(b))]
			}
			exact = exact && strings.EqualFold(a, b)
		}
		if exact {
			return candidate
		}
		if found == nil {
			found = candidate
		}
	}
	return found
}
