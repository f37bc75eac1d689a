package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	endian "encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lectern/internal/e2e/browser"
	"lectern/internal/frame"
	"lectern/internal/testmedia"
	"lectern/internal/testtool"
)

// keyFrame is what the API has of a stream.
type keyFrame struct {
	data          []byte
	codec, tag    string
	width, height int
	age           time.Duration
}

// getKeyFrame asks once; false when there is none.
func getKeyFrame(t *testing.T, ctx context.Context, url, ifNoneMatch string) (k keyFrame, status int) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("If-None-Match", ifNoneMatch)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if k.data, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	number := func(name string) int {
		n, _ := strconv.Atoi(resp.Header.Get(name))
		return n
	}
	k.codec, k.tag = resp.Header.Get("Lectern-Codec"), resp.Header.Get("ETag")
	k.width, k.height = number("Lectern-Width"), number("Lectern-Height")
	k.age = time.Duration(number("Lectern-Age")) * time.Millisecond
	return k, resp.StatusCode
}

// waitForKeyFrameOf asks until there is one with another tag than before.
func waitForKeyFrameOf(t *testing.T, ctx context.Context, url, before string) keyFrame {
	t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		k, status := getKeyFrame(t, ctx, url, before)
		switch status {
		case http.StatusOK:
			return k
		case http.StatusNotFound, http.StatusNotModified:
		default:
			t.Fatalf("%s: status %d, %s", url, status, k.data)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("no key frame of %s: status %d", url, status)
		}
	}
}

// decodeWithFFmpeg gives the first picture as it is stored: planes of Y, U and
// V in the range, full or not, that the stream has.
func decodeWithFFmpeg(t *testing.T, ctx context.Context, stream []byte, args ...string) []byte {
	t.Helper()
	testtool.Path(t, "ffmpeg")
	args = append(append([]string{"-loglevel", "error"}, args...), "-frames:v", "1", "-f", "rawvideo", "-")
	ffmpeg := exec.CommandContext(ctx, "ffmpeg", args...)
	var out, complaints bytes.Buffer
	ffmpeg.Stdin, ffmpeg.Stdout, ffmpeg.Stderr = bytes.NewReader(stream), &out, &complaints
	if err := ffmpeg.Run(); err != nil || complaints.Len() > 0 || out.Len() == 0 {
		t.Fatalf("ffmpeg %q: %v, %d octets of picture, %s", args, err, out.Len(), &complaints)
	}
	return out.Bytes()
}

// decodeFrame decodes a key frame by its WebCodecs name: a frame that is no
// byte stream goes into an IVF file.
func decodeFrame(t *testing.T, ctx context.Context, data []byte, codec string) []byte {
	t.Helper()
	kind, _, _ := strings.Cut(codec, ".")
	switch kind {
	case "avc1":
		return decodeWithFFmpeg(t, ctx, data, "-f", "h264", "-i", "-")
	case "hev1":
		return decodeWithFFmpeg(t, ctx, data, "-f", "hevc", "-i", "-")
	}
	file := append([]byte("DKIF\x00\x00\x20\x00"), map[string]string{"vp8": "VP80", "vp09": "VP90", "av01": "AV01"}[kind]...)
	file = append(file, make([]byte, 32-len(file))...)
	endian.LittleEndian.PutUint32(file[16:], 30) // a time base of 1/30
	endian.LittleEndian.PutUint32(file[20:], 1)
	endian.LittleEndian.PutUint32(file[24:], 1)
	file = endian.LittleEndian.AppendUint32(file, uint32(len(data)))
	file = append(append(file, make([]byte, 8)...), data...)
	return decodeWithFFmpeg(t, ctx, file, "-f", "ivf", "-i", "-")
}

