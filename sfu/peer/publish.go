package peer

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v4/packetio"

	"lectern/internal/limit"
	"lectern/sfu"
)

// Publish answers the offer of a publisher, whose media go to the source with
// the name. The identity is that of sfu.PublishOptions. The error is of this
// package, or sfu.ErrTaken; the caller closes the Peer.
func (e *Engine) Publish(r *sfu.Router, name, identity string, offer Offer) (*Peer, error) {
	in := &publisher{
		allowance: newAllowance(e.options.Limits),
		sender:    rand.Uint32(),
		wake:      make(chan struct{}, 1),
	}
	p, err := e.prepareIn(offer, e.options.Limits, in.take)
	if err != nil {
		return nil, err
	}
	in.peer = p
	in.plan(p.offer)
	in.publication, err = r.Publish(name, sfu.PublishOptions{Identity: identity, Protocol: "whip", RequestKeyFrame: in.requestKeyFrame, Live: p.begun})
	if err != nil {
		p.abandon()
		return nil, err
	}
	if err := p.start(in); err != nil {
		in.publication.Close(err)
		return nil, err
	}
	return p, nil
}

// publisher is the media of a Peer that come in. Pion decrypts them, and from
// there on they are ours: what a sender is told about its packets is right only
// when each of them is seen, and once.
//
// Packets come on one goroutine, which alone has what no mutex guards.
type publisher struct {
	peer        *Peer
	publication *sfu.Publication // of all sections; nil where each has a lane of its own
	lanes       map[*section]*lane
	heard       atomic.Int64 // when something came, in nanoseconds since 1970
	sections    *sections    // tells the sections of a kind apart; nil where there is one
	allowance   *allowance
	sender      uint32 // the SSRC of our reports
	reducedSize bool   // they may be RTCP of reduced size
	routes      map[uint8]route
	numbering   uint8 // the header extension that numbers the connection's packets, 0 for none
	layers      []*layer
	packet      rtp.Packet // the present one

	wake chan struct{} // feedback is due sooner than planned

	mu       sync.Mutex
	streams  map[uint32]*stream // by SSRC
	tracks   map[*sfu.Track]uint32
	arrivals arrivals
	planned  time.Time // when feedback is due
	arrived  time.Time // when arrivals were reported, and
	received time.Time // receptions
}

// route is what a payload type stands for.
type route struct {
	section *section
	codec   *codec
	again   bool // its packets are sent again (RFC 4588)
	nack    bool // lost ones may be asked for
}

// typeRoute is the route of a payload type.
type typeRoute struct {
	payloadType uint8
	route
}

// routes are those of a section's payload types. One may be there twice: then
// the one that is not of packets sent again counts.
func (s *section) routes() []typeRoute {
	var list []typeRoute
	for i := range s.codecs {
		c := &s.codecs[i]
		if c.rtx != 0 {
			list = append(list, typeRoute{c.rtx, route{section: s, codec: c, again: true}})
		}
		list = append(list, typeRoute{c.payloadType, route{section: s, codec: c, nack: slices.Contains(c.feedback, "nack")}})
	}
	return list
}

// plan takes from the offer what may come.
func (in *publisher) plan(o *offer) {
	in.routes, in.streams, in.tracks = map[uint8]route{}, map[uint32]*stream{}, map[*sfu.Track]uint32{}
	in.reducedSize = true
	for _, s := range o.sections {
		in.reducedSize = in.reducedSize && s.reducedSize
		for _, r := range s.routes() {
			if _, taken := in.routes[r.payloadType]; !r.again || !taken {
				in.routes[r.payloadType] = r.route
			}
		}
		if in.numbering == 0 {
			in.numbering = uint8(s.extensions[uriTransportCC])
		}
		for _, rid := range s.rids {
			in.layers = append(in.layers, newLayer(in, s, rid))
		}
		if len(s.rids) == 0 {
			in.layers = append(in.layers, newLayer(in, s, ""))
		}
	}
}

func (in *publisher) begin(p *Peer) error {
	p.log.Info("publisher connected")
	p.run(in.feedback)
	return nil
}

func (in *publisher) ended() <-chan struct{} { return in.publication.Done() }
func (in *publisher) cause() error           { return in.publication.Err() }
func (in *publisher) end()                   {}
func (in *publisher) after(cause error)      { in.publication.Close(cause) }

