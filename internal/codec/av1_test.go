package codec

import "testing"

// av1Plain is a sequence header of 1920x1080 that libaom wrote, without size.
const av1Plain = "08 00000042abbfc3732be401"

func TestAV1Size(t *testing.T) {
	for _, c := range []struct {
		name, header  string
		width, height uint16
	}{
		{"libaom", av1Plain, 1920, 1080},
		{"libaom, not a multiple of 8", "08 000000043d06d4daf90040", 322, 182},
		{"SVT-AV1", "08 0000002d4cffb3cfbf9004", 1280, 720},
		{"rav1e", "08 000000fa627fb38842b204040428", 640, 360},
		{"with obu_size", "0a 0b 00000042abbfc3732be401", 1920, 1080},
		{"with an extension", "0c 00 00000042abbfc3732be401", 1920, 1080},
		{"with both", "0e 00 0b 00000042abbfc3732be401", 1920, 1080},
		{"obu_size cuts it", "0a 05 00000042abbfc3732be401", 0, 0},
		{"forbidden bit", "88 00000042abbfc3732be401", 0, 0},
		{"cut short", "08 00000042ab", 0, 0},
		{"nothing", "08", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			run(t, "video/AV1", []step{{1, unhex("18" + c.header), Frame{Start: true, Key: true, Width: c.width, Height: c.height}}})
		})
	}
}

func TestAV1SizeBehindRareFields(t *testing.T) {
	dimensions := func(w *bitWriter) {
		w.uint(4, 9)
		w.uint(4, 8)
		w.uint(10, 639)
		w.uint(9, 359)
	}
	var reduced bitWriter
	reduced.uint(3, 0)
	reduced.uint(2, 0b11)
	reduced.uint(5, 4)
	dimensions(&reduced)

	var timed bitWriter
	timed.uint(3, 0)
	timed.uint(2, 0)
	timed.uint(1, 1) // timing_info_present_flag
	timed.uint(32, 1)
	timed.uint(32, 30)
	timed.uint(1, 1)
	timed.golomb(5)
	timed.uint(1, 1) // decoder_model_info_present_flag
	timed.uint(5, 19)
	timed.uint(32, 7)
	timed.uint(10, 0)
	timed.uint(1, 1) // initial_display_delay_present_flag
	timed.uint(5, 1) // two operating points
	timed.uint(12, 0x301)
	timed.uint(5, 9)
	timed.uint(1, 1) // tier
	timed.uint(1, 1) // decoder model: two delays of 20 bits and a flag
	timed.uint(20, 3)
	timed.uint(20, 4)
	timed.uint(1, 1)
	timed.uint(1, 1) // display delay
	timed.uint(4, 2)
	timed.uint(12, 0x101)
	timed.uint(5, 7) // no tier
	timed.uint(1, 0)
	timed.uint(1, 0)
	dimensions(&timed)

	for name, w := range map[string]*bitWriter{"reduced still picture header": &reduced, "timing and operating points": &timed} {
		t.Run(name, func(t *testing.T) {
			payload := append([]byte{0x18, 0x08}, w.bytes()...)
			run(t, "video/AV1", []step{{1, payload, Frame{Start: true, Key: true, Width: 640, Height: 360}}})
		})
	}
}

func TestAV1Packets(t *testing.T) {
	const (
		a = 1000
		b = 4000
	)
	keyed := Frame{Start: true, Key: true, Width: 1920, Height: 1080}
	for name, steps := range map[string][]step{
		"W of 2: the last element has no length": {
			{a, unhex("68 0c" + av1Plain + "30 0102"), keyed},
			{a, unhex("d0 0304"), Frame{}},
			{a, unhex("90 0506"), Frame{}},
			{b, unhex("10 30 0102"), Frame{Start: true}},
		},
		"W of 0: each has one": {
			{a, unhex("08 0c" + av1Plain + "03 30 0102"), keyed},
			{b, unhex("00 03 30 0102"), Frame{Start: true}},
		},
		"W of 3, a delimiter and an empty element before": {
			{a, unhex("38 01 10 00" + av1Plain), keyed},
		},
		"the sequence header is cut off by the packet's end": {
			{a, unhex("58 08 000000"), Frame{Start: true, Key: true}},
			{a, unhex("90 42abbfc3732be401"), Frame{}},
		},
		"temporal layers, kept for the fragments": {
			{a, unhex("50 34 48 01"), Frame{Start: true, Temporal: 2}},
			{a, unhex("90 0203"), Frame{Temporal: 2}},
			{b, unhex("10 34 08 01"), Frame{Start: true}},
			{b, unhex("10 34 0a 01"), Frame{}},
		},
		"spatial layers are one picture": {
			{a, unhex("28 0c" + av1Plain + "34 00 01"), keyed},
			{a, unhex("10 34 08 01"), Frame{}},
			{b, unhex("10 34 00 01"), Frame{Start: true}},
			{b, unhex("10 34 08 01"), Frame{}},
		},
		"a picture whose first packet is lost": {
			{a, unhex("90 0102"), Frame{}},
			{a, unhex("10 30 01"), Frame{}},
		},
		"a key frame overtaken by its second packet": {
			{a, unhex("90 0102"), Frame{}},
			{a, unhex("68 0c" + av1Plain + "30 0102"), keyed},
		},
		"a sequence cannot begin in a fragment": {
			{a, unhex("98 0102"), Frame{}},
		},
		"the last packet of a picture after the next one began": {
			{a, unhex("10 30 01"), Frame{Start: true}},
			{b, unhex("10 30 01"), Frame{Start: true}},
			{a, unhex("10 20 01"), Frame{}},
			{b, unhex("10 20 01"), Frame{}},
		},
		"cut short": {
			{a, unhex("08"), Frame{}},
			{a, unhex("00 05"), Frame{Start: true}},
			{a, unhex("00 ffffffffffffffffff01"), Frame{}},
			{a, unhex("10 34"), Frame{}},
			{a, unhex("10 32 80"), Frame{}},
		},
	} {
		t.Run(name, func(t *testing.T) { run(t, "video/AV1", steps) })
	}
}
