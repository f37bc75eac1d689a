package peer

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"lectern/internal/seal"
	"lectern/sfu"
)

const (
	// reportInterval is the time between two sender reports; the first
	// earlyReports come faster, because a browser needs two of a track before
	// it can play it in step with another.
	reportInterval      = 3 * time.Second
	earlyReportInterval = 500 * time.Millisecond
	earlyReports        = 4
	// reportFresh is how old a packet may be that a report goes by: the time of
	// older ones, which a viewer gets to catch up, runs at another pace.
	reportFresh = 100 * time.Millisecond
)

// streamID names the one MediaStream of a session that has one, and its one
// source of time (RFC 3550's CNAME).
const streamID = "lectern"

// sender sends one kind of media to one viewer: an sfu.Sink on one side, and
// packets with their headers on the other. Payload types are chosen a packet at
// a time, because the answer has all codecs that the two ends have in common,
// and the next publisher may use another one.
type sender struct {
	section       *section
	from          *source
	out           *outbound
	path          *path
	numbered      bool // by the extension that numbers a connection's packets
	lenient       bool // a codec that was not offered ends nothing: other seats go on
	ssrc, rtxSSRC uint32
	subscription  atomic.Pointer[sfu.Subscription]
	dark          atomic.Bool // the present track's codec was not offered

	// Owned by the worker that calls WriteRTP.
	first, again seal.Stream
	at           time.Time // of the present burst
	track        *sfu.Track
	codec        *codec
	pictures     pictureIDs
	since        uint16     // the first number with the present change to picture ids
	header       rtp.Header // of the last packet
	number       [2]byte    // of the connection's
	extended     rtp.Header // the same, with the header extensions below
	level        [1]byte
	orientation  [1]byte
	rtxNumber    uint16
	rtxPayload   []byte
	packets      uint32
	octets       uint32
	reports      int
	reported     time.Time
}

var (
	_ sfu.Sink     = (*sender)(nil)
	_ sfu.Resender = (*sender)(nil)
)

func newSender(s *section, from *source, out *outbound, x *path) *sender {
	return &sender{
		section:  s,
		from:     from,
		out:      out,
		path:     x,
		numbered: s.extensions[uriTransportCC] != 0,
		ssrc:     from.ssrc,
		rtxSSRC:  from.rtx,
		first:    seal.Stream{SSRC: from.ssrc},
		again:    seal.Stream{SSRC: from.rtx},
	}
}

// WriteRTP sends a burst to the viewer.
func (s *sender) WriteRTP(burst []sfu.Forwarded) error {
	s.out.begin()
	defer s.out.end()
	s.at = time.Now()
	for i := range burst {
		p := &burst[i]
		if p.Track() != s.track {
			if err := s.tune(p.Track()); err != nil && !s.lenient {
				return err
			}
			s.since = p.SequenceNumber
		}
		if s.codec == nil {
			continue // it would not be understood
		}
		if p.KeyFrame() && s.pictures.returns(p.Payload) {
			s.pictures.begin()
			s.since = p.SequenceNumber
		}
		const kept = 8192 // more than can be sent again
		if p.SequenceNumber-s.since > 2*kept {
			s.since = p.SequenceNumber - kept
		}
		if err := s.write(&s.first, s.prepare(p), s.pictures.renumber(p.Payload), false); err != nil {
			return err
		}
		s.packets++
		s.octets += uint32(len(p.Payload))
	}
	if s.codec == nil {
		return nil
	}
	if s.section.kind == sfu.Video {
		s.path.padder = s
	}
	s.report(&burst[len(burst)-1])
	return s.path.pad(s.at)
}

// pad sends packets of padding, so that the viewer tells how they come through.
// They are retransmissions of nothing, which a receiver counts and leaves
// alone; a viewer that has not agreed to retransmissions gets none.
func (s *sender) pad(n int) error {
	if s.codec == nil || s.codec.rtx == 0 || s.rtxSSRC == 0 || !s.numbered {
		return nil
	}
	for range n {
		h := s.header
		s.rtxNumber++
		h.Marker, h.Padding = false, true
		h.PayloadType, h.SSRC, h.SequenceNumber = s.codec.rtx, s.rtxSSRC, s.rtxNumber
		if err := s.write(&s.again, &h, paddingBytes[:], false); err != nil {
			return err
		}
	}
	return nil
}

// paddingBytes end with their number (RFC 3550 §5.1).
var paddingBytes = [paddingSize]byte{paddingSize - 1: paddingSize}

