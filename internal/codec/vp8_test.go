package codec

import "testing"

func TestVP8Packets(t *testing.T) {
	key := "50cb00 9d012a 7e02 6601 00" // what libvpx wrote for 638x358
	for name, steps := range map[string][]step{
		"no extension": {
			{1, unhex("10" + key), Frame{Start: true, Key: true, Width: 638, Height: 358}},
			{1, unhex("00 010203"), Frame{}},
			{2, unhex("10 51cb00"), Frame{Start: true}},
		},
		"every extension, picture id of 15 bits": {
			{1, unhex("90 f0 9234 07 85" + key), Frame{Start: true, Key: true, Temporal: 2, Width: 638, Height: 358}},
			{1, unhex("80 f0 9234 07 85 50cb"), Frame{Temporal: 2}},
		},
		"picture id of 7 bits": {{1, unhex("90 80 12" + key), Frame{Start: true, Key: true, Width: 638, Height: 358}}},
		"key index without temporal layer": {
			{1, unhex("90 10 c5 51"), Frame{Start: true}},
		},
		"scaling is not part of the size": {
			{1, unhex("10 50cb00 9d012a 7ec2 6641 00"), Frame{Start: true, Key: true, Width: 638, Height: 358}},
		},
		"other partitions do not start": {
			{1, unhex("11" + key), Frame{}},
			{1, unhex("17" + key), Frame{}},
		},
		"nothing refers to it": {
			{1, unhex("30 51cb00"), Frame{Start: true, Discardable: true}},
			{1, unhex("20 51cb00"), Frame{Discardable: true}},
		},
		"a key frame without its start code has no size": {
			{1, unhex("10 50cb00 9d012b 7e02 6601 00"), Frame{Start: true, Key: true}},
		},
		"a size of which one side is 0 is none": {
			{1, unhex("10 50cb00 9d012a 0000 6601 00"), Frame{Start: true, Key: true}},
		},
		"a key frame that ends before its size": {
			{1, unhex("10 50"), Frame{Start: true, Key: true}},
			{2, unhex("10 50cb00 9d012a 7e02 66"), Frame{Start: true, Key: true}},
		},
		"cut short": {
			{1, unhex("10"), Frame{Start: true}},
			{1, unhex("90"), Frame{}},
			{1, unhex("90 80"), Frame{}},
			{1, unhex("90 80 81"), Frame{}},
			{1, unhex("90 40"), Frame{}},
			{1, unhex("90 20"), Frame{}},
			{1, unhex("90 f0 81 01 02"), Frame{}},
		},
	} {
		t.Run(name, func(t *testing.T) { run(t, "video/VP8", steps) })
	}
}
