package testcard

import "lectern/sfu"

// picture is the card as a stream.
type picture struct {
	stream
	card   Card
	buffer []byte
}

func newPicture(p *sfu.Publication, first int64) (*picture, error) {
	s, err := newStream(p, videoGrid, first, sfu.TrackInfo{
		Kind:  sfu.Video,
		Codec: sfu.Codec{MimeType: "video/VP8", ClockRate: uint32(videoGrid.clockRate)},
	})
	return &picture{stream: s}, err
}

// send draws and sends the nth picture, which is numbered in 15 bits from the
// first one on, without a gap when they wrap: a player that has seen picture
// IDs waits for the next one.
func (p *picture) send(n int64, key bool) error {
	frame := p.card.Picture(p.grid.begin(n), key)
	start := byte(0x10)
	for len(frame) > 0 {
		part := frame[:min(len(frame), payloadSize)]
		frame = frame[len(part):]
		// RFC 7741 §4.2: extended, start of the frame; picture ID; long.
		p.buffer = append(p.buffer[:0], 0x80|start, 0x80, 0x80|byte(n>>8), byte(n))
		p.buffer = append(p.buffer, part...)
		if err := p.write(n, p.buffer, len(frame) == 0); err != nil {
			return err
		}
		start = 0
	}
	return nil
}
