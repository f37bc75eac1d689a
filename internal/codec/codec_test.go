package codec

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
)

// step is a packet and what it must tell.
type step struct {
	timestamp uint32
	payload   []byte
	want      Frame
}

// run gives the steps to one inspector in order.
func run(t *testing.T, mimeType string, steps []step) {
	t.Helper()
	inspector, err := New(mimeType)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range steps {
		if got := inspector.Inspect(s.payload, s.timestamp); got != s.want {
			t.Errorf("packet %d (%x):\n got %+v\nwant %+v", i, s.payload[:min(len(s.payload), 12)], got, s.want)
		}
	}
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic("test data: " + err.Error())
	}
	return b
}

func TestNewKnowsWhatSupportedLists(t *testing.T) {
	want := []string{"video/H264", "video/H265", "video/VP8", "video/VP9", "video/AV1", "audio/opus"}
	if got := Supported(); !slices.Equal(got, want) {
		t.Errorf("supported: %v, want %v", got, want)
	}
	for _, mimeType := range want {
		for _, spelled := range []string{mimeType, strings.ToLower(mimeType), strings.ToUpper(mimeType)} {
			if i, err := New(spelled); err != nil || i == nil {
				t.Errorf("New(%q) = %v, %v", spelled, i, err)
			}
		}
	}
}

func TestNewRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, mimeType := range []string{"", "H264", "video/", "video/rtx", "video/H264 ", "audio/PCMU", "audio/VP8"} {
		if i, err := New(mimeType); i != nil || !errors.Is(err, ErrUnsupported) {
			t.Errorf("New(%q) = %v, %v, want ErrUnsupported", mimeType, i, err)
		}
	}
}

func TestSupportedIsTheCallersOwn(t *testing.T) {
	Supported()[0] = "changed"
	if got := Supported()[0]; got == "changed" {
		t.Error("a caller's change shows in the next call")
	}
}

func TestStreamsDoNotShareState(t *testing.T) {
	idr := []byte{0x65, 0x88}
	one, _ := New("video/H264")
	two, _ := New("video/H264")
	one.Inspect(unhex("6764000dacd941419ea230110000030001000003003c0f142996"), 1)
	if !two.Inspect(idr, 1).Key {
		t.Error("a parameter set of one stream changed another")
	}
}

func TestOpusIsAlwaysAStart(t *testing.T) {
	run(t, "audio/opus", []step{
		{0, []byte{0xfc, 1, 2}, Frame{Start: true, Key: true}},
		{960, []byte{0xfc}, Frame{Start: true, Key: true}},
		{960, nil, Frame{}},
	})
}

func TestPaddingTellsNothing(t *testing.T) {
	for _, mimeType := range Supported() {
		inspector, _ := New(mimeType)
		if got := inspector.Inspect(nil, 1); got != (Frame{}) {
			t.Errorf("%s: an empty payload gives %+v", mimeType, got)
		}
	}
}

// busy has a payload a codec that makes its inspector work the most.
var busy = map[string][]byte{
	"video/H264": unhex("78 0019 67640028acd940780227e5c044000003000400000300f03c60c6" + "0004 68ebe3cb" + "0004 65888400"),
	"video/H265": unhex("6001 0028 42010102200000030090000003000003003ca00a080b9d48d96566924caf016808000003000800000300f040" + "0004 2601afff"),
	"video/VP8":  unhex("90f0 8123 45 60 50cb00 9d012a 7e02 6601"),
	"video/VP9":  unhex("aa 8001 00 01 38 0140 00b4 0280 0168 01 14 01 824983420077f04376"),
	"video/AV1":  unhex("28 0b 08000000043d06d4daf900 30cf0c1400"),
	"audio/opus": {0xfc, 1, 2, 3},
}

func TestInspectionAllocatesNothing(t *testing.T) {
	for mimeType, payload := range busy {
		inspector, err := New(mimeType)
		if err != nil {
			t.Fatal(err)
		}
		timestamp := uint32(0)
		allocations := testing.AllocsPerRun(100, func() {
			timestamp += 3000
			inspector.Inspect(payload, timestamp)
		})
		if allocations != 0 {
			t.Errorf("%s: %v allocations a packet, want 0", mimeType, allocations)
		}
	}
}

