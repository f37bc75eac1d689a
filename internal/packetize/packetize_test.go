package packetize

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"lectern/internal/codec"
	"lectern/internal/flv"
	"lectern/internal/frame"
	"lectern/internal/testmedia"
)

// cut collects what a packetizer emits, and holds it to what every one promises.
func cut(t testing.TB, packetize func(emit Emit) error) [][]byte {
	t.Helper()
	var payloads [][]byte
	ended := false
	if err := packetize(func(payload []byte, last bool) error {
		if len(payload) == 0 || len(payload) > MTU {
			t.Errorf("a payload of %d octets", len(payload))
		}
		if ended {
			t.Error("a payload behind the last one")
		}
		ended = last
		payloads = append(payloads, bytes.Clone(payload))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(payloads) > 0 && !ended {
		t.Error("no payload is the last one")
	}
	return payloads
}

// byteStream is units behind start codes.
func byteStream(units [][]byte) []byte {
	var b []byte
	for _, u := range units {
		b = append(append(b, 0, 0, 0, 1), u...)
	}
	return b
}

// depacketize puts payloads together with Pion's depacketizer.
func depacketize(t testing.TB, d rtp.Depacketizer, payloads [][]byte) []byte {
	t.Helper()
	var b []byte
	for i, p := range payloads {
		part, err := d.Unmarshal(p)
		if err != nil {
			t.Fatalf("payload %d: %v", i, err)
		}
		b = append(b, part...)
	}
	return b
}

func TestAccessUnitsOfAnySizesComeOutAgain(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	sizes := []int{3, 4, 20, 600, MTU - 3, MTU - 2, MTU - 1, MTU, MTU + 1, 2*MTU - 4, 2 * MTU, 9000}
	for range 300 {
		var units264, units265 [][]byte
		for range 1 + random.IntN(6) {
			size := sizes[random.IntN(len(sizes))]
			unit := make([]byte, size)
			for i := range unit {
				unit[i] = byte(1 + random.IntN(255)) // no start codes in it
			}
			a, b := bytes.Clone(unit), bytes.Clone(unit)
			a[0] = []byte{0x67, 0x68, 0x65, 0x41, 0x01, 0x06}[random.IntN(6)]
			b[0], b[1] = []byte{32 << 1, 33 << 1, 34 << 1, 19 << 1, 1 << 1}[random.IntN(5)], 1
			units264, units265 = append(units264, a), append(units265, b)
		}
		want := byteStream(units264)
		payloads := cut(t, func(emit Emit) error { return NewH264().Packetize(slices.Clone(units264), emit) })
		if got := depacketizeH264(t, payloads); !bytes.Equal(got, want) {
			t.Fatalf("H.264: %d octets came out of %d in %d payloads, or others", len(got), len(want), len(payloads))
		}
		want = byteStream(units265)
		payloads = cut(t, func(emit Emit) error { return NewH265().Packetize(slices.Clone(units265), emit) })
		if got := depacketizeH265(t, payloads); !bytes.Equal(got, want) {
			t.Fatalf("H.265: %d octets came out of %d in %d payloads, or others", len(got), len(want), len(payloads))
		}
	}
}

func depacketizeH264(t testing.TB, payloads [][]byte) []byte {
	return depacketize(t, &codecs.H264Packet{}, payloads)
}

func depacketizeH265(t testing.TB, payloads [][]byte) []byte {
	return depacketize(t, &codecs.H265Depacketizer{}, payloads)
}

// recut takes the pictures of a real stream out of Pion's packets, into ours.
var recut = map[string]func(t testing.TB, payloads [][]byte) [][]byte{
	"video/H264": recutNAL(NewH264(), depacketizeH264),
	"video/H265": recutNAL(NewH265(), depacketizeH265),
	"video/VP9": func() func(t testing.TB, payloads [][]byte) [][]byte {
		v := NewVP9()
		return func(t testing.TB, payloads [][]byte) [][]byte {
			picture := depacketize(t, &codecs.VP9Packet{}, payloads)
			return cut(t, func(emit Emit) error { _, err := v.Packetize(picture, emit); return err })
		}
	}(),
	"video/AV1": func() func(t testing.TB, payloads [][]byte) [][]byte {
		a := NewAV1()
		return func(t testing.TB, payloads [][]byte) [][]byte {
			unit := append([]byte{0x12, 0}, depacketize(t, &codecs.AV1Depacketizer{}, payloads)...)
			return cut(t, func(emit Emit) error { _, err := a.Packetize(unit, emit); return err })
		}
	}(),
}

func recutNAL(n *NAL, join func(testing.TB, [][]byte) []byte) func(testing.TB, [][]byte) [][]byte {
	return func(t testing.TB, payloads [][]byte) [][]byte {
		units, err := flv.AppendUnits(nil, join(t, payloads), 4)
		if err != nil {
			t.Fatal(err)
		}
		return cut(t, func(emit Emit) error { return n.Packetize(units, emit) })
	}
}

// What is cut from an encoder's pictures is what forwarding and decoders read
// out of the packets that Pion cuts.
func TestRealStreamsAreCutAsOthersCutThem(t *testing.T) {
	for mime, recut := range recut {
		t.Run(strings.TrimPrefix(mime, "video/"), func(t *testing.T) {
			inspector, err := codec.New(mime)
			if err != nil {
				t.Fatal(err)
			}
			for i, picture := range testmedia.Video(t, mime, 60, 30, 30) {
				var theirs [][]byte
				for _, p := range picture.Packets {
					theirs = append(theirs, p.Payload)
				}
				ours := recut(t, theirs)
				starts, key, width := 0, 0, uint16(0)
				for _, p := range ours {
					f := inspector.Inspect(p, uint32(i)*3000)
					if f.Start {
						starts++
					}
					if f.Key {
						key++
					}
					width = max(width, f.Width)
				}
				want := 0
				if picture.Key {
					want = 1
				}
				if starts != 1 || key != want || picture.Key && width != 320 {
					t.Errorf("picture %d: %d starts, %d key packets, width %d; key frame: %v", i, starts, key, width, picture.Key)
				}
				if !picture.Key {
					continue
				}
				joined, err := frame.Join(mime, ours)
				if err != nil {
					t.Fatalf("picture %d: %v", i, err)
				}
				if wanted, err := frame.Join(mime, theirs); err != nil || joined.Codec != wanted.Codec || mime != "video/H264" && !bytes.Equal(joined.Data, wanted.Data) {
					t.Errorf("picture %d: %s with %d octets, want %s with %d (%v)", i, joined.Codec, len(joined.Data), wanted.Codec, len(wanted.Data), err)
				}
			}
		})
	}
}

func TestUnitsThatAreNotSent(t *testing.T) {
	payloads := cut(t, func(emit Emit) error {
		return NewH264().Packetize([][]byte{{0x09, 0xf0}, {}, {0x0c, 0xff, 0xff}, {0x1c, 1, 2}, {0x41, 7}}, emit)
	})
	if len(payloads) != 1 || !bytes.Equal(payloads[0], []byte{0x41, 7}) {
		t.Errorf("H.264: got %x", payloads)
	}
	payloads = cut(t, func(emit Emit) error {
		return NewH265().Packetize([][]byte{{35 << 1, 1, 0x50}, {38 << 1, 1}, {2}, {49 << 1, 1, 0x80}, {1 << 1, 1, 7}}, emit)
	})
	if len(payloads) != 1 || !bytes.Equal(payloads[0], []byte{1 << 1, 1, 7}) {
		t.Errorf("H.265: got %x", payloads)
	}
	payloads = cut(t, func(emit Emit) error { return NewH264().Packetize([][]byte{{0x09, 0xf0}}, emit) })
	if payloads != nil {
		t.Errorf("nothing to send: got %x", payloads)
	}
}

func TestAV1KeyFramesGetTheSequenceHeader(t *testing.T) {
	sequence := []byte{0x0a, 3, 1, 2, 3}
	key, other := []byte{0x32, 2, 0x10, 9}, []byte{0x32, 2, 0x30, 9}
	a := NewAV1()
	if err := a.Configure(sequence); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		unit, want []byte
		key        bool
	}{
		{key, []byte{0x08, 4, 0x08, 1, 2, 3, 3, 0x30, 0x10, 9}, true},
		{other, []byte{0x00, 3, 0x30, 0x30, 9}, false},
		{slices.Concat([]byte{0x12, 0, 0x0a, 1, 7}, key), []byte{0x08, 2, 0x08, 7, 3, 0x30, 0x10, 9}, true},
		{key, []byte{0x08, 2, 0x08, 7, 3, 0x30, 0x10, 9}, true}, // it is remembered
	} {
		var isKey bool
		payloads := cut(t, func(emit Emit) (err error) { isKey, err = a.Packetize(test.unit, emit); return err })
		if len(payloads) != 1 || !bytes.Equal(payloads[0], test.want) || isKey != test.key {
			t.Errorf("%x: got %x, key %v, want %x, %v", test.unit, payloads, isKey, test.want, test.key)
		}
	}
	for _, broken := range [][]byte{{0x80}, {0x36}, {0x32, 9, 1}, {0x32, 0x80}} {
		if _, err := a.Packetize(broken, nil); !errors.Is(err, ErrMalformed) {
			t.Errorf("%x: got %v, want %v", broken, err, ErrMalformed)
		}
	}
}

func TestAV1UnitsOfAnySizesComeOutAgain(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var unit, want []byte
		for range 1 + random.IntN(5) {
			body := make([]byte, 1+random.IntN(1+random.IntN(5000)))
			for i := range body {
				body[i] = byte(random.Uint32())
			}
			o := []byte{0x32}
			if random.IntN(2) == 0 {
				o = []byte{0x36, 0x20}
			}
			o = append(appendLength(o, len(body)), body...)
			unit = append(append(unit, 0x7a, 1, 0), o...) // padding is left out
			want = append(want, o...)
		}
		payloads := cut(t, func(emit Emit) error { _, err := NewAV1().Packetize(unit, emit); return err })
		got := depacketize(t, &codecs.AV1Depacketizer{}, payloads)
		if !bytes.Equal(got, want) {
			t.Fatalf("%d octets came out of %d in %d payloads, or others", len(got), len(want), len(payloads))
		}
	}
}

