package e2e

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lectern/internal/e2e/browser"
)

// The demo plays in every browser: picture and sound come, in step with each
// other, and the clock in the picture is less than half a second old.
func TestDemo(t *testing.T) {
	for _, c := range []struct {
		name string
		open func(testing.TB, ...browser.Option) browser.Page
	}{{"Chromium", browser.Chromium}, {"Firefox", browser.Firefox}} {
		t.Run(c.name, func(t *testing.T) {
			ctx := testContext(t, time.Minute)
			s := startServer(t, "demo")
			page := c.open(t)
			opened := time.Now()
			watch(t, ctx, page, s.url+"/watch/demo?measure=1")
			t.Logf("ten pictures %v after the address was entered", time.Since(opened).Round(10*time.Millisecond))

			before := wait(t, ctx, page, "a measured latency", func(w watched) bool { return w.Latency != nil && w.Latency.N > 30 })
			begin, cpu := time.Now(), s.usage(t).cpu
			end := wait(t, ctx, page, "10 s of pictures", func(watched) bool { return time.Since(begin) > 10*time.Second })
			took := time.Since(begin)
			cpu = s.usage(t).cpu - cpu
			if end.State != "playing" || end.Codec != "video/VP8" || end.Width != 768 || end.Height != 432 || end.Sessions != 1 {
				t.Errorf("%+v", end)
			}
			fps := float64(end.FramesDecoded-before.FramesDecoded) / took.Seconds()
			if fps < 25 {
				t.Errorf("%.1f pictures a second", fps)
			}
			if frozen := end.TotalFreezesDuration - before.TotalFreezesDuration; frozen > 1 {
				t.Errorf("%d freezes in 10 s, %.1f s in all", end.FreezeCount-before.FreezeCount, frozen)
			}
			if end.AudioSamples <= before.AudioSamples || end.AudioEnergy <= before.AudioEnergy {
				t.Errorf("no sound: before %+v, after %+v", before, end)
			}
			if end.Latency.P50 > 500 {
				t.Errorf("the clock is %.0f ms old in the middle", end.Latency.P50)
			}
			skew := lipSync(t, ctx, page)
			// Firefox's Web Audio has buffers of its own, which its video element has not.
			if c.name == "Chromium" && math.Abs(skew) > 100 {
				t.Errorf("the tone comes %.0f ms after the flash", skew)
			}
			t.Logf("%.1f pictures a second, glass to glass %.0f ms in the middle, %.0f ms at most, the tone %.0f ms after the flash; the server takes %.1f %% of a processor",
				fps, end.Latency.P50, end.Latency.Max, skew, 100*cpu.Seconds()/took.Seconds())
			if err := page.Screenshot(ctx, filepath.Join(t.ArtifactDir(), "demo.png")); err != nil {
				t.Error(err)
			}
			if lines := page.Console(); len(lines) > 0 {
				t.Errorf("console: %q", lines)
			}
		})
	}
}

// lipSync measures for six seconds how many milliseconds the tone begins
// after the lamps light up, negative for before, and gives the median.
func lipSync(t *testing.T, ctx context.Context, page browser.Page) float64 {
	t.Helper()
	var seen struct{ Flashes, Tones []float64 }
	if err := page.Eval(ctx, listenAndLook, &seen); err != nil {
		t.Fatal(err)
	}
	var skews []float64
	for _, tone := range seen.Tones {
		for _, flash := range seen.Flashes {
			if math.Abs(tone-flash) < 500 {
				skews = append(skews, tone-flash)
			}
		}
	}
	if len(skews) < 3 {
		t.Fatalf("in 6 s, lamps lit up at %v ms and tones began at %v ms", seen.Flashes, seen.Tones)
	}
	slices.Sort(skews)
	return skews[len(skews)/2]
}

// listenAndLook gives the moments at which the left lamp lights up on the
// screen, and at which sound begins behind the browser's buffers.
const listenAndLook = `await (async () => {
	const video = document.querySelector('video')
	const flashes = [], tones = []

	const canvas = new OffscreenCanvas(1, 1)
	const pixel = canvas.getContext('2d', { willReadFrequently: true })
	let lit = true
	const look = (called, { expectedDisplayTime }) => {
		pixel.drawImage(video, 128, 304, 1, 1, 0, 0, 1, 1)
		const bright = pixel.getImageData(0, 0, 1, 1).data[1] > 128
		if (bright && !lit) flashes.push(Math.max(called, expectedDisplayTime))
		lit = bright
		video.requestVideoFrameCallback(look)
	}
	video.requestVideoFrameCallback(look)

	const audio = new AudioContext()
	const analyser = audio.createAnalyser()
	analyser.fftSize = 2048
	audio.createMediaStreamSource(video.srcObject).connect(analyser)
	const samples = new Float32Array(analyser.fftSize)
	let loudest = performance.now()
	const listening = setInterval(() => {
		const now = performance.now()
		analyser.getFloatTimeDomainData(samples)
		const first = samples.findIndex((s) => Math.abs(s) > 0.02)
		if (first < 0) return
		const at = now - ((samples.length - first) * 1000) / audio.sampleRate
		if (now - loudest > 300) tones.push(at)
		loudest = now
	}, 10)

	await new Promise((done) => setTimeout(done, 6000))
	clearInterval(listening)
	await audio.close()
	return { flashes, tones }
})()`
