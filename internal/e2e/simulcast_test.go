package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lectern/internal/e2e/browser"
)

// threeLayers makes a page publish its camera in three sizes, q, h and f,
// without any of our own code between the browser and the server.
const threeLayers = `(async () => {
	const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1280, height: 720, frameRate: 15 } })
	const pc = window.publishing = new RTCPeerConnection()
	pc.addTransceiver(stream.getAudioTracks()[0], { direction: 'sendonly', streams: [stream] })
	pc.addTransceiver(stream.getVideoTracks()[0], { direction: 'sendonly', streams: [stream], sendEncodings: [
		{ rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150000 },
		{ rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500000 },
		{ rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1500000 },
	] })
	await pc.setLocalDescription()
	const answer = await fetch('/whip/%s', { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: pc.localDescription.sdp })
	if (answer.status !== 201) throw new Error('WHIP: ' + answer.status)
	await pc.setRemoteDescription({ type: 'answer', sdp: await answer.text() })
})()`

// layersSent is what the publishing browser says of its way out.
const layersSent = `(async () => {
	const all = [...(await window.publishing.getStats()).values()]
	const pair = all.find((s) => s.type === 'candidate-pair' && s.availableOutgoingBitrate)
	const layers = {}
	for (const s of all) if (s.type === 'outbound-rtp' && s.kind === 'video') layers[s.rid] = {
		frames: s.framesEncoded ?? 0, packets: s.packetsSent ?? 0, bytes: s.bytesSent ?? 0, width: s.frameWidth ?? 0,
		resent: s.retransmittedPacketsSent ?? 0, nacks: s.nackCount ?? 0, limit: s.qualityLimitationReason ?? '',
	}
	return { available: pair?.availableOutgoingBitrate ?? 0, layers }
})()`

type sentLayers struct {
	Available float64
	Layers    map[string]sentLayer
}

type sentLayer struct {
	Frames, Packets, Bytes, Width, Resent, NACKs int
	Limit                                        string
}

