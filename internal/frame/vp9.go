package frame

import (
	"fmt"
	"slices"

	"github.com/pion/rtp/codecs"
)

// joinVP9 reads RFC 9628, and of it the lowest spatial layer.
func joinVP9(payloads [][]byte) (Frame, error) {
	var parts [][]byte
	ended := false
	for i, p := range payloads {
		var d codecs.VP9Packet
		part, err := d.Unmarshal(p)
		if err != nil {
			return Frame{}, incomplete("packet %d: %v", i, err)
		}
		if d.L && d.SID > 0 {
			continue
		}
		if first := len(parts) == 0; d.B != first || ended {
			return Frame{}, incomplete("packet %d begins a frame: %v", i, d.B)
		}
		parts = append(parts, part)
		ended = d.E
	}
	if !ended {
		return Frame{}, incomplete("the frame does not end")
	}
	return parseVP9(slices.Concat(parts...))
}

// parseVP9 reads a key frame's uncompressed header (VP9 bitstream specification
// §6.2).
func parseVP9(data []byte) (Frame, error) {
	const marker, keyFrame, sync, rgb = 2, 0, 0x498342, 7
	b := bits{data: data}
	if b.uint(2) != marker {
		return Frame{}, incomplete("no frame marker")
	}
	profile := b.uint(1) | b.uint(1)<<1
	if profile == 3 {
		b.skip(1)
	}
	if shown := b.flag(); shown || b.uint(1) != keyFrame {
		return Frame{}, incomplete("not a key frame")
	}
	b.skip(2) // show_frame, error_resilient_mode
	if b.uint(24) != sync {
		return Frame{}, incomplete("no start code")
	}
	depth := 8
	if profile >= 2 {
		depth = 10
		if b.flag() {
			depth = 12
		}
	}
	odd := profile&1 == 1
	switch space := b.uint(3); {
	case space != rgb && odd:
		b.skip(1 + 3) // color_range, subsampling
	case space != rgb || odd:
		b.skip(1)
	}
	width, height := int(b.uint(16))+1, int(b.uint(16))+1
	if b.short {
		return Frame{}, incomplete("%d octets", len(data))
	}
	name := fmt.Sprintf("vp09.%02d.%02d.%02d", profile, vp9Level(width*height), depth)
	return Frame{Data: data, Codec: name, Width: width, Height: height}, nil
}

// vp9Levels are the picture sizes of VP9's levels, in luma samples.
var vp9Levels = []struct{ level, samples int }{
	{10, 36864}, {11, 73728}, {20, 122880}, {21, 245760}, {30, 552960}, {31, 983040},
	{40, 2228224}, {50, 8912896}, {60, 35651584},
}

// vp9Level is the lowest level for pictures of that size.
func vp9Level(samples int) int {
	for _, row := range vp9Levels {
		if samples <= row.samples {
			return row.level
		}
	}
	return vp9Levels[len(vp9Levels)-1].level
}
