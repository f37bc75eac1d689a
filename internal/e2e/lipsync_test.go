package e2e

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"lectern/internal/e2e/browser"
)

// A flash and a beep that an encoder sends at one moment are seen and heard
// at one moment. That what leaves the server is in step to the millisecond is
// tested in package rtmp; here the browser's own way of keeping step, which
// lets 30 ms pass, and how busy the machine is come on top.
func TestLipSync(t *testing.T) {
	for _, rate := range []string{"44100", "48000"} {
		t.Run(rate+" Hz", func(t *testing.T) {
			ctx := testContext(t, 3*time.Minute)
			s := startServer(t)
			viewer := browser.Chromium(t)
			args := []string{
				"-hide_banner", "-loglevel", "warning", "-nostdin",
				"-re", "-f", "lavfi", "-i", "color=black:size=320x180:rate=30,drawbox=enable='lt(mod(t,2),0.2)':color=white:t=fill",
				"-re", "-f", "lavfi", "-i", "aevalsrc='if(lt(mod(t,2),0.2),0.8*sin(2*PI*1000*t),0)':s=" + rate,
			}
			args = append(append(append(args, x264(0, "none", 60)...), aac(1)...), "-f", "flv", s.rtmpURL("flash"))
			encode(t, "ffmpeg", args...)
			watch(t, ctx, viewer, s.url+"/watch/flash")
			for try := 1; ; try++ {
				skews := flashesAndBeeps(t, ctx, viewer)
				middle := skews[len(skews)/2]
				t.Logf("the sound is %.0f ms later than the picture in the middle, %.0f to %.0f ms", middle, skews[0], skews[len(skews)-1])
				if math.Abs(middle) <= 40 {
					return
				}
				if try == 3 {
					t.Fatalf("the sound is %.0f ms later than the picture, want 40 ms at most", middle)
				}
			}
		})
	}
}

// flashesAndBeeps measures how much later beeps are than their flashes, in ms,
// and returns that in order.
func flashesAndBeeps(t *testing.T, ctx context.Context, viewer browser.Page) []float64 {
	t.Helper()
	var seen struct{ Flashes, Beeps []float64 }
	err := viewer.Eval(ctx, `await (async () => {
	const after = (ms) => new Promise((done) => setTimeout(done, ms))
	const video = document.querySelector('video')
	const audio = new AudioContext()
	await audio.resume()
	const analyser = audio.createAnalyser()
	analyser.fftSize = 8192
	audio.createMediaStreamSource(video.srcObject).connect(analyser)
	const small = new OffscreenCanvas(8, 8).getContext('2d', { willReadFrequently: true })
	const Flashes = [], Beeps = []
	let looking = true
	let bright = true
	const look = (now, frame) => {
		small.drawImage(video, 0, 0, 8, 8)
		const before = bright
		bright = small.getImageData(4, 4, 1, 1).data[0] > 128
		if (bright && !before) Flashes.push(frame.expectedDisplayTime)
		if (looking) video.requestVideoFrameCallback(look)
	}
	video.requestVideoFrameCallback(look)
	const samples = new Float32Array(analyser.fftSize)
	while (Flashes.length < 10 || Beeps.length < 10) {
		await after(10)
		analyser.getFloatTimeDomainData(samples)
		const end = performance.now()
		const loud = samples.findIndex((x) => Math.abs(x) > 0.1)
		const quiet = 0.02 * audio.sampleRate
		if (loud < quiet) continue
		const at = end - ((samples.length - loud) / audio.sampleRate) * 1000
		if (Beeps.length === 0 || at - Beeps.at(-1) > 500) Beeps.push(at)
	}
	looking = false
	await audio.close()
	return { Flashes, Beeps }
})()`, &seen)
	if err != nil {
		t.Fatal(err)
	}
	var skews []float64
	for _, beep := range seen.Beeps[1:] {
		nearest := math.Inf(1)
		for _, flash := range seen.Flashes {
			if d := beep - flash; math.Abs(d) < math.Abs(nearest) {
				nearest = d
			}
		}
		if math.Abs(nearest) < 900 {
			skews = append(skews, nearest)
		}
	}
	if len(skews) < 6 {
		t.Fatalf("%d pairs of a flash and a beep: %+v", len(skews), seen)
	}
	slices.Sort(skews)
	return skews
}