func sentNow(t *testing.T, ctx context.Context, page browser.Page) sentLayers {
	t.Helper()
	var s sentLayers
	if err := page.Eval(ctx, layersSent, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// On a link that is idle a browser that publishes three layers soon sends all
// of them, and goes on: it is told of each packet of its that came, padding
// and retransmissions included.
func TestThreeLayersStayUp(t *testing.T) {
	ctx := testContext(t, 3*time.Minute)
	s := startServer(t)
	page := browser.Chromium(t)
	if err := page.Goto(ctx, s.url+"/"); err != nil {
		t.Fatal(err)
	}
	if err := page.Eval(ctx, fmt.Sprintf(threeLayers, "layers"), nil); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	rampUp, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	full, err := browser.WaitFor(rampUp, page, layersSent, func(s sentLayers) bool {
		return len(s.Layers) == 3 && s.Layers["f"].Frames > 15 && s.Layers["f"].Width == 1280 && s.Available >= 2_000_000
	})
	if err != nil {
		t.Fatalf("waiting for three layers and 2 Mbit/s: %v; last: %+v", err, sentNow(t, t.Context(), page))
	}
	t.Logf("three layers after %v, %.0f kbit/s available", time.Since(began).Round(100*time.Millisecond), full.Available/1000)

	const stretch = 3 * time.Second
	before, lowest := full, full.Available
	tick := time.NewTicker(stretch)
	defer tick.Stop()
	for range 10 { // the time is what is tested
		<-tick.C
		now := sentNow(t, ctx, page)
		for rid, layer := range now.Layers {
			if sent := layer.Frames - before.Layers[rid].Frames; sent < 8 {
				t.Errorf("layer %s: %d frames in %v (limit %q), %.0f kbit/s available", rid, sent, stretch, layer.Limit, now.Available/1000)
			}
			if layer.Resent > 0 {
				t.Errorf("layer %s: %d packets sent again on a link without loss", rid, layer.Resent)
			}
		}
		before, lowest = now, min(lowest, now.Available)
	}
	t.Logf("in 30 s: at least %.0f kbit/s available; last: %+v", lowest/1000, before)
	if lowest < 2_000_000 {
		t.Errorf("available outgoing bitrate fell to %.0f kbit/s, want 2 Mbit/s", lowest/1000)
	}
}

// narrowing is a relay between a browser and the server's UDP port that carries
// so many bits a second to the browser, with a queue of a third of a second, and
// loses the rest; and others by chance.
type narrowing struct {
	front  *net.UDPConn
	bps    atomic.Int64 // 0 for any
	lost   atomic.Int64
	passed atomic.Int64
	chance atomic.Pointer[chance] // nil for none
	queued chan delayed
}

type delayed struct {
	at     time.Time
	packet []byte
	to     netip.AddrPort
}

func newNarrowing(t *testing.T, s *server) *narrowing {
	t.Helper()
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	server, err := net.ResolveUDPAddr("udp4", "127.0.0.1:"+target.Port())
	if err != nil {
		t.Fatal(err)
	}
	front, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	back, err := net.DialUDP("udp4", nil, server)
	if err != nil {
		t.Fatal(err)
	}
	n := &narrowing{front: front, queued: make(chan delayed, 4096)}
	var browserAt atomic.Pointer[netip.AddrPort]
	var running sync.WaitGroup
	running.Go(func() {
		var b [2048]byte
		for {
			size, from, err := front.ReadFromUDPAddrPort(b[:])
			if err != nil {
				return
			}
			browserAt.Store(&from)
			_, _ = back.Write(b[:size])
		}
	})
	running.Go(func() { n.readBack(back, &browserAt) })
	running.Go(func() {
		for d := range n.queued {
			<-time.After(time.Until(d.at)) // what a narrow network does
			_, _ = front.WriteToUDPAddrPort(d.packet, d.to)
		}
	})
	t.Cleanup(func() {
		_ = front.Close()
		_ = back.Close()
		running.Wait()
	})
	return n
}

// readBack queues what the server sends, until its socket is closed.
func (n *narrowing) readBack(back *net.UDPConn, browserAt *atomic.Pointer[netip.AddrPort]) {
	defer close(n.queued)
	var b [2048]byte
	var free time.Time
	for {
		size, err := back.Read(b[:])
		if errors.Is(err, net.ErrClosed) {
			return
		}
		to := browserAt.Load()
		if err != nil || to == nil {
			continue
		}
		now := time.Now()
		if free.Before(now) {
			free = now
		}
		var way time.Duration
		if c := n.chance.Load(); c != nil {
			if way = c.way; c.loses() {
				n.lost.Add(1)
				continue
			}
		}
		n.passed.Add(1)
		if free.Sub(now) > 300*time.Millisecond {
			n.lost.Add(1)
			continue
		}
		if bps := n.bps.Load(); bps > 0 {
			const headers = 28 // of IP and UDP
			free = free.Add(time.Duration(size+headers) * 8 * time.Second / time.Duration(bps))
		}
		n.queued <- delayed{free.Add(way), bytes.Clone(b[:size]), *to}
	}
}

// watchThrough makes a page watch through a narrowing, which has the port,
// without any of our own code in the page.
const watchThrough = `(async () => {
	const pc = window.watching = new RTCPeerConnection()
	const stream = new MediaStream()
	pc.ontrack = (e) => { stream.addTrack(e.track) }
	pc.addTransceiver('audio', { direction: 'recvonly' })
	pc.addTransceiver('video', { direction: 'recvonly' })
	await pc.setLocalDescription()
	const answer = await fetch('/whep/%s', { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: pc.localDescription.sdp })
	if (answer.status !== 201) throw new Error('WHEP: ' + answer.status)
	const sdp = (await answer.text()).replace(/(candidate:\S+ 1 udp \d+) \S+ \d+ /g, '$1 127.0.0.1 %d ').replace(/a=candidate:\S+ 1 tcp [^\r\n]*\r?\n/gi, '')
	await pc.setRemoteDescription({ type: 'answer', sdp })
	const video = document.createElement('video')
	video.muted = true
	video.autoplay = true
	video.srcObject = stream
	document.body.append(video)
})()`

// layerSeen is what the watching side of the page has got.
const layerSeen = `(async () => {
	const seen = {}
	for (const s of (await window.watching.getStats()).values()) {
		if (s.type !== 'inbound-rtp') continue
		if (s.kind === 'video') Object.assign(seen, { width: s.frameWidth ?? 0, frames: s.framesDecoded ?? 0, freezes: s.freezeCount ?? 0, frozen: s.totalFreezesDuration ?? 0, plis: s.pliCount ?? 0, nacks: s.nackCount ?? 0, keys: s.keyFramesDecoded ?? 0, dropped: s.framesDropped ?? 0, assembled: s.framesAssembledFromMultiplePackets ?? 0, received: s.framesReceived ?? 0 })
		else Object.assign(seen, { sound: s.packetsReceived ?? 0, soundLost: s.packetsLost ?? 0 })
	}
	return seen
})()`

type seenLayer struct {
	Width, Frames, Freezes, PLIs, NACKs, Sound, SoundLost, Keys, Dropped, Received int
	Frozen                                                                         float64
}

// A viewer whose network becomes narrow gets a smaller picture, and the large
// one back when it is wide again.
func TestTheLayerFollowsTheViewersNetwork(t *testing.T) {
	ctx := testContext(t, 4*time.Minute)
	s := startServer(t)
	n := newNarrowing(t, s)
	page := browser.Chromium(t)
	// A page without previews, for which key frames would be asked.
	if err := page.Goto(ctx, s.url+"/healthz"); err != nil {
		t.Fatal(err)
	}
	if err := page.Eval(ctx, fmt.Sprintf(threeLayers, "layers"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := browser.WaitFor(ctx, page, layersSent, func(s sentLayers) bool {
		return len(s.Layers) == 3 && s.Layers["f"].Frames > 15 && s.Layers["f"].Width == 1280
	}); err != nil {
		t.Fatalf("waiting for three layers: %v", err)
	}
	n.bps.Store(5_000_000)
	if err := page.Eval(ctx, fmt.Sprintf(watchThrough, "layers", n.front.LocalAddr().(*net.UDPAddr).Port), nil); err != nil {
		t.Fatal(err)
	}
	reaches := func(what string, within time.Duration, ok func(seenLayer) bool) {
		t.Helper()
		began := time.Now()
		limited, cancel := context.WithTimeout(ctx, 2*within+20*time.Second)
		defer cancel()
		got, err := browser.WaitFor(limited, page, layerSeen, ok)
		took := time.Since(began).Round(100 * time.Millisecond)
		if err != nil {
			t.Fatalf("%s: %v; last %+v; sent %+v", what, err, got, sentNow(t, t.Context(), page))
		}
		t.Logf("%s after %v: %+v", what, took, got)
		if took > within {
			t.Errorf("%s after %v, want it within %v", what, took, within)
		}
	}
	reaches("the large picture", 20*time.Second, func(s seenLayer) bool { return s.Width == 1280 && s.Frames > 75 })

	n.bps.Store(500_000)
	reaches("a smaller picture", 2*time.Second, func(s seenLayer) bool { return s.Width > 0 && s.Width < 1280 })
	<-time.After(2 * time.Second) // the time is what is tested
	var before, now seenLayer
	if err := page.Eval(ctx, layerSeen, &before); err != nil {
		t.Fatal(err)
	}
	sent := sentNow(t, ctx, page)
	changes, tick, first := 0, time.NewTicker(time.Second), before
	defer tick.Stop()
	for range 25 {
		<-tick.C
		if err := page.Eval(ctx, layerSeen, &now); err != nil {
			t.Fatal(err)
		}
		if now.Width != before.Width {
			changes++
		}
		before = now
	}
	for rid, layer := range sentNow(t, ctx, page).Layers {
		t.Logf("layer %s: %d kbit/s, %d pictures", rid, (layer.Bytes-sent.Layers[rid].Bytes)*8/25_000, layer.Frames-sent.Layers[rid].Frames)
	}
	lost := float64(now.SoundLost-first.SoundLost) / float64(max(now.Sound-first.Sound, 1))
	t.Logf("25 s at 500 kbit/s: %+v, then %+v; %d changes, %.2f %% of the sound lost", first, now, changes, lost*100)
	if changes > 1 {
		t.Errorf("%d changes of the picture's size, want at most one", changes)
	}
	if frames := now.Frames - first.Frames; frames < 25*8 {
		t.Errorf("%d pictures in 25 s", frames)
	}
	// A busy machine makes it stumble; what cannot be decoded takes seconds.
	if frozen := now.Frozen - first.Frozen; frozen > 1 || now.PLIs > first.PLIs {
		t.Errorf("%d freezes, %.1f s in all; %d key frames asked for", now.Freezes-first.Freezes, frozen, now.PLIs-first.PLIs)
	}
	if lost > 0.01 {
		t.Errorf("%.2f %% of the sound lost, want at most 1", lost*100)
	}

	n.bps.Store(5_000_000)
	reaches("the large picture again", 15*time.Second, func(s seenLayer) bool { return s.Width == 1280 })
}
