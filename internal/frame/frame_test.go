package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lectern/internal/testmedia"
)

// media are the codecs, with what their test files say and how the first
// picture of one is stored.
var media = []struct {
	mimeType, file, codec string
	first                 func(t testing.TB, file []byte) []byte
}{
	{"video/H264", "h264.annexb", "avc1.42c00d", func(_ testing.TB, file []byte) []byte { return firstAccessUnit(file, []byte{9}) }},
	{"video/H265", "h265.annexb", "hev1.1.6.L60.90", func(_ testing.TB, file []byte) []byte { return firstAccessUnit(file, []byte{35 << 1}) }},
	{"video/VP8", "vp8.ivf", "vp8", firstOfIVF},
	{"video/VP9", "vp9.ivf", "vp09.00.11.08", firstOfIVF},
	{"video/AV1", "av1.ivf", "av01.0.00M.08", firstOfIVF},
}

// firstAccessUnit is the byte stream between the first two delimiters, with
// the longer start code throughout.
func firstAccessUnit(file, delimiter []byte) []byte {
	var made []byte
	delimiters := 0
	for _, unit := range bytes.Split(file, []byte{0, 0, 1})[1:] {
		if bytes.HasPrefix(unit, delimiter) {
			if delimiters++; delimiters == 2 {
				break
			}
			continue
		}
		made = append(append(made, startCode...), bytes.TrimRight(unit, "\x00")...)
	}
	return made
}

func firstOfIVF(t testing.TB, file []byte) []byte {
	const header, before = 32, 12
	if len(file) < header+before {
		t.Fatal("not an IVF file")
	}
	return file[header+before:][:binary.LittleEndian.Uint32(file[header:])]
}

func payloads(t testing.TB, mimeType string) [][]byte {
	t.Helper()
	var list [][]byte
	for _, p := range testmedia.Video(t, mimeType, 1, 30, 1)[0].Packets {
		list = append(list, p.Payload)
	}
	return list
}

func TestAKeyFrameIsJoinedToWhatTheEncoderMade(t *testing.T) {
	for _, m := range media {
		t.Run(m.mimeType, func(t *testing.T) {
			file, err := os.ReadFile(filepath.Join("..", "testmedia", "data", m.file))
			if err != nil {
				t.Fatal(err)
			}
			packets := slices.Insert(payloads(t, m.mimeType), 1, nil) // padding
			got, err := Join(strings.ToLower(m.mimeType), packets)
			if err != nil {
				t.Fatal(err)
			}
			if want := m.first(t, file); !bytes.Equal(got.Data, want) {
				t.Errorf("%d octets, want %d: differ from\n%x\n%x", len(got.Data), len(want), got.Data[:min(80, len(got.Data))], want[:min(80, len(want))])
			}
			if got.Codec != m.codec || got.Width != 320 || got.Height != 180 {
				t.Errorf("%s of %dx%d, want %s of 320x180", got.Codec, got.Width, got.Height, m.codec)
			}
		})
	}
}

func TestWhatIsJoinedIsACopy(t *testing.T) {
	for _, m := range media {
		packets := payloads(t, m.mimeType)
		got, err := Join(m.mimeType, packets)
		if err != nil {
			t.Fatal(err)
		}
		before := slices.Clone(got.Data)
		for _, p := range packets {
			clear(p)
		}
		if !bytes.Equal(got.Data, before) {
			t.Errorf("%s: the frame changes with the packets", m.mimeType)
		}
	}
}

