package testcard

import (
	_ "embed"

	"lectern/sfu"
)

// tone is one second of Opus; make.sh makes it.
//
//go:embed data/tone.opus
var tone []byte

const (
	tonePackets = 50 // a second
	tonePacket  = 60 // bytes
)

// tonePayload is the nth packet since any full second.
func tonePayload(n int64) []byte {
	at := n % tonePackets * tonePacket
	return tone[at : at+tonePacket : at+tonePacket]
}

// sound is the tone as a stream.
type sound struct{ stream }

func newSound(p *sfu.Publication, first int64) (*sound, error) {
	s, err := newStream(p, audioGrid, first, sfu.TrackInfo{
		Kind:  sfu.Audio,
		Codec: sfu.Codec{MimeType: "audio/opus", ClockRate: uint32(audioGrid.clockRate), Channels: 2},
	})
	return &sound{s}, err
}

// send sends the nth packet, which has no marker: it is set where speech
// begins again after silence that was not sent (RFC 3551 §4.1).
func (s *sound) send(n int64) error { return s.write(n, tonePayload(n), false) }
