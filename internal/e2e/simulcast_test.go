package e2e

import (
	"context"
	"fmt"
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
