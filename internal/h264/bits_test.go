package h264

import "testing"

func TestGolombCodes(t *testing.T) { // tables 9-2 and 9-3
	for _, c := range []struct {
		data   []byte
		want   uint32
		signed int32
	}{
		{[]byte{0b1000_0000}, 0, 0},
		{[]byte{0b0100_0000}, 1, 1},
		{[]byte{0b0110_0000}, 2, -1},
		{[]byte{0b0010_0000}, 3, 2},
		{[]byte{0b0011_1000}, 6, -3},
		{[]byte{0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe}, 1<<32 - 2, -(1<<31 - 1)},
	} {
		b := bits{data: c.data}
		if got := b.golomb(); got != c.want || b.short {
			t.Errorf("%x: %d, short %v, want %d", c.data, got, b.short, c.want)
		}
		b = bits{data: c.data}
		if got := b.signed(); got != c.signed || b.short {
			t.Errorf("%x: signed %d, short %v, want %d", c.data, got, b.short, c.signed)
		}
	}
}
