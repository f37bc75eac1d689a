package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"lectern/internal/testmedia"
)

// assembled is what becomes of packets, as byte streams.
type assembled struct {
	keys  []bool
	data  [][]byte
	times []uint32
}

func (s *assembled) emit(u Unit) {
	var data []byte
	for _, unit := range u.NALUnits {
		data = append(append(data, startCode...), unit...)
	}
	s.keys, s.data, s.times = append(s.keys, u.Key), append(s.data, data), append(s.times, u.Timestamp)
}

var assembledTypes = []string{"video/H264", "video/h265"}

func assemble(t testing.TB, mimeType string, frames []testmedia.Frame, without func(frame, packet int) bool, marker bool) (*assembled, *Assembler) {
	t.Helper()
	a, err := NewAssembler(mimeType)
	if err != nil {
		t.Fatal(err)
	}
	var s assembled
	for i, f := range frames {
		for k, p := range f.Packets {
			if without == nil || !without(i, k) {
				a.Push(p.SequenceNumber, p.Timestamp, p.Marker && marker, bytes.Clone(p.Payload), s.emit)
			}
		}
	}
	return &s, a
}

func TestPacketsBecomeUnits(t *testing.T) {
	for _, mimeType := range assembledTypes {
		frames := testmedia.Video(t, mimeType, 30, 30, 10)
		for _, marker := range []bool{true, false} {
			got, a := assemble(t, mimeType, frames, nil, marker)
			want := len(frames)
			if !marker {
				want-- // nobody says that the last one has ended
			}
			if len(got.data) != want || a.dropped != 0 {
				t.Fatalf("%s: %d units of %d, %d dropped", mimeType, len(got.data), want, a.dropped)
			}
			for i, f := range frames[:want] {
				if got.times[i] != f.Packets[0].Timestamp || got.keys[i] != (i%10 == 0) {
					t.Errorf("%s: unit %d at %d, key %t", mimeType, i, got.times[i], got.keys[i])
				}
			}
			key, err := Join(mimeType, slices.Collect(func(yield func([]byte) bool) {
				for _, p := range frames[10].Packets {
					if !yield(p.Payload) {
						return
					}
				}
			}))
			if err != nil || !bytes.Equal(got.data[10], key.Data) {
				t.Errorf("%s: the key frame is not what Join makes of it, %v", mimeType, err)
			}
		}
	}
}

func TestAfterLossComesAKeyFrame(t *testing.T) {
	for _, mimeType := range assembledTypes {
		frames := testmedia.Video(t, mimeType, 30, 30, 10)
		whole, _ := assemble(t, mimeType, frames, nil, true)
		for lost := range 20 {
			for packet := range frames[lost].Packets {
				got, a := assemble(t, mimeType, frames, func(i, k int) bool { return i == lost && k == packet }, true)
				next := lost/10*10 + 10
				want := slices.Concat(whole.times[:lost], whole.times[next:])
				if lost == 0 && packet == 0 && a.dropped == 0 {
					continue // what was never there is not missed: the key frame may do without it
				}
				if !slices.Equal(got.times, want) {
					t.Errorf("%s: without packet %d of %d: units at %v, want %v", mimeType, packet, lost, got.times, want)
				}
			}
		}
	}
}

func TestAssemblingBeginsWithAKeyFrame(t *testing.T) {
	frames := testmedia.Video(t, "video/H264", 30, 30, 10)
	got, a := assemble(t, "video/H264", frames[5:], nil, true)
	if len(got.keys) != 20 || !got.keys[0] || a.dropped != 5 {
		t.Errorf("%d units, dropped %d", len(got.keys), a.dropped)
	}
}

func TestPaddingIsNoUnit(t *testing.T) {
	frames := testmedia.Video(t, "video/H264", 2, 30, 10)
	a, _ := NewAssembler("video/H264")
	var s assembled
	number := uint16(65535)
	push := func(timestamp uint32, marker bool, payload []byte) {
		a.Push(number, timestamp, marker, payload, s.emit)
		number++
	}
	for _, f := range frames {
		for _, p := range f.Packets {
			push(p.Timestamp, p.Marker, p.Payload)
		}
		push(f.Packets[0].Timestamp, false, nil)
	}
	push(1, true, nil)
	if len(s.times) != 2 || a.dropped != 0 {
		t.Errorf("%d units, %d dropped", len(s.times), a.dropped)
	}
}

func TestEndlessUnitIsDropped(t *testing.T) {
	a, _ := NewAssembler("video/H264")
	payload := append([]byte{h264IDR}, make([]byte, 60000)...)
	var s assembled
	for n := range uint16(100) {
		a.Push(n, 0, n == 99, payload, s.emit)
	}
	if len(s.times) != 0 || a.dropped != 1 || cap(a.stream.data) > 2*MaxSize {
		t.Errorf("%d units, %d dropped, %d octets", len(s.times), a.dropped, cap(a.stream.data))
	}
}

func TestOtherCodecsAreNotAssembled(t *testing.T) {
	if _, err := NewAssembler("video/VP8"); !errors.Is(err, ErrUnsupported) {
		t.Errorf("got %v, want ErrUnsupported", err)
	}
}

// FuzzAssembler pushes anything: what comes out is within the bound, begins
// with a key frame, and no unit is empty.
func FuzzAssembler(f *testing.F) {
	for _, mimeType := range assembledTypes {
		var seed []byte
		for _, p := range payloads(f, mimeType) {
			p = p[:min(len(p), 80)]
			seed = append(seed, 0, 0)
			seed = binary.BigEndian.AppendUint16(seed, uint16(len(p)))
			seed = append(seed, p...)
		}
		f.Add(seed, mimeType == "video/H264")
	}
	f.Fuzz(func(t *testing.T, in []byte, isH264 bool) {
		mimeType := assembledTypes[1]
		if isH264 {
			mimeType = assembledTypes[0]
		}
		a, err := NewAssembler(mimeType)
		if err != nil {
			t.Fatal(err)
		}
		first := true
		var number uint16
		for len(in) >= 4 {
			n := min(int(binary.BigEndian.Uint16(in[2:])), len(in)-4)
			number += uint16(in[0]&3) + 1 // a gap now and then
			a.Push(number, uint32(in[1]), in[0]&4 != 0, in[4:4+n], func(u Unit) {
				if first && !u.Key || len(u.NALUnits) == 0 {
					t.Errorf("unit of %d, key %t", len(u.NALUnits), u.Key)
				}
				first = false
				for _, unit := range u.NALUnits {
					if len(unit) == 0 {
						t.Error("an empty NAL unit")
					}
				}
			})
			if cap(a.stream.data) > 2*MaxSize {
				t.Fatalf("%d octets are kept", cap(a.stream.data))
			}
			in = in[4+n:]
		}
	})
}
