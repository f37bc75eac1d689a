package bench

import (
	"time"

	"github.com/pion/rtp"

	"lectern/internal/frame"
)

// maxPicture is how many packets a picture may have; with more it is not
// looked at.
const maxPicture = 4096

// pictures puts together the pictures of one video stream from its packets in
// the order in which they come. One that lacks a packet is left out.
type pictures struct {
	mimeType string
	payloads [][]byte
	time     uint32 // RTP timestamp of the picture that is being put together
	number   uint16 // of the last packet
	begun    bool
	whole    bool // nothing is missing so far
	first    time.Duration
	last     time.Duration
}

// picture is a whole one.
type picture struct {
	payloads    [][]byte
	first, last time.Duration // when its first packet came, and its last, since the run began
}

// add takes a packet, which came at a moment, and returns the picture that is
// whole with it, if any. The picture is valid until the next call.
func (p *pictures) add(packet *rtp.Packet, at time.Duration) (picture, bool) {
	follows := p.begun && packet.SequenceNumber == p.number+1
	switch {
	case !p.begun || packet.Timestamp != p.time:
		p.payloads, p.time, p.first, p.last = p.payloads[:0], packet.Timestamp, at, at
		p.whole = follows || !p.begun
		p.begun = true
	case !follows:
		p.whole = false
	}
	p.number = packet.SequenceNumber
	p.last = max(p.last, at)
	if len(packet.Payload) > 0 && len(p.payloads) < maxPicture {
		p.payloads = append(p.payloads, packet.Payload)
	}
	if !packet.Marker || !p.whole || len(p.payloads) == 0 || len(p.payloads) == maxPicture {
		return picture{}, false
	}
	return picture{p.payloads, p.first, p.last}, true
}

// isKey says whether a picture is a key frame with which a decoder can start.
func (p *pictures) isKey(made picture) bool {
	_, err := frame.Join(p.mimeType, made.payloads)
	return err == nil
}

// stamp is when a picture was sent, if the bench has sent it.
func (made picture) stamp() (time.Duration, bool) {
	for _, payload := range made.payloads {
		if at, ok := readStamp(payload); ok {
			return at, true
		}
	}
	return 0, false
}