// What is joined of packets is the same picture as what was cut into them.
func TestJoinedKeyFramesDecode(t *testing.T) {
	ctx := testContext(t, time.Minute)
	for mimeType, file := range map[string]string{
		"video/H264": "h264.annexb", "video/H265": "h265.annexb", "video/VP8": "vp8.ivf", "video/VP9": "vp9.ivf", "video/AV1": "av1.ivf",
	} {
		var payloads [][]byte
		for _, p := range testmedia.Video(t, mimeType, 1, 30, 1)[0].Packets {
			payloads = append(payloads, p.Payload)
		}
		joined, err := frame.Join(mimeType, payloads)
		if err != nil {
			t.Fatal(err)
		}
		want := decodeWithFFmpeg(t, ctx, nil, "-i", filepath.Join("..", "testmedia", "data", file))
		if got := decodeFrame(t, ctx, joined.Data, joined.Codec); len(want) != 320*180*3/2 || !bytes.Equal(got, want) {
			t.Errorf("%s: a picture of %d octets, want the same %d", joined.Codec, len(got), len(want))
		}
	}
}

// The key frame of what a browser publishes is a picture for another decoder
// than the one that a connection has, and the same in a browser and in ffmpeg.
func TestKeyFrameOfABrowser(t *testing.T) {
	for mimeType, codec := range map[string]string{"video/VP8": "vp8", "video/H264": "avc1.", "video/VP9": "vp09.", "video/AV1": "av01."} {
		t.Run(mimeType, func(t *testing.T) {
			ctx := testContext(t, time.Minute)
			s := startServer(t)
			page := browser.Chromium(t)
			publish(t, ctx, page, s.url+"/publish/clock?source=clock&auto=1&codec="+mimeType)
			url := s.url + "/api/v1/streams/clock/keyframe"
			k := waitForKeyFrameOf(t, ctx, url, "")
			if !strings.HasPrefix(k.codec, codec) {
				t.Errorf("codec %q, want %s", k.codec, codec)
			}
			decodeTwice(t, ctx, page, k)

			// Chromium sends no more of them by itself, and nobody watches: that somebody looks has to be enough.
			if mimeType != "video/VP8" {
				return
			}
			next := waitForKeyFrameOf(t, ctx, url, k.tag)
			decodeFrame(t, ctx, next.data, next.codec)
			t.Logf("the next one is %v old", next.age)
		})
	}
}

// decodeTwice has a browser and ffmpeg see the same picture.
func decodeTwice(t *testing.T, ctx context.Context, page browser.Page, k keyFrame) {
	t.Helper()
	luma := decodeFrame(t, ctx, k.data, k.codec)
	if want := k.width * k.height * 3 / 2; want == 0 || len(luma) != want {
		t.Fatalf("ffmpeg's picture has %d octets, want %d for %dx%d", len(luma), want, k.width, k.height)
	}
	luma = luma[:k.width*k.height]
	if flat := bytes.Count(luma, luma[:1]); flat == len(luma) {
		t.Error("the picture is empty")
	}

	var seen struct {
		Width, Height int
		Ms            float64
		Luma          string
	}
	if err := page.Eval(ctx, fmt.Sprintf(decodeInBrowser, k.codec, base64.StdEncoding.EncodeToString(k.data)), &seen); err != nil {
		t.Fatal(err)
	}
	if seen.Width != k.width || seen.Height != k.height {
		t.Errorf("the browser's picture is %dx%d, want %dx%d", seen.Width, seen.Height, k.width, k.height)
	}
	if same, err := base64.StdEncoding.DecodeString(seen.Luma); err != nil || !bytes.Equal(same, luma) {
		t.Errorf("the browser's picture is not ffmpeg's: %d octets of luma, want %d, %v", len(same), len(luma), err)
	}
	t.Logf("%s, %dx%d, %d octets, %v old; decoded in %.0f ms", k.codec, k.width, k.height, len(k.data), k.age, seen.Ms)
}

