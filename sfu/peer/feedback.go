package peer

import (
	"time"

	"github.com/pion/rtcp"

	"lectern/sfu"
)

const (
	// arrivalInterval is the time between two reports of arrivals: the shortest
	// that browsers use among themselves, because it bounds how fast a sender
	// finds out what the network carries.
	arrivalInterval = 50 * time.Millisecond
	// receptionInterval is the time between two receiver reports.
	receptionInterval = time.Second
	// nackPairs is how many of them fit into one packet.
	nackPairs = 250
)

// planLocked sees to it that feedback is given by then.
func (in *publisher) planLocked(by time.Time) {
	if !by.Before(in.planned) {
		return
	}
	in.planned = by
	select {
	case in.wake <- struct{}{}:
	default: // it is awake already
	}
}

// feedback tells the publisher what came and what did not, until the session
// ends. It is the one goroutine that does.
func (in *publisher) feedback() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-in.peer.stopping:
			return
		case <-in.wake:
		case <-timer.C:
		}
		at := time.Now()
		due := in.due(at, in.peer.roundTrip())
		in.peer.engine.counts.asked.Add(uint64(due.asked))
		for _, packet := range due.packets {
			in.send(packet)
		}
		for _, t := range due.broken {
			t.RequestKeyFrame(at)
		}
		timer.Reset(due.next.Sub(at))
	}
}

// due is feedback to be given.
type due struct {
	packets []rtcp.Packet
	asked   int          // how many packets they ask for again
	broken  []*sfu.Track // have lost what they cannot do without
	next    time.Time    // when to look again
}

func (in *publisher) due(at time.Time, rtt time.Duration) due {
	in.mu.Lock()
	defer in.mu.Unlock()
	d := due{next: in.received.Add(receptionInterval)}
	if !d.next.After(at) {
		d.receptions(in, at)
	}
	var media uint32
	for ssrc, s := range in.streams {
		media = ssrc
		ask, next := s.losses.due(at, rtt)
		d.sooner(next)
		d.asked += len(ask)
		pairs := rtcp.NackPairsFromSequenceNumbers(ask)
		for len(pairs) > 0 {
			n := min(len(pairs), nackPairs)
			d.packets = append(d.packets, &rtcp.TransportLayerNack{SenderSSRC: in.sender, MediaSSRC: ssrc, Nacks: pairs[:n]})
			pairs = pairs[n:]
		}
		if s.losses.lostForGood() && s.layer.track != nil {
			d.broken = append(d.broken, s.layer.track)
		}
	}
	if in.arrivals.pending {
		d.arrivals(in, media, at)
	}
	in.planned = d.next
	return d
}

func (d *due) sooner(next time.Time) {
	if !next.IsZero() && next.Before(d.next) {
		d.next = next
	}
}

func (d *due) receptions(in *publisher, at time.Time) {
	in.received = at
	d.next = at.Add(receptionInterval)
	report := &rtcp.ReceiverReport{SSRC: in.sender}
	for _, s := range in.streams {
		if s.reception.heard() {
			report.Reports = append(report.Reports, s.reception.report(at))
		}
	}
	if len(report.Reports) > 0 {
		d.packets = append(d.packets, report)
	}
}

func (d *due) arrivals(in *publisher, media uint32, at time.Time) {
	if next := in.arrived.Add(arrivalInterval); next.After(at) {
		d.sooner(next)
		return
	}
	in.arrived = at
	for in.arrivals.pending {
		if report := in.arrivals.report(in.sender, media); report != nil {
			d.packets = append(d.packets, (*rtcp.RawPacket)(&report))
		}
	}
}

// send sends one RTCP packet. It may be called from any goroutine.
func (in *publisher) send(packet rtcp.Packet) {
	_ = in.peer.pc.WriteRTCP(in.compound(packet)) // lost with the connection
}

// compound is a packet with what has to go with it: unless it was agreed that
// packets may be of reduced size, a report is first, and a name is there (RFC
// 3550 §6.1, RFC 5506 §3.4.2).
func (in *publisher) compound(packet rtcp.Packet) []rtcp.Packet {
	if in.reducedSize {
		return []rtcp.Packet{packet}
	}
	name := &rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{
		Source: in.sender,
		Items:  []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: streamID}},
	}}}
	if _, ok := packet.(*rtcp.ReceiverReport); ok {
		return []rtcp.Packet{packet, name}
	}
	return []rtcp.Packet{&rtcp.ReceiverReport{SSRC: in.sender}, name, packet}
}
