package peer

import (
	"io"
	"sync"
	"sync/atomic"

	"github.com/pion/transport/v4/packetio"

	"lectern/internal/limit"
)

// sectionStreams is how many more SSRCs than Limits.SSRCs each section of a
// room's session may make state for.
const sectionStreams = 4

// streams makes the buffers to which Pion gives packets, decrypted: one for
// each SSRC that the other side sends, or as much as names in RTCP.
//
// They are none in fact: what is written to them is taken at once, on Pion's
// goroutine, and Pion's own readers get nothing.
type streams struct {
	take      func(kind packetio.BufferPacketType, ssrc uint32, packet []byte)
	most      int32  // how many there may be
	excess    func() // called when there are too many
	rtp, rtcp atomic.Int32
	hits      *limit.Hits
}

func (s *streams) buffer(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
	count := &s.rtp
	if kind == packetio.RTCPBufferPacket {
		count = &s.rtcp
	}
	if count.Add(1) > s.most {
		s.hits.Add(limit.SSRCs)
		s.excess()
		return newNowhere()
	}
	return &inlet{nowhere: newNowhere(), take: func(packet []byte) { s.take(kind, ssrc, packet) }}
}

// nowhere takes packets and gives none.
type nowhere struct {
	closing sync.Once
	closed  chan struct{}
}

func newNowhere() *nowhere { return &nowhere{closed: make(chan struct{})} }

func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }

// Read waits for Close.
func (n *nowhere) Read([]byte) (int, error) {
	<-n.closed
	return 0, io.EOF
}

func (n *nowhere) Close() error {
	n.closing.Do(func() { close(n.closed) })
	return nil
}

// inlet hands on what is written to it.
type inlet struct {
	*nowhere
	take func([]byte)
}

// Write hands on a packet, which is the caller's again afterwards.
func (i *inlet) Write(b []byte) (int, error) {
	i.take(b)
	return len(b), nil
}
