package codec

import "testing"

// The parameter sets below are what x265 wrote for these pictures.
func TestH265Size(t *testing.T) {
	for _, c := range []struct {
		name, sps     string
		width, height uint16
	}{
		{"8 lines cropped", "4201 01016000000300900000030000030078a003c08010e596566924caf0168080000003008000000f04", 1920, 1080},
		{"10 bits, cropped both ways", "4201 0102200000030090000003000003003ca00a080b9d48d96566924caf016808000003000800000300f040", 318, 178},
		{"4:2:2", "4201 010408000003009d0800000300003cb00a480b9c9796566924caf0168080000003008000000f04", 322, 182},
		{"4:4:4, odd", "4201 010408000003009e0800000300003c900149017388932cacd24995e02d010000030001000003001e08", 321, 181},
		{"two sub-layers", "4201 0201600000030090000003000003003f0000a005020169659598acd24995e02d010000030001000003001e08", 640, 360},
		{"cut short", "4201 0101600000030090000003", 0, 0},
		{"nothing", "4201 01", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			run(t, "video/H265", []step{{1, unhex(c.sps), Frame{Start: true, Key: true, Width: c.width, Height: c.height}}})
		})
	}
}

func TestH265SizeBehindSubLayerProfiles(t *testing.T) {
	var w bitWriter
	w.uint(4, 0)
	w.uint(3, 2) // two sub-layers over the base
	w.uint(1, 1)
	for range 96 / 8 {
		w.uint(8, 0x55)
	}
	w.uint(2, 3) // profile and level
	w.uint(2, 1) // level only
	w.uint(12, 0)
	for range (96 + 8) / 8 {
		w.uint(8, 0xaa)
	}
	w.golomb(0)
	w.golomb(3) // 4:4:4
	w.uint(1, 1)
	w.golomb(640)
	w.golomb(360)
	w.uint(1, 1)
	for _, cut := range []uint32{1, 2, 3, 4} {
		w.golomb(cut)
	}
	run(t, "video/H265", []step{
		{1, append([]byte{0x42, 0x01}, w.bytes()...), Frame{Start: true, Key: true, Width: 637, Height: 353}},
	})
}

func TestH265Packets(t *testing.T) {
	const (
		a = 1000
		b = 4000
	)
	vps := []byte{0x40, 0x01, 0x0c, 0x01}
	sps := unhex("420101016000000300900000030000030078a003c08010e596566924caf0168080000003008000000f04")
	pps := []byte{0x44, 0x01, 0xc1, 0x72}
	sized := Frame{Width: 1920, Height: 1080}
	spsFrame := Frame{Start: true, Key: true, Width: 1920, Height: 1080}
	idr, idrTail := []byte{0x26, 0x01, 0xaf}, []byte{0x26, 0x01, 0x2f}
	cra := []byte{0x2a, 0x01, 0xaf}
	slice, sliceTail := []byte{0x02, 0x01, 0xd0}, []byte{0x02, 0x01, 0x50}
	ap := func(units ...[]byte) []byte {
		payload := []byte{0x60, 0x01}
		for _, u := range units {
			payload = append(append(payload, byte(len(u)>>8), byte(len(u))), u...)
		}
		return payload
	}
	for name, steps := range map[string][]step{
		"parameter sets in their own packets": {
			{a, vps, Frame{Start: true, Key: true}},
			{a, sps, sized},
			{a, pps, Frame{}},
			{a, idr, Frame{}},
			{a, idrTail, Frame{}},
			{b, slice, Frame{Start: true}},
			{b, sliceTail, Frame{}},
		},
		"parameter sets aggregated": {
			{a, ap(vps, sps, pps), spsFrame},
			{a, []byte{0x62, 0x01, 0x93, 0xaf}, Frame{}},
			{a, []byte{0x62, 0x01, 0x53, 0xaf}, Frame{}},
		},
		"a delimiter before them": {
			{a, []byte{0x46, 0x01, 0x10}, Frame{Start: true}},
			{a, ap(vps, sps, pps), Frame{Key: true, Width: 1920, Height: 1080}},
		},
		"everything in one packet": {{a, ap(vps, sps, pps, idr), spsFrame}},
		"picture parameters alone are no key frame": {
			{a, pps, Frame{Start: true}},
			{a, slice, Frame{}},
		},
		"parameter sets out of band": {
			{a, idr, Frame{Start: true, Key: true}},
			{a, idrTail, Frame{}},
			{b, cra, Frame{Start: true, Key: true}},
			{b + 3000, []byte{0x62, 0x01, 0x95, 0x80}, Frame{Start: true, Key: true}},
			{b + 6000, []byte{0x20, 0x01, 0x80}, Frame{Start: true, Key: true}}, // BLA_W_LP, 16
			{b + 9000, []byte{0x2c, 0x01, 0x80}, Frame{Start: true}},            // 22 is reserved
		},
		"a later IRAP without the parameter sets that others had": {
			{a, ap(vps, sps, pps), spsFrame},
			{a, idr, Frame{}},
			{b, cra, Frame{Start: true}},
		},
		"a key frame whose first packet is lost": {
			{a, []byte{0x62, 0x01, 0x13, 0xaf}, Frame{}},
			{a, []byte{0x62, 0x01, 0x53, 0xaf}, Frame{}},
			{b, idrTail, Frame{}},
		},
		"the last packet of a picture after the next one began": {
			{a, slice, Frame{Start: true}},
			{b, slice, Frame{Start: true}},
			{a, sliceTail, Frame{}},
			{b, sliceTail, Frame{}},
		},
		"temporal layers": {
			{a, []byte{0x02, 0x02, 0xd0}, Frame{Start: true, Temporal: 1}},
			{a, []byte{0x62, 0x02, 0x01, 0xd0}, Frame{Temporal: 1}},
			{b, []byte{0x02, 0x07, 0xd0}, Frame{Start: true, Temporal: 6}},
			{b + 1, []byte{0x02, 0x00, 0xd0}, Frame{Start: true}}, // forbidden
		},
		"nothing refers to it: TRAIL_N in the highest of one sub-layer": {
			{a, ap(sps, idr), spsFrame},
			{b, []byte{0x00, 0x01, 0xd0}, Frame{Start: true, Discardable: true}},
			{b, []byte{0x62, 0x01, 0x40, 0xd0}, Frame{Discardable: true}},
			{b + 1, []byte{0x00, 0x02, 0xd0}, Frame{Start: true, Temporal: 1}},
		},
		"TRAIL_N tells nothing before the sub-layers are known": {
			{a, []byte{0x00, 0x01, 0xd0}, Frame{Start: true}},
		},
		"enhancement layers are not looked into": {
			{a, []byte{0x43, 0x09, 0x01, 0x01}, Frame{}}, // SPS of layer 33
			{a, []byte{0x02, 0x09, 0xd0}, Frame{}},
			{a, []byte{0x62, 0x09, 0x93, 0xaf}, Frame{}},
		},
		"cut short": {
			{a, []byte{0x26}, Frame{}},
			{a, []byte{0x26, 0x01}, Frame{}},
			{b, []byte{0x60, 0x01, 0x00}, Frame{}},
			{b + 1, []byte{0x60, 0x01, 0x00, 0x09, 0x26, 0x01, 0xaf}, Frame{}},
			{b + 2, []byte{0x60, 0x01, 0x00, 0x01, 0x26, 0x01, 0xaf}, Frame{}},
			{b + 3, []byte{0x62, 0x01, 0x93}, Frame{}},
		},
	} {
		t.Run(name, func(t *testing.T) { run(t, "video/H265", steps) })
	}
}
