package codec

import "testing"

// The parameter sets below are what x264 wrote for these pictures.
func TestH264Size(t *testing.T) {
	for _, c := range []struct {
		name, sps     string
		width, height uint16
	}{
		{"baseline", "67 42c01fd9005005bb0110000003001000000303c0f1832480", 1280, 720},
		{"high, 8 lines cropped", "67 640028acd940780227e5c044000003000400000300f03c60c658", 1920, 1080},
		{"cropped both ways", "67 64000dacd941419ea230110000030001000003003c0f142996", 318, 178},
		{"fields", "67 640028acd94078044fde0220000003002000000783e2c5b2c0", 1920, 1080},
		{"4:2:2 of 10 bits", "67 7a000db6cd941519e222f0110000030001000003003c0f142996", 322, 182},
		{"4:4:4, odd", "67 f4000d919b282a33c211980880000003008000001e078a14cb", 321, 181},
		{"grey", "67 64001ef3650280bfe27016c8000003000800000301e078b16cb0", 640, 360},
		{"scaling matrices in the PPS", "67 64001eacd940a02ff970110000030001000003003c0f162d96", 640, 360},
		{"cut short", "67 64001eacd940a0", 0, 0},
		{"nothing", "67", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			run(t, "video/H264", []step{{1, unhex(c.sps), Frame{Start: true, Key: true, Width: c.width, Height: c.height}}})
		})
	}
}

// spsOf writes a sequence parameter set with fields that encoders rarely use.
func spsOf(middle func(*bitWriter)) []byte {
	var w bitWriter
	w.uint(8, 100)
	w.uint(16, 0x001e)
	w.golomb(0)
	w.golomb(1) // 4:2:0
	w.golomb(0)
	w.golomb(0)
	w.uint(1, 0)
	middle(&w)
	w.golomb(1)
	w.uint(1, 0)
	w.golomb(9)
	w.golomb(4)
	w.uint(1, 1) // frames only
	w.uint(1, 1)
	w.uint(1, 0) // no cropping
	return append([]byte{0x67}, w.bytes()...)
}

func TestH264SizeBehindRareFields(t *testing.T) {
	order1 := func(w *bitWriter) {
		w.uint(1, 0) // no scaling matrix
		w.golomb(0)
		w.golomb(1) // pic_order_cnt_type
		w.uint(1, 0)
		w.golomb(5)
		w.golomb(6)
		w.golomb(3)
		for range 3 {
			w.golomb(7)
		}
	}
	scaling := func(w *bitWriter) {
		w.uint(1, 1) // scaling matrix
		for i := range 8 {
			w.uint(1, uint32(i&1)) // every other list is there
			if i&1 == 0 {
				continue
			}
			if i == 1 {
				w.golomb(16) // delta -8: next is 0, and the list ends there
				continue
			}
			entries := 16
			if i >= 6 {
				entries = 64
			}
			for range entries {
				w.golomb(1) // delta 1
			}
		}
		w.golomb(0)
		w.golomb(2) // pic_order_cnt_type 2 has no fields
	}
	for name, middle := range map[string]func(*bitWriter){"picture order type 1": order1, "scaling lists": scaling} {
		t.Run(name, func(t *testing.T) {
			run(t, "video/H264", []step{{1, spsOf(middle), Frame{Start: true, Key: true, Width: 160, Height: 80}}})
		})
	}
}

func TestH264HugeSizesAreNone(t *testing.T) {
	huge := func(w *bitWriter) {
		w.uint(1, 0)
		w.golomb(0)
		w.golomb(1)
		w.uint(1, 0)
		w.golomb(0)
		w.golomb(0)
		w.golomb(1<<31 - 1) // num_ref_frames_in_pic_order_cnt_cycle: must not be looped over
	}
	run(t, "video/H264", []step{{1, spsOf(huge), Frame{Start: true, Key: true}}})
	var w bitWriter
	w.uint(8, 66)
	w.uint(16, 0x001e)
	w.golomb(0)
	w.golomb(0)
	w.golomb(2)
	w.golomb(1)
	w.uint(1, 0)
	w.golomb(1<<32 - 2)
	w.golomb(1<<32 - 2)
	w.uint(1, 1)
	w.uint(1, 1)
	w.uint(1, 0)
	run(t, "video/H264", []step{{1, append([]byte{0x67}, w.bytes()...), Frame{Start: true, Key: true}}})
}

