package rtmp

import (
	"time"

	"github.com/pion/rtp"

	"lectern/sfu"
)

// rtpTrack writes packets to a track, which it numbers.
type rtpTrack struct {
	*sfu.Track
	slab     sfu.Slab
	sequence uint16
}

// send writes one packet; the payload is copied.
func (t *rtpTrack) send(payload []byte, marker bool, timestamp uint32, arrival time.Time) error {
	t.sequence++
	header := rtp.Header{Version: 2, Marker: marker, SequenceNumber: t.sequence, Timestamp: timestamp}
	return t.Write(t.slab.Packet(&header, payload, arrival))
}