// A publisher may send layers in one stream: of VP9 the lowest is taken, of AV1
// all.
func TestKeyFrameOfLayers(t *testing.T) {
	for mimeType, width := range map[string]int{"video/VP9": 320, "video/AV1": 640} {
		t.Run(mimeType, func(t *testing.T) {
			ctx := testContext(t, time.Minute)
			s := startServer(t)
			page := browser.Chromium(t)
			if err := page.Goto(ctx, s.url+"/healthz"); err != nil {
				t.Fatal(err)
			}
			if err := page.Eval(ctx, fmt.Sprintf(publishLayers, mimeType), nil); err != nil {
				t.Fatal(err)
			}
			k := waitForKeyFrameOf(t, ctx, s.url+"/api/v1/streams/layers/keyframe", "")
			if k.width != width {
				t.Errorf("%d pixels wide, want %d", k.width, width)
			}
			decodeTwice(t, ctx, page, k)
		})
	}
}

// publishLayers publishes a moving picture of 640x360 in two spatial layers
// of the codec that is to be put in.
const publishLayers = `await (async () => {
	const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 })
	const context = canvas.getContext('2d')
	let n = 0
	setInterval(() => {
		context.fillStyle = 'hsl(' + (n++ %% 360) + ' 80%% 50%%)'
		context.fillRect((n * 7) %% 640, (n * 3) %% 360, 90, 70)
	}, 33)
	const pc = (window.pc = new RTCPeerConnection())
	const transceiver = pc.addTransceiver(canvas.captureStream(30).getVideoTracks()[0], {
		direction: 'sendonly',
		sendEncodings: [{ scalabilityMode: 'L2T3_KEY', maxBitrate: 2e6 }],
	})
	transceiver.setCodecPreferences(RTCRtpSender.getCapabilities('video').codecs.filter((c) => c.mimeType === %q))
	const parameters = transceiver.sender.getParameters()
	parameters.degradationPreference = 'maintain-resolution'
	await transceiver.sender.setParameters(parameters)
	await pc.setLocalDescription()
	const response = await fetch('/whip/layers', { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: pc.localDescription.sdp })
	await pc.setRemoteDescription({ type: 'answer', sdp: await response.text() })
})()`

// decodeInBrowser decodes a frame, of which the codec's name and the octets in
// base64 are to be put in, and gives the Y plane.
const decodeInBrowser = `await (async () => {
	const octets = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
	const started = performance.now()
	const frame = await new Promise((resolve, reject) => {
		const decoder = new VideoDecoder({ output: resolve, error: reject })
		decoder.configure({ codec: %q })
		decoder.decode(new EncodedVideoChunk({ type: 'key', timestamp: 0, data: octets(%q) }))
		decoder.flush().catch(reject)
	})
	const ms = performance.now() - started
	const { displayWidth: width, displayHeight: height } = frame
	const planes = new Uint8Array(frame.allocationSize())
	const [{ offset, stride }] = await frame.copyTo(planes)
	frame.close()
	let luma = ''
	for (let y = 0; y < height; y++) {
		luma += String.fromCharCode(...planes.subarray(offset + y * stride, offset + y * stride + width))
	}
	return { width, height, ms, luma: btoa(luma) }
})()`

// The server says what it is, and the demo has a picture.
func TestInfoAndKeyFrameOfTheDemo(t *testing.T) {
	ctx := testContext(t, time.Minute)
	s := startServer(t, "demo")
	var info struct {
		Name, Version, Demo string
		HTTPS               bool
		Publish             struct {
			KeyNeeded bool `json:"key_needed"`
		}
	}
	if err := json.Unmarshal([]byte(get(t, s.url+"/api/v1/info")), &info); err != nil {
		t.Fatal(err)
	}
	if info.Name != "Lectern" || info.Version == "" || info.Demo != "live/demo" || info.HTTPS || info.Publish.KeyNeeded {
		t.Errorf("got %+v", info)
	}
	k := waitForKeyFrameOf(t, ctx, s.url+"/api/v1/streams/"+info.Demo+"/keyframe", "")
	if picture := decodeFrame(t, ctx, k.data, k.codec); len(picture) != k.width*k.height*3/2 || k.width != 768 || k.height != 432 {
		t.Errorf("a picture of %d octets, %dx%d, want 768x432", len(picture), k.width, k.height)
	}
}
