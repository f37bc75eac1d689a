package h264

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

func asText(v any) string { return fmt.Sprintf("%+v", v) }

func FuzzSPS(f *testing.F) {
	f.Add([]byte{0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x61, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2d, 0x96}, true)
	f.Add([]byte{0x67, 0x42, 0xc0, 0x1f, 0xd9, 0x00, 0xa0, 0x5b, 0xb0}, false)
	f.Fuzz(func(t *testing.T, unit []byte, gaps bool) {
		s, err := ParseSPS(unit)
		if err != nil {
			return
		}
		if s.Width <= 0 || s.Height <= 0 || s.Width > 16*columnsMost || s.Height > 32*rowsMost || s.References > referencesMost {
			t.Fatalf("%+v", s)
		}
		made := s.inOrder(unit, gaps)
		after, err := ParseSPS(made)
		if err != nil {
			t.Fatalf("%x became %x: %v", unit, made, err)
		}
		if after.Reorder != 0 || after.Width != s.Width || after.Height != s.Height || gaps && !after.gaps || after.FrameRate != s.FrameRate {
			t.Fatalf("%+v became %+v", s, after)
		}
	})
}

// FuzzFilter cuts its input into access units at every octet pair that says
// so, and checks what no input may break.
func FuzzFilter(f *testing.F) {
	sps := []byte{0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x61, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2d, 0x96}
	pps := []byte{0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0}
	f.Add(slices.Concat(sps, []byte{0, 0, 1}, pps, []byte{0, 0, 1, 0x65, 0x88, 0x84, 0, 0, 2, 0x41, 0x9a, 0x24, 0x6c, 0, 0, 2, 0x01, 0x9e, 0x41, 0x79}))
	f.Fuzz(func(t *testing.T, data []byte) {
		var filter Filter
		for _, unit := range bytes.Split(data, []byte{0, 0, 2}) {
			units := bytes.Split(unit, []byte{0, 0, 1})
			before := slices.Concat(units...)
			out, v := filter.Next(units)
			if v != Kept && out != nil || v == Kept && len(out) != len(units) {
				t.Fatalf("%v with %d units of %d", v, len(out), len(units))
			}
			if !bytes.Equal(slices.Concat(units...), before) {
				t.Fatal("the input has been changed")
			}
			if len(filter.all.frames) > referencesMost || len(filter.sent.frames) > referencesMost || len(filter.absent) > referencesMost+1 {
				t.Fatalf("%d, %d and %d pictures are remembered", len(filter.all.frames), len(filter.sent.frames), len(filter.absent))
			}
		}
	})
}
