package flv

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAVCConfiguration(t *testing.T) {
	record := unhex(t, "01 64001f ff e1 0004 6764001f 01 0003 68ebe3 fd f8 f8 00")
	want := AVCConfig{Profile: 100, Level: 31, LengthSize: 4, SPS: [][]byte{unhex(t, "6764001f")}, PPS: [][]byte{unhex(t, "68ebe3")}}
	got, err := ParseAVCConfig(record)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	again, err := ParseAVCConfig(AppendAVCConfig(nil, AVCConfig{SPS: want.SPS, PPS: want.PPS}))
	if err != nil || !reflect.DeepEqual(again, want) {
		t.Errorf("written and read: %+v, %v, want %+v", again, err, want)
	}
	for name, broken := range map[string]string{
		"empty":          "",
		"cut":            "01 64001f ff e1 0004 6764",
		"version":        "00 64001f ff e1 0004 6764001f 01 0003 68ebe3",
		"lengths of 3":   "01 64001f fe e1 0004 6764001f 01 0003 68ebe3",
		"too many units": "01 64001f ff ff " + strings.Repeat("0001 67", 31) + " 40 " + strings.Repeat("0001 68", 64),
	} {
		if _, err := ParseAVCConfig(unhex(t, broken)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %v, want %v", name, err, ErrMalformed)
		}
	}
}

func TestHEVCConfiguration(t *testing.T) {
	const head = "01 01 60000000 900000000000 5d f000 fc fd f8 f8 0000 0f"
	record := unhex(t, head+"04 20 0001 0003 40010c 21 0001 0003 420101 a2 0001 0003 4401c0 27 0001 0002 4e01")
	want := HEVCConfig{
		Profile: 1, Level: 93, Depth: 8, LengthSize: 4,
		VPS: [][]byte{unhex(t, "40010c")}, SPS: [][]byte{unhex(t, "420101")}, PPS: [][]byte{unhex(t, "4401c0")},
	}
	if got, err := ParseHEVCConfig(record); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for name, broken := range map[string]string{
		"empty":           "",
		"cut":             head + "04 20 0001 0003 4001",
		"too many units":  head + "01 20 0050" + strings.Repeat("0001 40", 80),
		"units announced": head + "ff 20 ffff",
	} {
		if _, err := ParseHEVCConfig(unhex(t, broken)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %v, want %v", name, err, ErrMalformed)
		}
	}
}

func TestOtherVideoConfigurations(t *testing.T) {
	av1, err := ParseAV1Config(unhex(t, "81 08 4c 00 0a01"))
	if want := (AV1Config{Level: 8, Depth: 10, OBUs: []byte{0x0a, 0x01}}); err != nil || !reflect.DeepEqual(av1, want) {
		t.Errorf("AV1: got %+v, %v, want %+v", av1, err, want)
	}
	if _, err := ParseAV1Config([]byte{0x81, 0}); !errors.Is(err, ErrMalformed) {
		t.Errorf("AV1 cut: got %v, want %v", err, ErrMalformed)
	}
	want := VP9Config{Profile: 0, Level: 31, Depth: 8}
	for _, record := range []string{"00 1f 82 02 02 02 0000", "01000000 00 1f 82 02 02 02 0000"} {
		if got, err := ParseVP9Config(unhex(t, record)); err != nil || got != want {
			t.Errorf("VP9 %s: got %+v, %v, want %+v", record, got, err, want)
		}
	}
	if _, err := ParseVP9Config([]byte{9, 0, 0x80}); !errors.Is(err, ErrMalformed) {
		t.Errorf("VP9: got %v, want %v", err, ErrMalformed)
	}
}

func TestOpusHeader(t *testing.T) {
	header := unhex(t, "4f70757348656164 01 02 3801 80bb0000 0000 00")
	if got, err := ParseOpusConfig(header); err != nil || got != (OpusConfig{Channels: 2, SampleRate: 48000}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := ParseOpusConfig(header[:18]); !errors.Is(err, ErrMalformed) {
		t.Errorf("cut: got %v, want %v", err, ErrMalformed)
	}
}

func TestAccessUnitsAreSplit(t *testing.T) {
	for _, test := range []struct {
		name, data string
		size       int
		want       []string
		err        error
	}{
		{"lengths", "00000002 6588 00000001 09", 4, []string{"6588", "09"}, nil},
		{"short lengths", "0002 6588 0000 0001 41", 2, []string{"6588", "41"}, nil},
		{"beyond", "00000002 6588 00000009 41", 4, []string{"6588"}, ErrMalformed},
		{"half a length", "00000002 6588 0000", 4, []string{"6588"}, ErrMalformed},
		{"start codes", "00000001 6742 000001 6842 00000001 6588000003", 4, []string{"6742", "6842", "6588000003"}, nil},
		{"a length like a start code", "00000101 65" + strings.Repeat("41", 256), 4, []string{"65" + strings.Repeat("41", 256)}, nil},
		{"empty", "", 4, nil, nil},
	} {
		got, err := AppendUnits(nil, unhex(t, test.data), test.size)
		var words []string
		for _, u := range got {
			words = append(words, hex.EncodeToString(u))
		}
		if !errors.Is(err, test.err) || !reflect.DeepEqual(words, test.want) {
			t.Errorf("%s: got %v, %v, want %v, %v", test.name, words, err, test.want, test.err)
		}
	}
}

func FuzzConfigurations(f *testing.F) {
	for _, s := range []string{"0164001fffe100046764001f01000368ebe3", "0101600000009000000000005df000fcfdf8f800000f0120000100034001", "81084c000a01", "001f82020202", "4f707573486561640102380180bb0000000000"} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		if c, err := ParseAVCConfig(record); err == nil {
			if again, err := ParseAVCConfig(AppendAVCConfig(nil, c)); err != nil || len(again.SPS) != len(c.SPS) && len(c.SPS) < 32 || len(again.PPS) != len(c.PPS) {
				t.Errorf("written and read: %+v, %v, want %+v", again, err, c)
			}
		}
		if c, err := ParseHEVCConfig(record); err == nil && len(c.VPS)+len(c.SPS)+len(c.PPS) > maxSets {
			t.Errorf("%d sets", len(c.VPS)+len(c.SPS)+len(c.PPS))
		}
		_, _ = ParseAV1Config(record)
		_, _ = ParseVP9Config(record)
		_, _ = ParseOpusConfig(record)
		for _, size := range []int{1, 2, 4} {
			units, _ := AppendUnits(nil, record, size)
			total := 0
			for _, u := range units {
				if total += len(u); len(u) == 0 {
					t.Error("an empty unit")
				}
			}
			if total > len(record) {
				t.Errorf("%d octets of units out of %d", total, len(record))
			}
		}
	})
}

// Each unit is looked into by whoever gets them.
func TestAccessUnitsHaveSoManyUnits(t *testing.T) {
	for name, data := range map[string][]byte{
		"lengths":     bytes.Repeat([]byte{0, 0, 0, 1, 6}, maxUnits+1),
		"start codes": bytes.Repeat([]byte{0, 0, 1, 6}, maxUnits+1),
	} {
		units, err := AppendUnits(make([][]byte, 1), data, 4)
		if !errors.Is(err, ErrMalformed) || len(units) > maxUnits+1 {
			t.Errorf("%s: %d units, %v", name, len(units), err)
		}
	}
	if units, err := AppendUnits(nil, bytes.Repeat([]byte{1, 6}, maxUnits), 1); err != nil || len(units) != maxUnits {
		t.Errorf("%d units, %v", len(units), err)
	}
}
