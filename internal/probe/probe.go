// Package probe makes the stream by which a browser finds out what the network between it and this server does to media:
// silence, at a steady pace.
//
// Invariant: there are packets while somebody listens, and only then; and nobody finds the stream among those that people
// publish, for it has a Router of its own.
package probe

import (
	"sync"
	"time"

	"lectern/sfu"
)

const (
	// Name is the stream's in its Router.
	Name = "check/silence"
	// Interval is the time between two packets. At Size bytes each that is 64 kbit/s, as much as a voice.
	Interval = 20 * time.Millisecond
	// Size is a packet's, in bytes of payload.
	Size = 160
	// clockRate is of Opus in RTP (RFC 7587 §4.1).
	clockRate = 48000
)

// Stream is the stream. The zero value is ready; Close ends it.
type Stream struct {
	mu        sync.Mutex
	router    *sfu.Router // made for the first listener
	listeners int
	quit      chan struct{} // of the goroutine that speaks; nil while there is none
	speaking  sync.WaitGroup
	closed    bool
}

// Listen has the stream run until stop is called, and returns the Router in which it is. It returns sfu.ErrClosed after
// Close.
func (s *Stream) Listen() (in *sfu.Router, stop func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, sfu.ErrClosed
	}
	if s.router == nil {
		s.router = sfu.NewRouter(sfu.Options{Inner: true})
	}
	if s.listeners == 0 {
		if err := s.speakLocked(); err != nil {
			return nil, nil, err
		}
	}
	s.listeners++
	return s.router, sync.OnceFunc(s.leave), nil
}

func (s *Stream) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners--
	if s.listeners == 0 {
		s.hushLocked()
	}
}

// Close ends the stream and whoever listens to it. It may be called again.
func (s *Stream) Close() {
	s.mu.Lock()
	s.closed = true
	s.hushLocked()
	router := s.router
	s.mu.Unlock()
	s.speaking.Wait()
	if router != nil {
		router.Close()
	}
}

func (s *Stream) hushLocked() {
	if s.quit != nil {
		close(s.quit)
		s.quit = nil
	}
}

func (s *Stream) speakLocked() error {
	// One identity: who begins again while the last one is about to end takes over from it.
	publication, err := s.router.Publish(Name, sfu.PublishOptions{Identity: "probe", Protocol: "probe"})
	if err != nil {
		return err
	}
	track, err := publication.AddTrack(sfu.TrackInfo{Kind: sfu.Audio, Codec: sfu.Codec{MimeType: "audio/opus", ClockRate: clockRate, Channels: 2}})
	if err != nil {
		publication.Close(err)
		return err
	}
	quit := make(chan struct{})
	s.quit = quit
	s.speaking.Go(func() {
		defer publication.Close(nil)
		speak(track, quit)
	})
	return nil
}

// speak writes packets until quit is closed, or nobody takes them any more.
func speak(track *sfu.Track, quit <-chan struct{}) {
	ticks := time.NewTicker(Interval)
	defer ticks.Stop()
	silence := packet()
	for n := uint32(0); ; n++ {
		p := &sfu.Packet{Payload: silence, Arrival: time.Now()}
		p.Header.Version = 2
		p.Header.SequenceNumber = uint16(n)
		p.Header.Timestamp = n * uint32(Interval*clockRate/time.Second)
		if track.Write(p) != nil {
			return // it was replaced, or the Router has closed
		}
		select {
		case <-ticks.C:
		case <-quit:
			return
		}
	}
}

// packet is a frame of 20 ms in which nothing is heard, padded to Size (RFC 6716 §3.2.5, code 3).
func packet() []byte {
	const frame = 2
	padding := Size - 3 - frame
	p := make([]byte, Size)
	copy(p, []byte{31<<3 | 3, 0x40 | 1, byte(padding), 0xff, 0xfe}) // full band, one frame with padding
	return p
}
