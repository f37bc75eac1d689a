package frame

import (
	"encoding/binary"
	"errors"
	"testing"
)

func FuzzH264(f *testing.F) { fuzz(f, "video/H264") }
func FuzzH265(f *testing.F) { fuzz(f, "video/H265") }
func FuzzVP8(f *testing.F)  { fuzz(f, "video/VP8") }
func FuzzVP9(f *testing.F)  { fuzz(f, "video/VP9") }
func FuzzAV1(f *testing.F)  { fuzz(f, "video/AV1") }

// fuzz joins packets that are cut out of the input: each is behind its length
// in two octets. Whatever they are, there is an error of ours, or a frame
// within the bound whose codec has a name.
func fuzz(f *testing.F, mimeType string) {
	var seed []byte
	for _, p := range payloads(f, mimeType) {
		p = p[:min(len(p), 80)]
		seed = binary.BigEndian.AppendUint16(seed, uint16(len(p)))
		seed = append(seed, p...)
	}
	f.Add(seed)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, input []byte) {
		var packets [][]byte
		for len(input) >= 2 {
			n := min(int(binary.BigEndian.Uint16(input)), len(input)-2)
			packets = append(packets, input[2:2+n:2+n])
			input = input[2+n:]
		}
		got, err := Join(mimeType, packets)
		switch {
		case err != nil:
			if !errors.Is(err, ErrIncomplete) && !errors.Is(err, ErrUnsupported) {
				t.Errorf("an error of another kind: %v", err)
			}
		case len(got.Data) == 0 || len(got.Data) > MaxSize || got.Codec == "" || got.Width < 0 || got.Height < 0:
			t.Errorf("%d octets, codec %q, %dx%d", len(got.Data), got.Codec, got.Width, got.Height)
		}
	})
}
