package peer

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/pion/rtcp"

	"lectern/internal/limit"
	"lectern/sfu"
)

// mostArrivals is how many reports of arrivals are read of one datagram: they
// cost more than they are long.
const mostArrivals = 8

// take gets each RTCP packet of a viewer, opened, one at a time. A panic ends
// the session, and nothing else.
func (out *recipient) take(b []byte) {
	defer func() {
		if cause := recover(); cause != nil {
			out.peer.panicked(cause)
		}
	}()
	at := time.Now()
	others, arrivals := false, 0
	for rest := b; len(rest) >= 4; {
		size := 4 + 4*int(binary.BigEndian.Uint16(rest[2:]))
		if size > len(rest) {
			return
		}
		const transportFeedback, arrivalsFormat = 205, 15
		if rest[1] == transportFeedback && rest[0]&0x1f == arrivalsFormat {
			if arrivals++; size >= arrivalsBegin && arrivals <= mostArrivals {
				out.path.arrived(rest[:size], at)
			}
		} else {
			others = true
		}
		rest = rest[size:]
	}
	if !others {
		return // the usual case, which allocates nothing
	}
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		return
	}
	for _, packet := range packets {
		out.answer(packet, at)
	}
}

// answer does what a packet asks for. Who names more SSRCs than there can be
// has no good in mind.
func (out *recipient) answer(packet rtcp.Packet, at time.Time) {
	if r, ok := packet.(*rtcp.ReceiverEstimatedMaximumBitrate); ok {
		out.path.allowed(float64(r.Bitrate), at)
	}
	about := packet.DestinationSSRC()
	for _, ssrc := range about {
		if slices.Contains(out.named, ssrc) {
			continue
		}
		out.named = append(out.named, ssrc)
		if n := len(out.named); n > int(out.peer.offer.streams()) {
			out.peer.offer.limits.hits.Add(limit.SSRCs)
			out.peer.stop(ErrExcess)
			return
		}
	}
	for _, s := range out.senders {
		if subscription := s.subscription.Load(); subscription != nil && slices.Contains(about, s.ssrc) {
			s.answer(packet, subscription, at)
		}
	}
}

// answer does what a viewer's report about a sender's packets asks for.
func (s *sender) answer(packet rtcp.Packet, subscription *sfu.Subscription, at time.Time) {
	switch f := packet.(type) {
	case *rtcp.TransportLayerNack:
		for _, pair := range f.Nacks {
			subscription.Resend(pair.PacketID, uint16(pair.LostPackets))
		}
	case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
		subscription.RequestKeyFrame()
	case *rtcp.ReceiverReport:
		s.measure(f.Reports, subscription, at)
	case *rtcp.SenderReport:
		s.measure(f.Reports, subscription, at)
	}
}

// measure takes the round-trip time from a reception report (RFC 3550
// §6.4.1): the middle 32 bits of NTP timestamps, in units of 1/65536 s.
func (s *sender) measure(reports []rtcp.ReceptionReport, subscription *sfu.Subscription, at time.Time) {
	for _, r := range reports {
		if r.SSRC != s.ssrc {
			continue
		}
		if s.section.kind == sfu.Video {
			s.path.lost(r.FractionLost, at)
		}
		if r.LastSenderReport == 0 {
			continue
		}
		now := uint32(toNTP(at) >> 16)
		if trip := now - r.LastSenderReport - r.Delay; trip < 10<<16 {
			subscription.SetRTT(time.Duration(trip) * time.Second >> 16)
		}
	}
}
