package main

import (
	"errors"
	"io"
	"sync"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// stream is what somebody publishes.
type stream struct {
	publisher *webrtc.PeerConnection

	mu     sync.Mutex
	tracks []*webrtc.TrackLocalStaticRTP
	video  webrtc.SSRC // of the publisher; 0 before there is any
}

func (s *server) publish(pc *webrtc.PeerConnection, name string) error {
	published := &stream{publisher: pc}
	s.mu.Lock()
	s.streams[name] = published
	s.mu.Unlock()
	pc.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { published.forward(remote) })
	return nil
}

// forward copies a track to all viewers until the publisher is gone. This loop
// is the whole SFU.
func (p *stream) forward(remote *webrtc.TrackRemote) {
	local, err := webrtc.NewTrackLocalStaticRTP(remote.Codec().RTPCodecCapability, remote.Kind().String(), "stream")
	if err != nil {
		return
	}
	p.mu.Lock()
	p.tracks = append(p.tracks, local)
	if remote.Kind() == webrtc.RTPCodecTypeVideo {
		p.video = remote.SSRC()
	}
	p.mu.Unlock()
	for {
		packet, _, err := remote.ReadRTP()
		if err != nil {
			return
		}
		if err := local.WriteRTP(packet); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			return
		}
	}
}

func (s *server) watch(pc *webrtc.PeerConnection, name string) error {
	s.mu.Lock()
	published := s.streams[name]
	s.mu.Unlock()
	if published == nil {
		return errNobody
	}
	published.mu.Lock()
	defer published.mu.Unlock()
	if len(published.tracks) == 0 {
		return errNobody
	}
	for _, track := range published.tracks {
		sender, err := pc.AddTrack(track)
		if err != nil {
			return err
		}
		go published.readFeedback(sender)
	}
	return nil
}

// readFeedback asks the publisher for a key frame whenever a viewer does, until
// the viewer is gone. Reading also lets the interceptors work.
func (p *stream) readFeedback(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			if _, lost := packet.(*rtcp.PictureLossIndication); lost {
				p.mu.Lock()
				video := p.video
				p.mu.Unlock()
				_ = p.publisher.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(video)}})
			}
		}
	}
}