// BenchmarkInspect measures key frames' first packets, the dearest there are,
// and packets inside a picture, nearly all there are.
func BenchmarkInspect(b *testing.B) {
	inside := map[string][]byte{
		"video/H264": unhex("7c 01 0102030405060708"),
		"video/H265": unhex("6201 01 0102030405060708"),
		"video/VP8":  unhex("80f0 8123 45 60 0102030405"),
		"video/VP9":  unhex("e0 8001 00 01 0102030405"),
		"video/AV1":  unhex("90 0102030405060708"),
		"audio/opus": {0xfc, 1, 2, 3},
	}
	for _, mimeType := range Supported() {
		for _, c := range []struct {
			name    string
			payload []byte
		}{{"key", busy[mimeType]}, {"inside", inside[mimeType]}} {
			b.Run(mimeType[len("video/"):]+"/"+c.name, func(b *testing.B) {
				inspector, err := New(mimeType)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				timestamp := uint32(0)
				for b.Loop() {
					timestamp += 3000
					inspector.Inspect(c.payload, timestamp)
				}
			})
		}
	}
}

// fuzz checks what must hold for any stream of packets: no panic, no change
// of the payload, no more than one Start and one Key a picture while it is one
// of the two newest, and a size that is whole or absent.
func fuzz(f *testing.F, mimeType string, seeds ...string) {
	for _, s := range seeds {
		f.Add(unhex(s), unhex(s), uint32(0))
		f.Add(unhex(s), []byte{}, uint32(3000))
	}
	f.Add(busy[mimeType], busy[mimeType], uint32(1))
	f.Fuzz(func(t *testing.T, one, two []byte, step uint32) {
		inspector, err := New(mimeType)
		if err != nil {
			t.Fatal(err)
		}
		packets := [][]byte{one, two, two, one}
		stamps := []uint32{0, step, 0, step}
		starts, keys := map[uint32]int{}, map[uint32]int{}
		for i, packet := range packets {
			before := slices.Clone(packet)
			got := inspector.Inspect(packet, stamps[i])
			if !slices.Equal(before, packet) {
				t.Fatal("the payload was changed")
			}
			if (got.Width == 0) != (got.Height == 0) {
				t.Fatalf("half a size: %dx%d", got.Width, got.Height)
			}
			if got.Temporal > 7 {
				t.Fatalf("temporal layer %d", got.Temporal)
			}
			if got.Start {
				starts[stamps[i]]++
			}
			if got.Key {
				keys[stamps[i]]++
			}
		}
		if mimeType == "audio/opus" || mimeType == "video/VP8" {
			return // stateless: a payload that comes twice tells the same twice
		}
		for stamp, n := range starts {
			if n > 1 || keys[stamp] > 1 {
				t.Fatalf("picture %d: %d starts, %d keys", stamp, n, keys[stamp])
			}
		}
	})
}

func FuzzH264(f *testing.F) {
	fuzz(f, "video/H264", "6588", "7c8588", "6e8000e0", "78000267640001", "67f4000d919b282833f1b8", "67640000")
}

func FuzzH265(f *testing.F) {
	fuzz(f, "video/H265", "2601af", "620193af", "60010003260180", "4201010408000003009e08000003", "42010f")
}

func FuzzVP8(f *testing.F) {
	fuzz(f, "video/VP8", "10", "9080", "90a0", "b0e0ff", "10000000 9d012a")
}

func FuzzVP9(f *testing.F) {
	fuzz(f, "video/VP9", "08", "88", "aa80", "5aff", "1affffff", "0c8249834200")
}

func FuzzAV1(f *testing.F) {
	fuzz(f, "video/AV1", "08", "180a", "18ffffffffffffffffff", "00020a0b", "280a0b0000", "900a0b")
}

func FuzzOpus(f *testing.F) { fuzz(f, "audio/opus", "fc") }