func TestH264Packets(t *testing.T) {
	const (
		a = 1000
		b = 4000
	)
	sps := unhex("6742c01fd9005005bb0110000003001000000303c0f1832480")
	spsFrame := Frame{Start: true, Key: true, Width: 1280, Height: 720}
	pps := []byte{0x68, 0xce, 0x3c, 0x80}
	idr, idrTail := []byte{0x65, 0x88, 0x84}, []byte{0x65, 0x40, 0x84} // first_mb_in_slice 0 and 1
	slice, sliceTail := []byte{0x41, 0x9a, 0x01}, []byte{0x41, 0x40, 0x01}
	stap := func(units ...[]byte) []byte {
		payload := []byte{0x78}
		for _, u := range units {
			payload = append(append(payload, byte(len(u)>>8), byte(len(u))), u...)
		}
		return payload
	}
	for name, steps := range map[string][]step{
		"parameter sets in their own packets": {
			{a, sps, spsFrame},
			{a, pps, Frame{}},
			{a, idr, Frame{}},
			{a, idrTail, Frame{}},
			{b, slice, Frame{Start: true}},
		},
		"parameter sets aggregated": {
			{a, stap(sps, pps), spsFrame},
			{a, []byte{0x7c, 0x85, 0x88}, Frame{}},
			{a, []byte{0x7c, 0x45, 0x88}, Frame{}},
		},
		"a delimiter before them": {
			{a, []byte{0x09, 0xf0}, Frame{Start: true}},
			{a, sps, Frame{Key: true, Width: 1280, Height: 720}},
			{a, idr, Frame{}},
		},
		"everything in one packet": {
			{a, stap([]byte{0x09, 0xf0}, sps, pps, []byte{0x06, 5, 1, 0}, idr), spsFrame},
		},
		"parameter sets twice in a picture": {
			{a, stap(sps, pps), spsFrame},
			{a, stap(sps, pps), Frame{Width: 1280, Height: 720}},
		},
		"parameter sets out of band": {
			{a, idr, Frame{Start: true, Key: true}},
			{a, idrTail, Frame{}},
			{b, slice, Frame{Start: true}},
			{b + 3000, idr, Frame{Start: true, Key: true}},
		},
		"out of band, in fragments": {
			{a, []byte{0x7c, 0x85, 0x88}, Frame{Start: true, Key: true}},
			{a, []byte{0x7c, 0x05, 0x88}, Frame{}},
			{a, []byte{0x7c, 0x45, 0x88}, Frame{}},
			{b, []byte{0x5c, 0x81, 0x9a}, Frame{Start: true}},
		},
		"a later IDR without the parameter sets that others had": {
			{a, sps, spsFrame},
			{a, idr, Frame{}},
			{b, idr, Frame{Start: true}},
			{b + 3000, sps, spsFrame},
		},
		"a key frame whose first packet is lost": {
			{a, idrTail, Frame{}},
			{a, []byte{0x7c, 0x05, 0x88}, Frame{}},
			{b, []byte{0x7c, 0x45, 0x88}, Frame{}},
		},
		"a slice before its picture's first": {
			{a, sliceTail, Frame{}},
			{a, slice, Frame{Start: true}},
		},
		"a supplement after the slices": {
			{a, sliceTail, Frame{}},
			{a, []byte{0x06, 5, 1, 0}, Frame{}},
		},
		"the last packet of a picture after the next one began": {
			{a, slice, Frame{Start: true}},
			{b, slice, Frame{Start: true}},
			{a, sliceTail, Frame{}},
			{b, pps, Frame{}},
			{b, sliceTail, Frame{}},
		},
		"parameter sets overtaken by their picture": {
			{a, sps, spsFrame},
			{b, idr, Frame{Start: true}},
			{b, sps, Frame{Key: true, Width: 1280, Height: 720}},
		},
		"across the wrap-around of time": {
			{1<<32 - 1, slice, Frame{Start: true}},
			{0, slice, Frame{Start: true}},
			{0, sliceTail, Frame{}},
		},
		"nothing refers to it": {
			{a, []byte{0x01, 0x9a}, Frame{Start: true, Discardable: true}},
			{a, []byte{0x1c, 0x81, 0x40}, Frame{Discardable: true}},
			{a, []byte{0x1c, 0x41, 0x01}, Frame{Discardable: true}},
			{b, stap([]byte{0x06, 5, 1, 0}, []byte{0x01, 0x9a}), Frame{Start: true, Discardable: true}},
			{b + 3000, []byte{0x06, 5, 1, 0}, Frame{Start: true}},
		},
		"temporal layers of a prefix": {
			// svc_extension_flag 1, temporal_id 2.
			{a, stap([]byte{0x0e, 0x80, 0x00, 0x5f}, []byte{0x01, 0x9a}), Frame{Start: true, Discardable: true, Temporal: 2}},
			{a, []byte{0x1c, 0x41, 0x01}, Frame{Discardable: true, Temporal: 2}},
			{b, slice, Frame{Start: true}},
		},
		"cut short": {
			{a, []byte{0x78}, Frame{}},
			{b, []byte{0x78, 0}, Frame{}},
			{b + 1, []byte{0x78, 0, 9, 0x65, 0x88}, Frame{}},
			{b + 2, []byte{0x78, 0, 0, 0x65, 0x88}, Frame{}},
			{b + 3, []byte{0x7c}, Frame{}},
			{b + 4, []byte{0x65}, Frame{}},
			{b + 5, []byte{0x7c, 0x85}, Frame{}},
		},
		"interleaved mode is not read": {
			{a, []byte{0x79, 0, 1, 0, 2, 0x65, 0x88}, Frame{}},
			{b, []byte{0x7d, 0x85, 0, 1, 0x88}, Frame{}},
		},
	} {
		t.Run(name, func(t *testing.T) { run(t, "video/H264", steps) })
	}
}