// A packet that is missing from an end of the frame is noticed for all codecs;
// one from the middle is not, with those that do not number their parts: it is
// for the caller to see that the numbers have no gap.
func TestAPartIsNoKeyFrame(t *testing.T) {
	for _, m := range media {
		all := payloads(t, m.mimeType)
		if m.mimeType == "video/VP8" { // its last octets are of a partition that is as long as there is
			all = all[:1]
		}
		for name, packets := range map[string][][]byte{
			"nothing":           nil,
			"padding":           {nil, {}},
			"without the first": all[1:],
			"all twice":         append(slices.Clone(all), all...),
			"cut":               {all[0][:min(len(all[0]), 12)]},
		} {
			if name == "all twice" && strings.Contains("video/H264 video/H265 video/AV1", m.mimeType) {
				continue // in the format, two frames of one time are one
			}
			if got, err := Join(m.mimeType, packets); !errors.Is(err, ErrIncomplete) {
				t.Errorf("%s, %s: %v, %d octets, want ErrIncomplete", m.mimeType, name, err, len(got.Data))
			}
		}
		if len(all) > 1 {
			if _, err := Join(m.mimeType, all[:len(all)-1]); !errors.Is(err, ErrIncomplete) {
				t.Errorf("%s, without the last: %v, want ErrIncomplete", m.mimeType, err)
			}
		}
	}
}

func TestOtherFramesAreNoKeyFrames(t *testing.T) {
	for _, m := range media {
		var packets [][]byte
		for _, p := range testmedia.Video(t, m.mimeType, 2, 30, 2)[1].Packets {
			packets = append(packets, p.Payload)
		}
		if _, err := Join(m.mimeType, packets); !errors.Is(err, ErrIncomplete) {
			t.Errorf("%s: %v, want ErrIncomplete", m.mimeType, err)
		}
	}
}

func TestWhatIsNotDealtWith(t *testing.T) {
	for name, c := range map[string]struct {
		mimeType string
		packets  [][]byte
	}{
		"audio":             {"audio/opus", [][]byte{{1}}},
		"H.264 interleaved": {"video/H264", [][]byte{{25, 0, 0, 0, 1, 1}}},
		"H.265 PACI":        {"video/H265", [][]byte{{50 << 1, 1, 0, 0}}},
		"too large":         {"video/VP8", [][]byte{make([]byte, MaxSize+1)}},
		"too large with start codes": {"video/H264", [][]byte{
			slices.Concat([]byte{24, 0, 4, 0x67, 66, 0, 30, 0, 1, 0x68, 0, 1, 0x65}, bytes.Repeat([]byte{0, 1, 6}, MaxSize/4)),
		}},
	} {
		if _, err := Join(c.mimeType, c.packets); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v, want ErrUnsupported", name, err)
		}
	}
}

func TestTheLowestLayerOfVP9IsTaken(t *testing.T) {
	packets := payloads(t, "video/VP9")
	want, err := Join("video/VP9", packets)
	if err != nil {
		t.Fatal(err)
	}
	// I, L, F, B, E; a picture id of seven bits, then the layer.
	layer := func(spatial byte, begin, end bool, data []byte) []byte {
		first := byte(0xb0)
		if begin {
			first |= 0x08
		}
		if end {
			first |= 0x04
		}
		return append([]byte{first, 1, spatial << 1}, data...)
	}
	half := len(want.Data) / 2
	got, err := Join("video/VP9", [][]byte{
		layer(0, true, false, want.Data[:half]), layer(0, false, true, want.Data[half:]), layer(1, true, true, []byte("another size")),
	})
	if err != nil || !bytes.Equal(got.Data, want.Data) || got.Width != 320 {
		t.Errorf("%v, %d octets of width %d, want %d of 320", err, len(got.Data), got.Width, len(want.Data))
	}
}

