package peer

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"lectern/sfu"
)

// Publish answers the offer of a publisher, whose media go to the source with
// the name. The identity is that of sfu.PublishOptions. The error is of this
// package, or sfu.ErrTaken; the caller closes the Peer.
func (e *Engine) Publish(r *sfu.Router, name, identity string, offer Offer) (*Peer, error) {
	p, err := e.prepare(offer, publishing)
	if err != nil {
		return nil, err
	}
	in := &publisher{ssrcs: map[*sfu.Track]uint32{}, allowance: newAllowance(e.options.Limits)}
	in.publication, err = r.Publish(name, sfu.PublishOptions{
		Identity: identity,
		Protocol: "whip",
		RequestKeyFrame: func(t *sfu.Track) {
			if ssrc, ok := in.ssrc(t); ok {
				_ = p.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}}) // lost with the connection
			}
		},
	})
	if err != nil {
		p.abandon()
		return nil, err
	}
	p.pc.OnTrack(func(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		p.run(func() { in.read(p, remote, receiver) })
	})
	if err := p.start(in); err != nil {
		in.publication.Close(err)
		return nil, err
	}
	return p, nil
}

// publisher is the media of a Peer that come in.
type publisher struct {
	publication *sfu.Publication
	allowance   *allowance

	mu    sync.Mutex
	ssrcs map[*sfu.Track]uint32
}

func (in *publisher) begin(p *Peer) error {
	p.log.Info("publisher connected")
	return nil
}

func (in *publisher) ended() <-chan struct{} { return in.publication.Done() }
func (in *publisher) cause() error           { return in.publication.Err() }
func (in *publisher) end()                   {}
func (in *publisher) after(cause error)      { in.publication.Close(cause) }

func (in *publisher) ssrc(t *sfu.Track) (uint32, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	ssrc, ok := in.ssrcs[t]
	return ssrc, ok
}

// incoming is one RTP stream of a publisher, and the track that has its
// packets: one a payload type, because a browser may change the codec in
// mid-stream to another one of the answer.
type incoming struct {
	publisher *publisher
	remote    *webrtc.TrackRemote
	section   *section
	tracks    map[uint8]*sfu.Track
	track     *sfu.Track
	current   uint8 // the payload type of track
	clock     atomic.Pointer[sfu.Track]
}

// read carries the packets of one RTP stream into a track.
func (in *publisher) read(p *Peer, remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	s, _, ok := p.offer.find(uint8(remote.PayloadType()))
	if !ok {
		return
	}
	stream := &incoming{publisher: in, remote: remote, section: s, tracks: map[uint8]*sfu.Track{}}
	p.run(func() { stream.readReports(receiver) })
	level, orientation := s.extensions[uriAudioLevel], s.extensions[uriOrientation]
	buffer := make([]byte, receiveMTU)
	var packet rtp.Packet
	var slab sfu.Slab
	for {
		n, _, err := remote.Read(buffer)
		arrival := time.Now()
		switch {
		case err != nil && (n == 0 || errors.Is(err, io.EOF)):
			return
		case !in.allowance.take(n, arrival):
			if in.allowance.abused(arrival) {
				p.stop(ErrExcess)
				return
			}
			continue
		case err != nil || packet.Unmarshal(buffer[:n]) != nil:
			continue // not RTP, or of a payload type that was not negotiated
		}
		if err := stream.tune(p, packet.PayloadType); err != nil {
			p.stop(err)
			return
		}
		if stream.track == nil {
			continue
		}
		out := slab.Packet(&packet.Header, packet.Payload, arrival)
		if b := extension(&packet.Header, level); len(b) > 0 {
			out.Extensions.AudioLevel, out.Extensions.HasAudioLevel = b[0], true
		}
		if b := extension(&packet.Header, orientation); len(b) > 0 {
			out.Extensions.Orientation, out.Extensions.HasOrientation = b[0], true
		}
		if err := stream.track.Write(out); err != nil {
			p.stop(err)
			return
		}
	}
}

// tune turns to the track for a payload type. One that is none of the
// section's leaves everything as it is.
func (i *incoming) tune(p *Peer, payloadType uint8) error {
	if i.track != nil && payloadType == i.current {
		return nil
	}
	s, c, ok := p.offer.find(payloadType)
	if !ok || s != i.section {
		return nil
	}
	track := i.tracks[payloadType]
	if track == nil {
		var err error
		track, err = i.publisher.publication.AddTrack(sfu.TrackInfo{Kind: s.kind, Codec: c.sfu(), RID: i.remote.RID()})
		if err != nil {
			return err
		}
		i.tracks[payloadType] = track
		i.publisher.mu.Lock()
		i.publisher.ssrcs[track] = uint32(i.remote.SSRC())
		i.publisher.mu.Unlock()
		p.log.Info("track added", "kind", s.kind, "codec", track.Codec.MimeType, "rid", track.RID)
	}
	if i.track != nil {
		i.track.Retire()
	}
	track.Restore()
	i.track, i.current = track, payloadType
	i.clock.Store(track)
	return nil
}

// extension returns a header extension's bytes; 0 is none that was offered.
func extension(h *rtp.Header, id int) []byte {
	if id == 0 {
		return nil
	}
	return h.GetExtension(uint8(id))
}

// readReports takes the publisher's clock from its sender reports. The reads
// also keep Pion's interceptors going.
func (i *incoming) readReports(receiver *webrtc.RTPReceiver) {
	for {
		var packets []rtcp.Packet
		var err error
		if i.remote.RID() != "" {
			packets, _, err = receiver.ReadSimulcastRTCP(i.remote.RID())
		} else {
			packets, _, err = receiver.ReadRTCP()
		}
		if err != nil {
			return
		}
		for _, packet := range packets {
			r, ok := packet.(*rtcp.SenderReport)
			if track := i.clock.Load(); ok && track != nil && r.SSRC == uint32(i.remote.SSRC()) {
				track.Sync(fromNTP(r.NTPTime), r.RTPTime, time.Now())
			}
		}
	}
}

// find returns the codec with a payload type.
func (o *offer) find(payloadType uint8) (*section, *codec, bool) {
	for _, s := range o.sections {
		for i := range s.codecs {
			if s.codecs[i].payloadType == payloadType {
				return s, &s.codecs[i], true
			}
		}
	}
	return nil, nil, false
}

func (c *codec) sfu() sfu.Codec {
	return sfu.Codec{MimeType: names[c.name], ClockRate: c.clockRate, Channels: c.channels, FMTP: c.fmtp}
}
