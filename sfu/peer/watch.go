package peer

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"lectern/sfu"
)

// Watch answers the offer of a viewer, who gets the media of the source with
// the name as soon as there are any. The error is of this package; it wraps
// ErrUnsupported when the source is live in a codec that was not offered. The
// caller closes the Peer.
func (e *Engine) Watch(r *sfu.Router, name string, offer Offer) (*Peer, error) {
	p, err := e.prepare(offer, watching, nil)
	if err != nil {
		return nil, err
	}
	out := &watcher{router: r, name: name, none: make(chan struct{})}
	if err = out.check(p.offer); err == nil {
		err = out.addSenders(p)
	}
	if err != nil {
		p.abandon()
		return nil, err
	}
	if err := p.start(out); err != nil {
		return nil, err
	}
	return p, nil
}

// watcher is the media of a Peer that go out.
type watcher struct {
	router  *sfu.Router
	name    string
	senders []*sender
	layer   atomic.Pointer[string] // the last SetLayer; nil before one
	viewer  *sfu.Viewer            // once the connection is up
	none    chan struct{}          // never closed: the end of no viewer
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

func (out *watcher) addSenders(p *Peer) error {
	for _, s := range p.offer.sections {
		track := newSender(s, p.pc)
		transceiver, err := p.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			return fmt.Errorf("%w: %v", ErrUnsupported, err)
		}
		track.rtcp = transceiver.Sender()
		out.senders = append(out.senders, track)
	}
	return nil
}

func (out *watcher) begin(p *Peer) error {
	viewer, err := out.router.Join(out.name)
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
		if rid := out.layer.Load(); rid != nil { // chosen before there was a connection
			s.setLayer(*rid)
		}
		p.run(func() { s.readFeedback(subscription) })
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

// readFeedback answers what a viewer reports, until its connection is closed.
func (s *sender) readFeedback(subscription *sfu.Subscription) {
	for {
		packets, _, err := s.rtcp.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			switch f := packet.(type) {
			case *rtcp.TransportLayerNack:
				for _, pair := range f.Nacks {
					subscription.Resend(pair.PacketID, uint16(pair.LostPackets))
				}
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				subscription.RequestKeyFrame()
			case *rtcp.ReceiverReport:
				s.measure(f.Reports, subscription)
			case *rtcp.SenderReport:
				s.measure(f.Reports, subscription)
			}
		}
	}
}

// measure takes the round-trip time from a reception report (RFC 3550
// §6.4.1): the middle 32 bits of NTP timestamps, in units of 1/65536 s.
func (s *sender) measure(reports []rtcp.ReceptionReport, subscription *sfu.Subscription) {
	for _, r := range reports {
		if r.SSRC != s.ssrc || r.LastSenderReport == 0 {
			continue
		}
		now := uint32(toNTP(time.Now()) >> 16)
		if trip := now - r.LastSenderReport - r.Delay; trip < 10<<16 {
			subscription.SetRTT(time.Duration(trip) * time.Second >> 16)
		}
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
