package testcard

import (
	"fmt"
	"time"

	"github.com/pion/rtp"

	"lectern/sfu"
)

// payloadSize keeps packets below the 1280 bytes that every network carries
// (RFC 8200 §5), whatever is put around them.
const payloadSize = 1180

// stream is one track and its RTP numbers.
type stream struct {
	grid     grid
	track    *sfu.Track
	slab     sfu.Slab
	sequence uint16
}

// newStream adds a track, whose first packet will be of that step.
func newStream(p *sfu.Publication, g grid, first int64, info sfu.TrackInfo) (stream, error) {
	track, err := p.AddTrack(info)
	if err != nil {
		return stream{}, fmt.Errorf("add the %s: %w", info.Kind, err)
	}
	track.Sync(g.begin(first), g.timestamp(first), g.begin(first))
	return stream{grid: g, track: track}, nil
}

// write sends one packet of the nth step.
func (s *stream) write(n int64, payload []byte, last bool) error {
	header := rtp.Header{Version: 2, Marker: last, SequenceNumber: s.sequence, Timestamp: s.grid.timestamp(n)}
	s.sequence++
	return s.track.Write(s.slab.Packet(&header, payload, time.Now()))
}
