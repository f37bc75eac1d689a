package bench

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

const (
	// askInterval is how often a viewer without a key frame asks for one, as
	// browsers do.
	askInterval = 200 * time.Millisecond
	// reportInterval is between two receiver reports of a viewer.
	reportInterval = time.Second
)

// viewer watches.
type viewer struct {
	*client
	probe   bool
	left    *departures
	posted  time.Duration // since the run began
	running sync.WaitGroup

	mu       sync.Mutex
	ended    bool
	keyFrame time.Duration // when the first whole one was there, since the run began; 0 before
	window   window
	ages     []age
}

// age is how old one picture was at its first packet and at its last.
type age struct{ first, whole time.Duration }

// window is the time that is measured: of pictures that came in it, however
// late they are. Both ends are since the run began; without a window they are
// 0, and to is 0 while it goes on.
type window struct{ from, to time.Duration }

func (w window) has(at time.Duration) bool {
	return w.from != 0 && at >= w.from && (w.to == 0 || at < w.to)
}

// watch joins. The caller closes the viewer.
func watch(ctx context.Context, w *workshop, e endpoint, k kinds, probe bool, wanted *codec) (*viewer, error) {
	made, err := w.client(e, k)
	if err != nil {
		return nil, err
	}
	v := &viewer{client: made, probe: probe, left: &w.departures}
	v.pc.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		v.mu.Lock()
		defer v.mu.Unlock()
		if !v.ended {
			v.running.Go(func() { v.read(remote) })
		}
	})
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio} {
		if kind == webrtc.RTPCodecTypeAudio && len(k.audio) == 0 {
			continue
		}
		if _, err := v.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			v.close()
			return nil, err
		}
	}
	posted, err := v.connect(ctx, wanted)
	v.posted = posted.Sub(w.began)
	if err != nil {
		v.finish(ctx)
		return nil, errorOf(ctx, err)
	}
	return v, nil
}

// read takes what Pion has decrypted, until the connection is closed.
func (v *viewer) read(remote *webrtc.TrackRemote) {
	made := pictures{mimeType: remote.Codec().MimeType}
	asked := time.Time{}
	for {
		packet, _, err := remote.ReadRTP()
		if err != nil {
			return
		}
		if remote.Kind() != webrtc.RTPCodecTypeVideo {
			continue
		}
		at, ok := v.tap.arrived(uint32(remote.SSRC()), packet.SequenceNumber)
		if !ok {
			continue
		}
		p, whole := made.add(packet, at)
		switch {
		case !whole:
		case v.begun():
			v.age(p)
		case made.isKey(p):
			v.begin(p)
		case time.Since(asked) >= askInterval:
			asked = time.Now()
			_ = v.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(remote.SSRC())}}) // the next one makes up for it
		}
	}
}

func (v *viewer) begun() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.keyFrame != 0
}

// begin takes note of the first key frame. From here on, only a probe gets
// anything.
func (v *viewer) begin(p picture) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keyFrame = p.last
	v.tap.open.Store(v.probe)
}

// age takes note of how old a picture is.
func (v *viewer) age(p picture) {
	if !v.probe {
		return
	}
	stamp, ok := p.stamp()
	sent := v.left.of(stamp)
	v.mu.Lock()
	defer v.mu.Unlock()
	if ok && v.window.has(p.last) {
		v.ages = append(v.ages, age{p.first - sent, p.last - sent})
	}
}

// measure sets the window.
func (v *viewer) measure(w window) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.window = w
}

// measured are the ages of the pictures in the window.
func (v *viewer) measured() []age {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.ages)
}

// started is how long after its POST the viewer had its first packet and its
// first whole key frame; 0 for what has not come.
func (v *viewer) started() (packet, keyFrame time.Duration) {
	if at, ok := v.tap.received(); ok {
		packet = at - v.posted
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.keyFrame != 0 {
		keyFrame = v.keyFrame - v.posted
	}
	return packet, keyFrame
}

// report tells the server what has come (RFC 3550 §6.4.2).
func (v *viewer) report() {
	var reports []rtcp.ReceptionReport
	for _, s := range v.tap.state() {
		reports = append(reports, rtcp.ReceptionReport{SSRC: s.ssrc, LastSequenceNumber: s.highest, TotalLost: min(s.lost, 1<<23-1)})
	}
	if len(reports) > 0 {
		_ = v.pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 1, Reports: reports}}) // the next one makes up for it
	}
}

// finish ends the session on the server, also when ctx has ended, and closes.
func (v *viewer) finish(ctx context.Context) {
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	_ = v.leave(ending) // it ends by itself when no check of the connection comes any more
	v.close()
	v.mu.Lock()
	v.ended = true
	v.mu.Unlock()
	v.running.Wait()
}