func appendLength(b []byte, n int) []byte {
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}

func TestVP9PicturesAreNumbered(t *testing.T) {
	v := NewVP9()
	v.number = 0x7fff
	for i, want := range []uint16{0x7fff, 0} {
		payloads := cut(t, func(emit Emit) error { _, err := v.Packetize(make([]byte, 3000), emit); return err })
		if len(payloads) != 3 {
			t.Fatalf("%d payloads, want 3", len(payloads))
		}
		for n, p := range payloads {
			var d codecs.VP9Packet
			if _, err := d.Unmarshal(p); err != nil || d.PictureID != want || d.B != (n == 0) || d.E != (n == 2) || !d.P || d.F || d.L || d.V {
				t.Errorf("picture %d, payload %d: %+v, %v", i, n, d, err)
			}
		}
	}
}

func TestErrorsOfEmitEndThePicture(t *testing.T) {
	stop := errors.New("stop")
	calls := 0
	emit := func([]byte, bool) error { calls++; return stop }
	unit := bytes.Repeat([]byte{0x41}, 5000)
	for name, packetize := range map[string]func() error{
		"fragment": func() error { return NewH264().Packetize([][]byte{unit}, emit) },
		"single":   func() error { return NewH265().Packetize([][]byte{unit[:9], unit}, emit) },
		"AV1":      func() error { _, err := NewAV1().Packetize(append([]byte{0x30}, unit...), emit); return err },
		"VP9":      func() error { _, err := NewVP9().Packetize(unit, emit); return err },
	} {
		calls = 0
		if err := packetize(); !errors.Is(err, stop) || calls != 1 {
			t.Errorf("%s: got %v after %d calls", name, err, calls)
		}
	}
}

