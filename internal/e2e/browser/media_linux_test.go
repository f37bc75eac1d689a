package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFakeMedia(t *testing.T) {
	url := site(t)
	for _, b := range browsers {
		t.Run(b.name, func(t *testing.T) {
			wantNoGoroutines(t)
			page := b.start(t)
			ctx := within(t, time.Minute)
			for _, host := range []string{"127.0.0.1", "localhost"} {
				if err := page.Goto(ctx, strings.Replace(url, "127.0.0.1", host, 1)); err != nil {
					t.Fatal(err)
				}
				var kinds []string
				err := page.Eval(ctx, `(await navigator.mediaDevices.getUserMedia({audio: true, video: true}))
					.getTracks().map(track => track.kind)`, &kinds)
				slices.Sort(kinds)
				if err != nil || !slices.Equal(kinds, []string{"audio", "video"}) {
					t.Errorf("getUserMedia on %s = %v, %v, want audio and video", host, kinds, err)
				}
			}
			// Sound starts without a click and without a sound card.
			state, err := WaitFor(ctx, page, `(window.sound ??= new AudioContext()).state`,
				func(s string) bool { return s == "running" })
			if err != nil {
				t.Errorf("AudioContext = %q: %v", state, err)
			}
			if lines := page.Console(); len(lines) > 0 {
				t.Errorf("console: %q, want nothing", lines)
			}
		})
	}
}

// loopback sends the fake camera and microphone from one RTCPeerConnection of
// the page to another one, with video in the codec that is asked for.
const loopback = `(async (mime) => {
	window.loop?.forEach(pc => pc.close())
	const [a, b] = window.loop = [new RTCPeerConnection(), new RTCPeerConnection()]
	window.candidates = []
	for (const [from, to] of [[a, b], [b, a]])
		from.onicecandidate = e => { if (e.candidate) { candidates.push(e.candidate.candidate); to.addIceCandidate(e.candidate) } }
	document.querySelector('video')?.remove()
	const video = window.view = document.body.appendChild(document.createElement('video'))
	video.autoplay = true
	b.ontrack = e => { video.srcObject = e.streams[0] }
	const stream = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 640, height: 480}})
	for (const track of stream.getTracks()) {
		const t = a.addTransceiver(track, {streams: [stream], direction: 'sendonly'})
		if (track.kind !== 'video') continue
		const codecs = RTCRtpReceiver.getCapabilities('video').codecs.filter(c => c.mimeType === mime)
		t.setCodecPreferences(codecs)
	}
	await a.setLocalDescription()
	await b.setRemoteDescription(a.localDescription)
	await b.setLocalDescription()
	await a.setRemoteDescription(b.localDescription)
})`

// inbound is the receiver's view of the loopback.
const inbound = `(async () => {
	const stats = await loop[1].getStats(), all = [...stats.values()]
	const video = all.find(s => s.type === 'inbound-rtp' && s.kind === 'video')
	const audio = all.find(s => s.type === 'inbound-rtp' && s.kind === 'audio')
	return {
		frames: video?.framesDecoded ?? 0, codec: stats.get(video?.codecId)?.mimeType ?? '',
		samples: audio?.totalSamplesReceived ?? 0, width: view.videoWidth, played: view.currentTime,
		fps: video?.framesPerSecond ?? 0,
	}
})()`

type received struct {
	Frames  int     `json:"frames"`
	Codec   string  `json:"codec"`
	Samples int     `json:"samples"`
	Width   int     `json:"width"`
	Played  float64 `json:"played"`
	FPS     float64 `json:"fps"`
}

func (r received) flows() bool {
	return r.Frames > 30 && r.Samples > 48000/2 && r.Width > 0 && r.Played > 0.5
}

func TestLoopback(t *testing.T) {
	url := site(t)
	codecs := map[string][]string{
		"chromium": {"video/VP8", "video/H264", "video/VP9", "video/AV1"},
		"firefox":  {"video/VP8"},
	}
	for _, b := range browsers {
		t.Run(b.name, func(t *testing.T) {
			wantNoGoroutines(t)
			page := b.start(t)
			ctx := within(t, 2*time.Minute)
			if err := page.Goto(ctx, url); err != nil {
				t.Fatal(err)
			}
			var sends []string
			if err := page.Eval(ctx, `[...new Set(RTCRtpSender.getCapabilities('video').codecs.map(c => c.mimeType))]`, &sends); err != nil {
				t.Fatal(err)
			}
			t.Logf("offers to send %v", sends)
			for _, codec := range codecs[b.name] {
				t.Run(codec, func(t *testing.T) { loops(ctx, t, page, codec) })
			}
			if lines := page.Console(); len(lines) > 0 {
				t.Errorf("console: %q, want nothing", lines)
			}
		})
	}
}

func loops(ctx context.Context, t *testing.T, page Page, codec string) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	pgid := processOf(page).cmd.Process.Pid
	used, began := cpu(group(t, pgid)), time.Now()

	if err := page.Eval(ctx, fmt.Sprintf("%s(%q)", loopback, codec), nil); err != nil {
		t.Fatal(err)
	}
	got, err := WaitFor(ctx, page, inbound, received.flows)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	t.Logf("%+v in %v, %.0f %% of a core", got, took.Round(time.Millisecond),
		100*float64(cpu(group(t, pgid))-used)/float64(took))
	if !strings.EqualFold(got.Codec, codec) {
		t.Errorf("decoded %s, want %s", got.Codec, codec)
	}
	var candidates []string
	if err := page.Eval(ctx, "candidates", &candidates); err != nil {
		t.Fatal(err)
	}
	has := func(text string) bool {
		return slices.ContainsFunc(candidates, func(c string) bool { return strings.Contains(c, text) })
	}
	if !has(" 127.0.0.1 ") || has(".local ") {
		t.Errorf("candidates are not in the clear: %q", candidates)
	}
}

func TestCameraFromFile(t *testing.T) {
	// Four pictures of one grey each: the camera's colour is the file's.
	const width, height = 320, 240
	var y4m strings.Builder
	fmt.Fprintf(&y4m, "YUV4MPEG2 W%d H%d F30:1 Ip A1:1 C420jpeg\n", width, height)
	for range 4 {
		y4m.WriteString("FRAME\n" + strings.Repeat("\xc8", width*height) + strings.Repeat("\x80", width*height/2))
	}
	file := filepath.Join(t.TempDir(), "grey.y4m")
	if err := os.WriteFile(file, []byte(y4m.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	page := Chromium(t, WithVideoFile(file))
	ctx := within(t, time.Minute)
	if err := page.Goto(ctx, site(t)); err != nil {
		t.Fatal(err)
	}
	var pixel json.RawMessage
	err := page.Eval(ctx, `(async () => {
		const video = document.createElement('video')
		video.srcObject = await navigator.mediaDevices.getUserMedia({video: true})
		await video.play()
		const g = new OffscreenCanvas(video.videoWidth, video.videoHeight).getContext('2d')
		g.drawImage(video, 0, 0)
		const [red, green, blue] = g.getImageData(50, 50, 1, 1).data
		return {size: [video.videoWidth, video.videoHeight], grey: red === green && green === blue && red > 180 }
	})()`, &pixel)
	if want := `{"size":[320,240],"grey":true}`; err != nil || string(pixel) != want {
		t.Errorf("the camera shows %s, %v, want %s", pixel, err, want)
	}
}
