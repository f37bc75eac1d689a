package peer

import (
	"time"

	"github.com/pion/rtp"

	"lectern/sfu"
)

// takeOver is how long an RTP stream is silent before another one, of the same
// layer, may be in its place.
const takeOver = time.Second

// stream is what comes under one SSRC: a layer's packets, or those of a layer
// that are sent again.
type stream struct {
	layer     *layer
	again     bool
	arrival   time.Time // of the last packet
	reception reception
	losses    losses
	clock     senderClock
}

// senderClock is what the last sender report has said.
type senderClock struct {
	at, arrival time.Time
	timestamp   uint32
}

// layer is one encoding of a section, which has the RID, or the only one.
//
// It has a track for each payload type that came, because a browser may change
// the codec in mid-stream to another one of the answer.
type layer struct {
	publisher *publisher
	section   *section
	rid       string
	stream    *stream // under publisher.mu; not the one with what is sent again

	slab   sfu.Slab
	tracks map[uint8]*sfu.Track
	// Written by the goroutine with the packets, under publisher.mu.
	track   *sfu.Track
	current uint8 // the payload type of track
}

func newLayer(in *publisher, s *section, rid string) *layer {
	return &layer{publisher: in, section: s, rid: rid, tracks: map[uint8]*sfu.Track{}}
}

// streamLocked returns the stream of a packet with a route, nil when it cannot
// be told: with several layers, a new SSRC's packets are of no use before one
// has the RID (RFC 8852), which browsers send until they are told, by a report
// about the SSRC, that it is known.
func (in *publisher) streamLocked(p *rtp.Packet, r route, at time.Time) *stream {
	if s := in.streams[p.SSRC]; s != nil || r.section == nil {
		return s
	}
	l := in.layer(p, r)
	if l == nil || !r.again && l.stream != nil && at.Sub(l.stream.arrival) < takeOver {
		return nil
	}
	s := &stream{layer: l, again: r.again, reception: reception{ssrc: p.SSRC, clockRate: r.codec.clockRate}}
	s.losses.repairs = r.codec.rtx != 0
	in.streams[p.SSRC] = s
	if !r.again {
		l.stream = s
		if l.track != nil {
			in.tracks[l.track] = p.SSRC
		}
	}
	return s
}

// layer returns the layer that a packet says it is of.
func (in *publisher) layer(p *rtp.Packet, r route) *layer {
	uri := uriRID
	if r.again {
		uri = uriRepairedRID
	}
	rid := ""
	if len(r.section.rids) > 0 {
		if rid = string(extension(&p.Header, r.section.extensions[uri])); rid == "" {
			return nil
		}
	}
	for _, l := range in.layers {
		if l.section == r.section && l.rid == rid {
			return l
		}
	}
	return nil
}

// write gives a packet to its track, and returns it as it is there.
func (l *layer) write(p *rtp.Packet, again bool, at time.Time) (*sfu.Packet, error) {
	if lane := l.publisher.lanes[l.section]; lane != nil {
		return lane.write(l, p, again, at)
	}
	return l.pass(l.publisher.publication, p, again, at)
}

func (l *layer) pass(to *sfu.Publication, p *rtp.Packet, again bool, at time.Time) (*sfu.Packet, error) {
	if again && l.tracks[p.PayloadType] == nil {
		return nil, nil
	}
	if !again {
		if err := l.tune(to, p.PayloadType); err != nil {
			return nil, err
		}
	}
	out := l.slab.Packet(&p.Header, p.Payload, at)
	if b := extension(&p.Header, l.section.extensions[uriAudioLevel]); len(b) > 0 {
		out.Extensions.AudioLevel, out.Extensions.HasAudioLevel = b[0], true
	}
	if b := extension(&p.Header, l.section.extensions[uriOrientation]); len(b) > 0 {
		out.Extensions.Orientation, out.Extensions.HasOrientation = b[0], true
	}
	return out, l.tracks[p.PayloadType].Write(out)
}

// tune turns to the track for a payload type, which is one of the section's.
func (l *layer) tune(to *sfu.Publication, payloadType uint8) error {
	if l.track != nil && payloadType == l.current {
		return nil
	}
	in := l.publisher
	track := l.tracks[payloadType]
	if track == nil {
		var err error
		info := sfu.TrackInfo{Kind: l.section.kind, Codec: in.codec(l.section, payloadType).sfu(), RID: l.rid}
		if track, err = to.AddTrack(info); err != nil {
			return err
		}
		l.tracks[payloadType] = track
		in.peer.log.Info("track added", "kind", info.Kind, "codec", info.Codec.MimeType, "rid", info.RID)
	}
	if l.track != nil {
		l.track.Retire()
	}
	track.Restore()
	in.mu.Lock()
	l.track, l.current = track, payloadType
	in.tracks[track] = l.stream.reception.ssrc
	clock := l.stream.clock
	in.mu.Unlock()
	if !clock.arrival.IsZero() { // the next report may be seconds away
		track.Sync(clock.at, clock.timestamp, clock.arrival)
	}
	return nil
}

// extension returns a header extension's bytes; 0 is none that was offered.
func extension(h *rtp.Header, id int) []byte {
	if id == 0 {
		return nil
	}
	return h.GetExtension(uint8(id))
}

func (c *codec) sfu() sfu.Codec {
	return sfu.Codec{MimeType: names[c.name], ClockRate: c.clockRate, Channels: c.channels, FMTP: c.fmtp}
}
