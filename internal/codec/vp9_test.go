package codec

import "testing"

// The frames below are what libvpx wrote for pictures of these sizes.
func TestVP9Size(t *testing.T) {
	for _, c := range []struct {
		name, frame   string
		width, height uint16
	}{
		{"profile 0", "824983420077f043760638241c184a18", 1920, 1080},
		{"profile 1, odd", "a24983420002800168c0c70483830940", 321, 181},
		{"profile 1, RGB", "a2498342e0280016860638241c184a10", 641, 361},
		{"profile 2", "924983420009e8058b031c120e0c2c00", 318, 178},
		{"profile 3", "b124c1a10200a0805ab031c120e0c2c0", 322, 182},
		{"no sync code", "824983430077f043760638241c184a18", 0, 0},
		{"cut short", "824983420077f0", 0, 0},
		{"nothing", "", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			run(t, "video/VP9", []step{{1, unhex("08" + c.frame), Frame{Start: true, Key: true, Width: c.width, Height: c.height}}})
		})
	}
}

func TestVP9Packets(t *testing.T) {
	const (
		key   = "824983420077f043760638241c184a18" // 1920x1080
		inter = "86005800"                         // shown, refreshes a slot
	)
	sized := func(width, height uint16) Frame {
		return Frame{Start: true, Key: true, Width: width, Height: height}
	}
	for name, steps := range map[string][]step{
		"not flexible, as browsers send it": {
			// I P L F B E V Z; layer octet, TL0PICIDX; sizes in the structure.
			{1, unhex("ab 8123 00 07 18 0500 02d0 01 14 01" + key), sized(1280, 720)},
			{1, unhex("a5 8123 00 07 0102"), Frame{}},
			{2, unhex("ed 8124 40 08" + inter), Frame{Start: true, Temporal: 2}},
		},
		"flexible, with references": {
			{1, unhex("98 12" + key), sized(1920, 1080)},
			{2, unhex("d8 13 02" + inter), Frame{Start: true}},
			{3, unhex("f8 14 60 03 05 06" + inter), Frame{Start: true, Temporal: 3}},
			{4, unhex("d8 15 03 05 07" + inter), Frame{Start: true}}, // no fourth
		},
		"spatial layers: only the lowest starts": {
			{1, unhex("aa 01 00 00 50 0140 00b4 0280 0168 0500 02d0" + key), sized(1280, 720)},
			{1, unhex("a8 01 02 00" + inter), Frame{}},
			{1, unhex("e8 01 04 00" + inter), Frame{}},
			{2, unhex("e8 02 00 00" + inter), Frame{Start: true}},
			{2, unhex("e8 02 02 00" + inter), Frame{}},
		},
		"a structure without sizes": {
			{1, unhex("0a 00" + key), sized(1920, 1080)},
			{2, unhex("0a 08 02 10 0c aa bb cc" + key), sized(1920, 1080)},
		},
		"a sender that leaves P out": {
			{1, unhex("08" + key), sized(1920, 1080)},
			{2, unhex("08" + inter), Frame{Start: true}},
			{3, unhex("08 88"), Frame{Start: true}}, // shows an existing frame
		},
		"intra only, hidden": {
			{1, unhex("08 8549834200"), Frame{Start: true}},
		},
		"nothing refers to it": {
			{1, unhex("48 860000"), Frame{Start: true, Discardable: true}},
			{1, unhex("44 0102"), Frame{Discardable: true}},
			{2, unhex("44 0102"), Frame{}},
			{3, unhex("68 00 00 860000"), Frame{Start: true, Discardable: true}},
			{3, unhex("68 02 00" + inter), Frame{}}, // a layer above is kept
			{4, unhex("68 00 00" + inter), Frame{Start: true}},
			{4, unhex("68 02 00 860000"), Frame{}},
		},
		"a key frame whose first packet is lost": {
			{1, unhex("80 01 0102"), Frame{}},
			{1, unhex("84 01 0102"), Frame{}},
		},
		"cut short": {
			{1, unhex("88"), Frame{}},
			{1, unhex("88 81"), Frame{}},
			{1, unhex("28 00"), Frame{}},
			{1, unhex("58 01"), Frame{}},
			{1, unhex("0a"), Frame{}},
			{1, unhex("0a 10 0102"), Frame{}},
			{1, unhex("0a 08 02 04"), Frame{}},
		},
	} {
		t.Run(name, func(t *testing.T) { run(t, "video/VP9", steps) })
	}
}
