package h264

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// film is what an encoder made, cut into access units.
type film struct {
	units    [][][]byte
	pictures []string // hashes of what a decoder shows, in the order of showing
}

// encode makes four seconds of moving pictures with x264.
func encode(t *testing.T, args ...string) film {
	t.Helper()
	all := append([]string{"-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=30,noise=alls=6:allf=t", "-t", "4",
		"-pix_fmt", "yuv420p", "-c:v", "libx264", "-threads", "1"}, args...)
	made := run(t, nil, append(all, "-f", "h264", "-")...)
	return film{units: accessUnits(made), pictures: decode(t, made)}
}

// run starts ffmpeg, which may neither fail nor complain.
func run(t *testing.T, in []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ffmpeg", append([]string{"-nostdin", "-nostats"}, args...)...)
	if in != nil {
		cmd = exec.CommandContext(t.Context(), "ffmpeg", args...)
		cmd.Stdin = bytes.NewReader(in)
	}
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("ffmpeg %s: %v\n%s", strings.Join(args, " "), err, complaints.String())
	}
	return out
}

// decode returns the hash of each picture.
func decode(t *testing.T, stream []byte) []string {
	t.Helper()
	out := run(t, stream, "-hide_banner", "-loglevel", "warning", "-f", "h264", "-i", "-", "-fps_mode", "passthrough", "-f", "framemd5", "-")
	var hashes []string
	for line := range strings.Lines(string(out)) {
		if fields := strings.Split(strings.TrimSpace(line), ","); !strings.HasPrefix(line, "#") && len(fields) == 6 {
			hashes = append(hashes, strings.TrimSpace(fields[5]))
		}
	}
	return hashes
}

// accessUnits cuts a byte stream before what precedes each first slice.
func accessUnits(stream []byte) [][][]byte {
	var all [][][]byte
	var next [][]byte
	sliced := false
	for _, u := range bytes.Split(stream, []byte{0, 0, 1}) {
		if u = bytes.TrimRight(u, "\x00"); len(u) == 0 {
			continue
		}
		first := isSlice(u) && u[1]&0x80 != 0
		if sliced && (first || !isSlice(u)) {
			all, next, sliced = append(all, next), nil, false
		}
		next = append(next, u)
		sliced = sliced || isSlice(u)
	}
	return append(all, next)
}

func byteStream(units [][]byte) []byte {
	var stream []byte
	for _, u := range units {
		stream = append(append(stream, 0, 0, 0, 1), u...)
	}
	return stream
}

// filtered is a film after a Filter.
type filtered struct {
	stream   []byte
	verdicts string // K, B or L for each access unit
	stats    Stats
}

func filter(f film) filtered {
	var made filtered
	var filter Filter
	for _, units := range f.units {
		out, v := filter.Next(units)
		made.stream = append(made.stream, byteStream(out)...)
		made.verdicts += string("KBL"[v])
	}
	made.stats = filter.Stats()
	return made
}

// wantSubsequence checks that the pictures are all of the film and in its order.
func wantSubsequence(t *testing.T, got, of []string) {
	t.Helper()
	at := 0
	for i, hash := range got {
		next := slices.Index(of[at:], hash)
		if next < 0 {
			t.Fatalf("picture %d of %d is not one of the original behind its %d th", i, len(got), at)
		}
		at += next + 1
	}
}

func TestFilterKeepsExactPictures(t *testing.T) {
	for _, test := range []struct {
		name string
		args string
		kept int // of 120, at least
		run  int
		lost bool
	}{
		{"no B pictures", "-bf 0 -g 60", 120, 0, false},
		{"zero latency", "-tune zerolatency -g 60", 120, 0, false},
		{"2 without a pyramid", "-bf 2 -g 60 -x264-params b-pyramid=none:b-adapt=0:scenecut=0", 40, 2, false},
		{"3 without a pyramid", "-bf 3 -g 60 -x264-params b-pyramid=none:b-adapt=0:scenecut=0", 30, 3, false},
		{"3, strict pyramid", "-bf 3 -g 60 -x264-params b-pyramid=strict:b-adapt=0:scenecut=0", 30, 3, false},
		{"3, normal pyramid, one reference", "-preset veryfast -bf 3 -g 60 -x264-params b-adapt=0:scenecut=0", 30, 3, false},
		{"3, normal pyramid", "-bf 3 -g 30 -x264-params b-adapt=0:scenecut=0", 4, 3, true},
		{"as ffmpeg does by itself", "", 2, 3, true},
		{"open GOP", "-bf 3 -g 30 -x264-params b-pyramid=none:open-gop=1:scenecut=0", 30, 3, false},
		{"open GOP, normal pyramid", "-bf 3 -g 30 -x264-params open-gop=1:scenecut=0", 2, 3, true},
		{"main profile, CAVLC", "-profile:v main -coder 0 -bf 2 -g 60 -x264-params b-pyramid=none", 40, 2, false},
		{"four slices", "-bf 3 -g 60 -x264-params slices=4:b-pyramid=strict:b-adapt=0:scenecut=0", 30, 3, false},
		{"16 references", "-bf 3 -refs 16 -g 60 -x264-params b-pyramid=strict:b-adapt=0:scenecut=0", 30, 3, false},
		{"16 B pictures", "-bf 16 -g 60 -x264-params b-pyramid=strict:b-adapt=0:scenecut=0", 8, 16, false},
		{"weighted prediction", "-bf 3 -g 60 -x264-params weightp=2:b-pyramid=strict:b-adapt=0:scenecut=0", 30, 3, false},
		{"interlaced", "-bf 2 -g 60 -flags +ildct+ilme -x264-params b-pyramid=none:tff=1", 30, 2, false},
		{"4:2:2, 10 bits", "-pix_fmt yuv422p10le -bf 2 -g 60 -x264-params b-pyramid=none", 40, 2, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := encode(t, strings.Fields(test.args)...)
			if len(f.units) != 120 || len(f.pictures) != 120 {
				t.Fatalf("%d access units, %d pictures, want 120", len(f.units), len(f.pictures))
			}
			got := filter(f)
			pictures := decode(t, got.stream)
			t.Logf("%+v\n%s", got.stats, got.verdicts)
			if uint64(len(pictures)) != got.stats.Kept || len(pictures) < test.kept {
				t.Errorf("%d pictures of %d kept ones, want both at least %d", len(pictures), got.stats.Kept, test.kept)
			}
			wantSubsequence(t, pictures, f.pictures)
			if got.stats.Run != test.run || got.stats.Lost > 0 != test.lost || got.stats.Unread > 0 {
				t.Errorf("%+v, want runs of %d B pictures, lost pictures: %v", got.stats, test.run, test.lost)
			}
			if sum := got.stats.Kept + got.stats.LeftOut + got.stats.Lost; sum != 120 {
				t.Errorf("%d pictures counted, want 120", sum)
			}
		})
	}
}

func TestFilterLeavesStreamsInOrderAlone(t *testing.T) {
	f := encode(t, "-tune", "zerolatency", "-g", "60")
	var want []byte
	for _, units := range f.units {
		want = append(want, byteStream(units)...)
	}
	if got := filter(f); !bytes.Equal(got.stream, want) {
		t.Error("a stream that was in order has been changed")
	}
}
