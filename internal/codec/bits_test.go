package codec

import "testing"

func TestBitsReadAcrossOctets(t *testing.T) {
	b := bits{data: []byte{0b1010_0110, 0b1100_0001, 0xff}}
	for i, c := range []struct {
		n    uint
		want uint32
	}{{1, 1}, {3, 0b010}, {7, 0b0110_110}, {0, 0}, {5, 0b00001}, {8, 0xff}} {
		if got := b.uint(c.n); got != c.want || b.short {
			t.Errorf("field %d: %b, short %v, want %b", i, got, b.short, c.want)
		}
	}
	if b.uint(1) != 0 || !b.short {
		t.Error("past the end: want zeros and short")
	}
}

func TestGolombCodes(t *testing.T) {
	// H.264 table 9-2; "uvlc" of AV1 §4.10.3 is the same code.
	for _, c := range []struct {
		data []byte
		want uint32
	}{
		{[]byte{0b1000_0000}, 0},
		{[]byte{0b0100_0000}, 1},
		{[]byte{0b0110_0000}, 2},
		{[]byte{0b0010_0000}, 3},
		{[]byte{0b0011_1000}, 6},
		{[]byte{0b0001_0000}, 7},
		{[]byte{0, 0, 0, 1, 0, 0, 0, 0}, 1<<31 - 1},
		{[]byte{0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe}, 1<<32 - 2},
	} {
		b := bits{data: c.data}
		if got := b.golomb(); got != c.want || b.short {
			t.Errorf("%x: %d, short %v, want %d", c.data, got, b.short, c.want)
		}
	}
	for _, data := range [][]byte{nil, {0}, {0, 0, 0, 0, 1}, {0, 0, 0, 0, 0x80, 0, 0, 0, 0}, {0b0010_0000 >> 3}} {
		b := bits{data: data}
		if got := b.golomb(); got != 0 && !b.short {
			t.Errorf("%x: %d, want short", data, got)
		}
		if !b.short {
			t.Errorf("%x: not short", data)
		}
	}
}

func TestEmulationPreventionIsLeftOut(t *testing.T) {
	for _, c := range []struct {
		data, want []byte
	}{
		{[]byte{0, 0, 3, 1}, []byte{0, 0, 1}},
		{[]byte{0, 0, 3, 0, 0, 3, 0}, []byte{0, 0, 0, 0, 0}},
		{[]byte{0, 3, 0, 0, 3, 3}, []byte{0, 3, 0, 0, 3}},
		{[]byte{3, 0, 0}, []byte{3, 0, 0}},
		{[]byte{0, 0, 3}, []byte{0, 0}},
	} {
		b := bits{data: c.data, escaped: true}
		for i, want := range c.want {
			if got := byte(b.uint(8)); got != want || b.short {
				t.Errorf("%x octet %d: %d, short %v, want %d", c.data, i, got, b.short, want)
			}
		}
		if b.bit(); !b.short {
			t.Errorf("%x: more than %d octets", c.data, len(c.want))
		}
	}
}