// ResendRTP sends packets again, as retransmissions (RFC 4588 §4) when the
// viewer has agreed to that, else as they were.
func (s *sender) ResendRTP(burst []sfu.Forwarded) error {
	s.out.begin()
	defer s.out.end()
	s.at = time.Now()
	for i := range burst {
		p := &burst[i]
		if s.codec == nil || int16(p.SequenceNumber-s.since) < 0 {
			continue // its bytes would not be those of the first time (RFC 7714 §8.4)
		}
		h := *s.prepare(p)
		payload, of := s.pictures.renumber(p.Payload), &s.first
		switch {
		case s.codec.rtx != 0 && s.rtxSSRC != 0:
			of = &s.again
			s.rtxPayload = append(append(s.rtxPayload[:0], byte(p.SequenceNumber>>8), byte(p.SequenceNumber)), payload...)
			payload = s.rtxPayload
			s.rtxNumber++
			h.PayloadType, h.SSRC, h.SequenceNumber = s.codec.rtx, s.rtxSSRC, s.rtxNumber
		case s.numbered:
			continue // a new number would be another byte, too
		}
		if err := s.write(of, &h, payload, of == &s.first); err != nil {
			return err
		}
	}
	return nil
}

// tune turns to the packets of another track.
func (s *sender) tune(t *sfu.Track) error {
	c := s.section.best(t.Codec)
	s.dark.Store(c == nil)
	if c == nil {
		s.track, s.codec = t, nil
		return fmt.Errorf("%w: the stream's %s is %s now, which was not offered", ErrUnsupported, t.Kind, t.Codec.MimeType)
	}
	s.track, s.codec = t, c
	s.pictures.turn(t.Codec.MimeType)
	s.reports, s.reported = 0, time.Time{}
	s.header = rtp.Header{Version: 2, PayloadType: c.payloadType, SSRC: s.ssrc}
	if s.numbered {
		if err := s.header.SetExtension(uint8(s.section.extensions[uriTransportCC]), s.number[:]); err != nil {
			return fmt.Errorf("set header extension: %w", err)
		}
	}
	s.extended = s.header.Clone()
	if s.numbered { // the bytes are shared
		s.extended.Extensions = slices.Clone(s.header.Extensions)
	}
	for uri, value := range map[string][]byte{uriAudioLevel: s.level[:], uriOrientation: s.orientation[:]} {
		if id := s.section.extensions[uri]; id != 0 {
			if err := s.extended.SetExtension(uint8(id), value); err != nil {
				return fmt.Errorf("set header extension %d: %w", id, err)
			}
		}
	}
	return nil
}

// prepare returns the header for a packet. It allocates nothing: the values
// of the extensions are written where the header points to.
func (s *sender) prepare(p *sfu.Forwarded) *rtp.Header {
	h := &s.header
	if x := &p.Extensions; x.HasAudioLevel || x.HasOrientation {
		h = &s.extended
		s.level[0], s.orientation[0] = x.AudioLevel, x.Orientation
	}
	h.Marker, h.SequenceNumber, h.Timestamp = p.Header.Marker, p.SequenceNumber, p.Timestamp
	return h
}

// write says whether the connection is still there. Anything else that keeps
// a packet from leaving is loss, which viewers can repair.
func (s *sender) write(of *seal.Stream, h *rtp.Header, payload []byte, again bool) error {
	if s.numbered {
		binary.BigEndian.PutUint16(s.number[:], s.path.depart(s.section.kind, len(payload), s.at))
	}
	return s.out.write(of, h, payload, again)
}

// report sends a sender report (RFC 3550 §6.4.1) when it is time for one. The
// viewer's clock is the publisher's, shifted as the packets are.
func (s *sender) report(p *sfu.Forwarded) {
	interval := reportInterval
	if s.reports < earlyReports {
		interval = earlyReportInterval
	}
	now := s.at
	if now.Sub(s.reported) < interval || now.Sub(p.Arrival) > reportFresh {
		return
	}
	timestamp, ok := s.track.TimestampAt(now)
	if !ok {
		return
	}
	s.reports++
	s.reported = now
	s.out.report([]rtcp.Packet{&rtcp.SenderReport{
		SSRC:        s.ssrc,
		NTPTime:     toNTP(now),
		RTPTime:     timestamp + p.Timestamp - p.Packet.Header.Timestamp,
		PacketCount: s.packets,
		OctetCount:  s.octets,
	}, &rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{
		Source: s.ssrc,
		Items:  []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: streamID}},
	}}}}) // the next one makes up for a lost one
}