// take gets each packet that has come, decrypted. A panic ends the session,
// and nothing else.
func (in *publisher) take(kind packetio.BufferPacketType, ssrc uint32, b []byte) {
	defer func() {
		if cause := recover(); cause != nil {
			in.peer.panicked(cause)
		}
	}()
	at := time.Now()
	in.heard.Store(at.UnixNano())
	if kind == packetio.RTCPBufferPacket {
		in.takeReports(ssrc, b, at)
	} else if err := in.takePacket(b, at); err != nil {
		in.peer.stop(err)
	}
}

// takePacket carries a packet into its track. The error ends the session.
func (in *publisher) takePacket(b []byte, at time.Time) error {
	if !in.allowance.take(len(b), at) {
		if in.allowance.abused(at) {
			in.allowance.hits.Add(limit.PublisherExcess)
			return ErrExcess
		}
		return nil // as if it were lost on the way, so that less is sent
	}
	p := &in.packet
	if p.Unmarshal(b) != nil {
		return nil
	}
	s, again := in.note(p, at)
	if s == nil {
		return nil
	}
	out, err := s.layer.write(p, again, at)
	if out != nil && out.KeyFrame() {
		in.mu.Lock()
		s.losses.keyFrame(out.Header.SequenceNumber)
		in.mu.Unlock()
	}
	return err
}

// note tells those who report on packets that one has come. It returns the
// stream whose it is, nil when nothing is to be done with it. A packet that was
// sent again is turned into the one that it was first.
func (in *publisher) note(p *rtp.Packet, at time.Time) (s *stream, again bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if number := extension(&p.Header, int(in.numbering)); len(number) >= 2 {
		if !in.arrivals.pending {
			in.planLocked(in.arrived.Add(arrivalInterval))
		}
		in.arrivals.note(binary.BigEndian.Uint16(number), at)
	}
	r := in.routeLocked(p)
	came := in.streamLocked(p, r, at)
	if came == nil || r.section != came.layer.section || r.again != came.again {
		return nil, false
	}
	came.reception.note(p.SequenceNumber, p.Timestamp, at)
	came.arrival = at
	if !came.again {
		if r.nack && came.losses.note(p.SequenceNumber, false, at) {
			in.planLocked(at.Add(came.losses.patience(at)))
		}
		return came, false
	}
	first := came.layer.stream
	if first == nil || len(p.Payload) < 2 {
		return nil, false // padding, by which the sender finds out how much it may send
	}
	p.SSRC, p.PayloadType = first.reception.ssrc, r.codec.payloadType
	p.SequenceNumber, p.Payload = binary.BigEndian.Uint16(p.Payload), p.Payload[2:]
	first.losses.note(p.SequenceNumber, true, at)
	return first, true
}

// takeReports takes the publisher's clock from its sender reports.
func (in *publisher) takeReports(ssrc uint32, b []byte, at time.Time) {
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		return
	}
	for _, packet := range packets {
		r, ok := packet.(*rtcp.SenderReport)
		if !ok || r.SSRC != ssrc {
			continue
		}
		if track := in.synced(r, at); track != nil {
			track.Sync(fromNTP(r.NTPTime), r.RTPTime, at)
		}
	}
}

// synced returns the track that a sender report is about, nil when there is none.
func (in *publisher) synced(r *rtcp.SenderReport, at time.Time) *sfu.Track {
	in.mu.Lock()
	defer in.mu.Unlock()
	s := in.streams[r.SSRC]
	if s == nil {
		return nil
	}
	s.reception.synced(r.NTPTime, at)
	s.clock = senderClock{at: fromNTP(r.NTPTime), timestamp: r.RTPTime, arrival: at}
	if s.again {
		return nil
	}
	return s.layer.track
}

// requestKeyFrame asks for a key frame of a track (RFC 4585 §6.3.1).
func (in *publisher) requestKeyFrame(t *sfu.Track) {
	in.mu.Lock()
	ssrc, ok := in.tracks[t]
	in.mu.Unlock()
	if ok {
		in.send(&rtcp.PictureLossIndication{SenderSSRC: in.sender, MediaSSRC: ssrc})
	}
}
