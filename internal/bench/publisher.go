package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// What is published, by name and payload type.
const (
	streamName   = "lectern-bench"
	videoPayload = 102
	audioPayload = 111
)

var audioCapability = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: audioClock, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"}

// publisher sends a film, and silence, to a WHIP endpoint.
type publisher struct {
	*client
	options  Options
	film     film
	left     *departures
	video    *webrtc.TrackLocalStaticRTP
	audio    *webrtc.TrackLocalStaticRTP // nil without sound
	wantKey  atomic.Bool
	requests atomic.Int64 // for a key frame, that came
	pictures atomic.Int64 // that were sent
	running  sync.WaitGroup
}

// publish connects to the endpoint. Run then sends; the caller closes.
func publish(ctx context.Context, w *workshop, e endpoint, o Options, c codec) (*publisher, error) {
	k := kinds{video: []webrtc.RTPCodecParameters{{RTPCodecCapability: c.capability, PayloadType: videoPayload}}, repairs: true}
	if !o.Silent {
		k.audio = []webrtc.RTPCodecParameters{{RTPCodecCapability: audioCapability, PayloadType: audioPayload}}
	}
	made, err := w.client(e, k)
	if err != nil {
		return nil, err
	}
	p := &publisher{client: made, options: o, film: c.film(), left: &w.departures}
	if err := errors.Join(p.tap.volleys(), p.addTracks(c)); err != nil {
		p.close()
		return nil, err
	}
	if _, err := p.connect(ctx, &c); err != nil {
		p.finish(ctx)
		return nil, fmt.Errorf("publish: %w", err)
	}
	return p, nil
}

func (p *publisher) addTracks(c codec) (err error) {
	if p.video, err = p.addTrack(c.capability, "video"); err != nil || p.options.Silent {
		return err
	}
	p.audio, err = p.addTrack(audioCapability, "audio")
	return err
}

func (p *publisher) addTrack(c webrtc.RTPCodecCapability, id string) (*webrtc.TrackLocalStaticRTP, error) {
	track, err := webrtc.NewTrackLocalStaticRTP(c, id, streamName)
	if err != nil {
		return nil, err
	}
	transceiver, err := p.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return nil, err
	}
	sender := transceiver.Sender()
	p.running.Go(func() { p.readFeedback(sender) })
	return track, nil
}

// readFeedback takes requests for a key frame, until the connection is closed.
// Reading is also what lets lost packets be sent again.
func (p *publisher) readFeedback(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			switch packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				p.requests.Add(1)
				if !p.options.Deaf {
					p.wantKey.Store(true)
				}
			}
		}
	}
}

// Run sends until ctx ends or the connection does; it returns nil in the
// first case. Each picture leaves in one go, as encoders give it.
func (p *publisher) Run(ctx context.Context) error {
	began := time.Now()
	picture := schedule{period: time.Second / time.Duration(p.options.FPS), clock: videoClock}
	sound := schedule{period: audioPeriodMs * time.Millisecond, clock: audioClock}
	sounds := silence()
	var pictureNumber, soundNumber uint16 = 1, 1
	sinceKey := 0
	gop := p.options.pictures()
	keySize, deltaSize := sizes(p.options.Bitrate, p.options.FPS, gop)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		due := &picture
		if p.audio != nil && sound.next() < picture.next() {
			due = &sound
		}
		timer.Reset(time.Until(began.Add(due.next())))
		select {
		case <-ctx.Done():
			return nil
		case <-p.failed:
			return fmt.Errorf("%w: the publisher's connection to %s is gone", ErrNoMedia, p.endpoint.url)
		case <-timer.C:
		}
		header := rtp.Header{Version: 2, Timestamp: due.timestamp()}
		due.n++
		if due == &sound {
			header.SequenceNumber = soundNumber
			soundNumber++
			_ = p.audio.WriteRTP(&rtp.Packet{Header: header, Payload: sounds})
			continue
		}
		key, size := sinceKey%gop == 0 || p.wantKey.Swap(false), deltaSize
		if key {
			sinceKey, size = 0, keySize
		}
		sinceKey++
		stamp := time.Since(p.tap.began)
		payloads := p.film.picture(key, size, stamp)
		p.tap.volley.begin()
		for i, payload := range payloads {
			header.SequenceNumber, header.Marker = pictureNumber, i == len(payloads)-1
			pictureNumber++
			_ = p.video.WriteRTP(&rtp.Packet{Header: header, Payload: payload})
		}
		p.left.note(stamp, time.Since(p.tap.began))
		p.tap.volley.end()
		p.pictures.Add(1)
	}
}

// finish ends the session on the server, also when ctx has ended, and closes.
func (p *publisher) finish(ctx context.Context) {
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	_ = p.leave(ending) // it ends by itself when nothing comes any more
	p.close()
	p.running.Wait()
}

// schedule counts equal periods from a beginning, without drift.
type schedule struct {
	period time.Duration
	clock  int64 // of RTP, a second
	n      int64
}

func (s *schedule) next() time.Duration { return time.Duration(s.n) * s.period }

func (s *schedule) timestamp() uint32 {
	return uint32(s.n * s.clock * int64(s.period) / int64(time.Second))
}
