package peer

import (
	"io"
	"sync"
	"sync/atomic"

	"github.com/pion/transport/v4/packetio"
)

const (
	// maxStreams is how many SSRCs one session may make state for: four layers
	// and sound, each with retransmissions, with some to spare.
	maxStreams = 16
	// rtpBuffer and rtcpBuffer are what waits for one of our readers, in bytes.
	rtpBuffer  = 1 << 20
	rtcpBuffer = 64 << 10
)

// streams makes the buffers in which Pion keeps packets for its readers: one
// for each SSRC that the other side sends, or as much as names in RTCP.
type streams struct {
	direction direction
	excess    func() // called when there are too many
	rtp, rtcp atomic.Int32
}

func (s *streams) buffer(kind packetio.BufferPacketType, _ uint32) io.ReadWriteCloser {
	count, size := &s.rtp, rtpBuffer
	if kind == packetio.RTCPBufferPacket {
		count, size = &s.rtcp, rtcpBuffer
	} else if s.direction == watching {
		return newNowhere() // nobody reads what a viewer sends
	}
	if count.Add(1) > maxStreams {
		s.excess()
		return newNowhere()
	}
	b := packetio.NewBuffer()
	b.SetLimitSize(size)
	return b
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
