package h264

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// parameterSet returns a film's first NAL unit of the kind.
func parameterSet(t *testing.T, f film, k byte) []byte {
	t.Helper()
	for _, u := range f.units[0] {
		if kind(u) == k {
			return u
		}
	}
	t.Fatalf("no NAL unit of type %d", k)
	return nil
}

func TestSPSSaysWhatTheEncoderWasTold(t *testing.T) {
	for _, test := range []struct {
		args           string
		profile, level string
		width, height  int
		rate           float64
		references     int
		reorder        int
	}{
		{"-bf 0 -profile:v baseline -level 3.0", "Constrained Baseline", "3.0", 320, 180, 30, 3, 0},
		{"-bf 0 -profile:v main -s 1280x720 -level 3.1 -refs 2", "Main", "3.1", 1280, 720, 30, 2, 0},
		{"-bf 2 -s 1920x1080 -level 4.2 -r 50 -refs 2 -x264-params b-pyramid=none", "High", "4.2", 1920, 1080, 50, 2, 1},
		{"-bf 3 -r 30000/1001 -level 5.1 -refs 5", "High", "5.1", 320, 180, 30000.0 / 1001, 5, 2},
		{"-pix_fmt yuv422p10le -s 322x182 -level 1b -bf 0", "High 4:2:2", "1b", 322, 182, 30, 1, 0},
		{"-pix_fmt yuv444p -s 321x181 -bf 0 -level 1.3", "High 4:4:4 Predictive", "1.3", 321, 181, 30, 3, 0},
		{"-flags +ildct+ilme -x264-params tff=1 -s 320x184 -bf 0 -level 2.1", "High", "2.1", 320, 184, 30, 3, 0},
	} {
		t.Run(test.args, func(t *testing.T) {
			t.Parallel()
			f := encode(t, append(strings.Fields(test.args), "-frames:v", "8")...)
			s, err := ParseSPS(parameterSet(t, f, unitSPS))
			if err != nil {
				t.Fatal(err)
			}
			if s.Profile() != test.profile || s.Level() != test.level || len(s.ProfileLevelID()) != 6 {
				t.Errorf("%s at level %s (%s), want %s at %s", s.Profile(), s.Level(), s.ProfileLevelID(), test.profile, test.level)
			}
			if s.Width != test.width || s.Height != test.height {
				t.Errorf("%dx%d, want %dx%d", s.Width, s.Height, test.width, test.height)
			}
			if s.FrameRate != test.rate {
				t.Errorf("%g pictures a second, want %g", s.FrameRate, test.rate)
			}
			if s.References != test.references || s.Reorder != test.reorder {
				t.Errorf("%d references and %d to reorder, want %d and %d", s.References, s.Reorder, test.references, test.reorder)
			}
		})
	}
}

func TestInOrderChangesNothingElse(t *testing.T) {
	for _, args := range []string{
		"-bf 3", "-bf 0", "-bf 2 -flags +ildct+ilme", "-pix_fmt yuv444p -bf 2",
		"-bf 3 -color_primaries bt709 -color_trc bt709 -colorspace bt709 -x264-params nal-hrd=vbr:vbv-maxrate=500:vbv-bufsize=500:chromaloc=1",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			f := encode(t, append(strings.Fields(args), "-frames:v", "8")...)
			unit := parameterSet(t, f, unitSPS)
			before, err := ParseSPS(unit)
			if err != nil {
				t.Fatal(err)
			}
			for _, gaps := range []bool{false, true} {
				made := before.inOrder(unit, gaps)
				after, err := ParseSPS(made)
				if err != nil {
					t.Fatalf("%x: %v", made, err)
				}
				if after.Reorder != 0 || after.restriction.said && before.Reorder != 0 && after.restriction.buffering != uint32(before.References) || after.gaps != gaps {
					t.Errorf("%+v, want no reordering, gaps: %v", after, gaps)
				}
				if again := after.inOrder(made, gaps); !bytes.Equal(again, made) {
					t.Errorf("done twice: %x, want %x", again, made)
				}
				after.Reorder, after.gaps, after.restriction = before.Reorder, before.gaps, before.restriction
				if a, b := asText(after), asText(before); a != b {
					t.Errorf("%s, want %s", a, b)
				}
			}
		})
	}
}

func TestInOrderAddsAVUI(t *testing.T) {
	// Baseline, level 3.0, 16x16, POC type 0, one reference, no VUI.
	var w bitWriter
	w.uint(66<<16|0<<8|30, 24)
	for _, v := range []uint32{0, 0, 0, 0, 1} {
		w.golomb(v) // id, frame_num bits, POC type, POC bits, references
	}
	w.bit(0)
	w.golomb(0)
	w.golomb(0)
	w.uint(0b1100, 4) // frames only, direct 8x8, no cropping, no VUI
	unit := escape(0x67, w.finish())
	s, err := ParseSPS(unit)
	if err != nil || s.Reorder != Unknown || s.Width != 16 {
		t.Fatalf("%+v, %v", s, err)
	}
	s, err = ParseSPS(s.inOrder(unit, true))
	if err != nil || s.Reorder != 0 || s.restriction.buffering != 1 || !s.gaps || s.Width != 16 {
		t.Errorf("%+v, %v, want no reordering and gaps", s, err)
	}
}

func TestMalformedSPS(t *testing.T) {
	f := encode(t, "-frames:v", "2", "-bf", "3")
	unit := parameterSet(t, f, unitSPS)
	for n := range 10 { // behind them is the VUI, which may be cut
		if _, err := ParseSPS(unit[:n]); !errors.Is(err, ErrMalformed) {
			t.Errorf("%d octets of %d: %v, want ErrMalformed", n, len(unit), err)
		}
	}
	if _, err := ParseSPS(parameterSet(t, f, unitPPS)); !errors.Is(err, ErrMalformed) {
		t.Errorf("a PPS: %v, want ErrMalformed", err)
	}
	if _, err := ParseSPS(append(bytes.Clone(unit), make([]byte, spsLen)...)); !errors.Is(err, ErrMalformed) {
		t.Errorf("too long: %v, want ErrMalformed", err)
	}
}

func TestEscapingIsReversible(t *testing.T) {
	for _, rbsp := range []string{"", "\x00", "\x00\x00\x01", "\x00\x00\x00\x00\x00", "\x00\x00\x03\x00\x00\x04", "\x01\x00\x00"} {
		unit := escape(0x67, []byte(rbsp))
		if i := bytes.Index(unit, []byte{0, 0}); i >= 0 && i+2 < len(unit) && unit[i+2] < 3 {
			t.Errorf("%x holds a start code", unit)
		}
		if got := unescape(nil, unit, 100); string(got) != rbsp {
			t.Errorf("%x comes back as %x", rbsp, got)
		}
	}
}