func FuzzAV1(f *testing.F) {
	f.Add([]byte{0x12, 0, 0x0a, 1, 7, 0x32, 2, 0x10, 9})
	f.Add(append([]byte{0x36, 0x20, 0xff, 0x0f}, make([]byte, 2047)...))
	f.Fuzz(func(t *testing.T, unit []byte) {
		a := NewAV1()
		ended := true
		_, err := a.Packetize(unit, func(payload []byte, last bool) error {
			if len(payload) < 2 || len(payload) > MTU {
				t.Errorf("a payload of %d octets", len(payload))
			}
			ended = last
			return nil
		})
		if err == nil && !ended {
			t.Error("no payload is the last one")
		}
	})
}

func FuzzNAL(f *testing.F) {
	f.Add(byteStream([][]byte{{0x67, 1}, {0x68, 2}, bytes.Repeat([]byte{0x65}, 3000)}))
	f.Fuzz(func(t *testing.T, data []byte) {
		units, _ := flv.AppendUnits(nil, data, 4)
		for _, n := range []*NAL{NewH264(), NewH265()} {
			cut(t, func(emit Emit) error { return n.Packetize(slices.Clone(units), emit) })
		}
	})
}

func BenchmarkPacketize(b *testing.B) {
	for _, size := range []int{900, 60_000} {
		unit := bytes.Repeat([]byte{0x41}, size)
		units := make([][]byte, 0, 1)
		emit := func([]byte, bool) error { return nil }
		b.Run(fmt.Sprintf("H264/%d", size), func(b *testing.B) {
			n := NewH264()
			b.SetBytes(int64(size))
			for b.Loop() {
				if err := n.Packetize(append(units, unit), emit); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("AV1/%d", size), func(b *testing.B) {
			a, unit := NewAV1(), append([]byte{0x30}, unit...)
			b.SetBytes(int64(size))
			for b.Loop() {
				if _, err := a.Packetize(unit, emit); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestTemporalUnitsHaveSoManyOBUs(t *testing.T) {
	unit := slices.Repeat([]byte{obuFrame<<3 | obuHasSize, 0}, maxOBUs+1)
	emit := func([]byte, bool) error { return nil }
	if _, err := NewAV1().Packetize(unit, emit); !errors.Is(err, ErrMalformed) {
		t.Errorf("too many: %v", err)
	}
	if _, err := NewAV1().Packetize(unit[2:], emit); err != nil {
		t.Errorf("as many as may be: %v", err)
	}
}

// A long sequence header is not repeated before key frames that have none.
func TestLongSequenceHeadersAreNotRepeated(t *testing.T) {
	long := append([]byte{obuSequenceHeader<<3 | obuHasSize, 0xff, 0xff, 3}, make([]byte, 0xffff)...)
	key := []byte{obuFrame<<3 | obuHasSize, 1, 0x10}
	a := NewAV1()
	if err := a.Configure(long); err != nil {
		t.Fatal(err)
	}
	sent := 0
	isKey, err := a.Packetize(key, func(payload []byte, _ bool) error {
		sent += len(payload)
		return nil
	})
	if err != nil || !isKey || sent > 100 {
		t.Errorf("key %t, %d octets, %v", isKey, sent, err)
	}
}