// A FU-A with a gap goes on as something else, or begins twice.
func TestFragmentsOfH264(t *testing.T) {
	sets := []byte{24, 0, 4, 0x67, 66, 0xc0, 30, 0, 2, 0x68, 0}
	for name, c := range map[string]struct {
		packets [][]byte
		ok      bool
	}{
		"whole":                  {[][]byte{sets, {0x7c, 0x85, 0x80}, {0x7c, 0x05, 1}, {0x7c, 0x45, 2}}, true},
		"not in fragments":       {[][]byte{sets, {0x65, 0x80}}, true},
		"goes on as another":     {[][]byte{sets, {0x7c, 0x85, 0x80}, {0x7c, 0x41, 2}}, false},
		"begins twice":           {[][]byte{sets, {0x7c, 0x85, 0x80}, {0x7c, 0x85, 0x80}, {0x7c, 0x45, 2}}, false},
		"does not begin":         {[][]byte{sets, {0x7c, 0x05, 1}, {0x7c, 0x45, 2}}, false},
		"is interrupted":         {[][]byte{sets, {0x7c, 0x85, 0x80}, {0x06, 1}, {0x7c, 0x45, 2}}, false},
		"empty":                  {[][]byte{sets, {0x7c, 0x85}}, false},
		"of an impossible type":  {[][]byte{sets, {0x65, 0x80}, {0x7c, 0xdc, 1}}, false},
		"aggregation cut short":  {[][]byte{sets[:10], {0x65, 0x80}}, false},
		"aggregation of nothing": {[][]byte{append(slices.Clone(sets), 0, 0), {0x65, 0x80}}, false},
	} {
		got, err := Join("video/H264", c.packets)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, ErrIncomplete) {
			t.Errorf("%s: %v", name, err)
		}
		if c.ok && got.Codec != "avc1.42c01e" {
			t.Errorf("%s: codec %s, want avc1.42c01e", name, got.Codec)
		}
	}
}

func TestH265Names(t *testing.T) {
	for _, c := range []struct {
		sps  []byte
		want string
	}{
		{[]byte{0x42, 1, 1, 0x01, 0x60, 0, 0, 3, 0, 0xb0, 0, 0, 3, 0, 0, 3, 0, 93}, "hev1.1.6.L93.B0"},
		{[]byte{0x42, 1, 1, 0x22, 0x20, 0, 0, 3, 0, 0x90, 1, 0, 2, 0, 3, 150}, "hev1.2.4.H150.90.1.0.2.0.3"},
		{[]byte{0x42, 1, 1, 0xc4, 0x08, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 3, 0, 120}, "hev1.C4.10.L120"},
	} {
		if got, err := h265Name(c.sps); err != nil || got != c.want {
			t.Errorf("%x: %s, %v, want %s", c.sps, got, err, c.want)
		}
	}
	if _, err := h265Name([]byte{0x42, 1, 1, 1}); !errors.Is(err, ErrIncomplete) {
		t.Errorf("a short one: %v", err)
	}
}

func TestVP9NamesHaveALevelForTheSize(t *testing.T) {
	// Profile 0, 8 bits, but for the size in the last four octets.
	header := func(width, height int) []byte {
		size := uint32(width-1)<<16 | uint32(height-1)
		bits := (uint64(0b0010)<<32 | uint64(size)) << 4 // color_space and color_range before it
		return append([]byte{0x82, 0x49, 0x83, 0x42}, byte(bits>>32), byte(bits>>24), byte(bits>>16), byte(bits>>8), byte(bits))
	}
	for _, c := range []struct {
		width, height int
		want          string
	}{{256, 144, "10"}, {640, 360, "21"}, {1280, 720, "31"}, {1920, 1080, "40"}, {3840, 2160, "50"}, {65536, 65536, "60"}} {
		got, err := parseVP9(header(c.width, c.height))
		if err != nil || got.Codec != "vp09.00."+c.want+".08" || got.Width != c.width || got.Height != c.height {
			t.Errorf("%dx%d: %+v, %v, want level %s", c.width, c.height, got, err, c.want)
		}
	}
}

// A frame in very many small fragments takes time in proportion to its size.
func BenchmarkJoinManyFragments(b *testing.B) {
	all := payloads(b, "video/AV1")
	got, err := Join("video/AV1", all)
	if err != nil {
		b.Fatal(err)
	}
	packets := [][]byte{{0x50, av1Frame << 3}}
	for range MaxSize / 1200 {
		packets = append(packets, append([]byte{0xd0}, got.Data[:1000]...))
	}
	for b.Loop() {
		if _, err := Join("video/AV1", packets); !errors.Is(err, ErrIncomplete) {
			b.Fatal(err)
		}
	}
}
