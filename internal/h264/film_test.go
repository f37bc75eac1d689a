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

// joined is the film from an access unit on, with the parameter sets in front.
func joined(t *testing.T, f film, at int) film {
	t.Helper()
	first := [][]byte{parameterSet(t, f, unitSPS), parameterSet(t, f, unitPPS)}
	for _, u := range f.units[at] {
		if kind(u) != unitSPS && kind(u) != unitPPS {
			first = append(first, u)
		}
	}
	return film{units: append([][][]byte{first}, f.units[at+1:]...), pictures: f.pictures}
}

func TestFilterBeginsWithAnyKeyFrame(t *testing.T) {
	f := encode(t, strings.Fields("-bf 3 -g 30 -x264-params b-pyramid=none:b-adapt=0:open-gop=1:scenecut=0")...)
	at := slices.IndexFunc(f.units, func(units [][]byte) bool { return kind(units[0]) == unitSPS })
	for at = at + 1; kind(f.units[at][0]) != unitSPS; {
		at++
	}
	got := filter(joined(t, f, at))
	if !strings.HasPrefix(got.verdicts, "KB") || got.stats.Lost > 0 {
		t.Errorf("%+v %s, want the pictures shown before the key frame left out", got.stats, got.verdicts)
	}
	pictures := decode(t, got.stream)
	if uint64(len(pictures)) != got.stats.Kept {
		t.Errorf("%d pictures of %d", len(pictures), got.stats.Kept)
	}
	wantSubsequence(t, pictures, f.pictures)
}

func TestFilterLearnsOfAPyramidThatNothingAnnounces(t *testing.T) {
	f := encode(t, strings.Fields("-bf 3 -g 30 -x264-params b-pyramid=strict:b-adapt=0:scenecut=0")...)
	for _, units := range f.units {
		for i, u := range units {
			if kind(u) == unitSPS {
				units[i] = withoutVUI(t, u)
			}
		}
	}
	got := filter(f)
	t.Logf("%+v\n%s", got.stats, got.verdicts)
	if gop := got.verdicts[:30]; !strings.Contains(gop, "L") || strings.Contains(got.verdicts[30:], "L") {
		t.Errorf("%s, want pictures lost in the first GOP alone", got.verdicts)
	}
	pictures := decode(t, got.stream)
	if uint64(len(pictures)) != got.stats.Kept {
		t.Errorf("%d pictures of %d", len(pictures), got.stats.Kept)
	}
	wantSubsequence(t, pictures, f.pictures)
}

func withoutVUI(t *testing.T, unit []byte) []byte {
	t.Helper()
	s, err := ParseSPS(unit)
	if err != nil {
		t.Fatal(err)
	}
	var w bitWriter
	w.copyFrom(bits{data: unescape(nil, unit, spsLen)}, s.vuiAt)
	w.bit(0)
	return escape(unit[0], w.finish())
}

// A stream that cannot be read goes through as it came, and the filter works
// again at the next key frame.
func TestUnreadableStreamIsNotTouched(t *testing.T) {
	f := encode(t, strings.Fields("-bf 2 -g 30 -x264-params b-pyramid=none:b-adapt=0:scenecut=0")...)
	const damage = 40
	f.units[damage] = [][]byte{{0x41, 0x00, 0x00}}
	got := filter(f)
	if got.verdicts[:30] != got.verdicts[60:90] || strings.Trim(got.verdicts[damage:60], "K") != "" || got.stats.Unread != 1 {
		t.Errorf("%+v %s, want everything kept from %d to 60", got.stats, got.verdicts, damage)
	}
	var none Filter
	units := [][]byte{{0x67, 1, 2}, {0x68}, {0x65, 0x88}, {}}
	if out, v := none.Next(units); v != Kept || !slices.EqualFunc(out, units, bytes.Equal) {
		t.Errorf("%v %x, want what came", v, out)
	}
}

func TestEndlessGOPNeedsNoMemory(t *testing.T) {
	f := encode(t, strings.Fields("-bf 3 -g 1000 -x264-params b-adapt=0:scenecut=0")...)
	var filter Filter
	for range 20 {
		for _, units := range f.units[1:] { // no key frame but the first
			filter.Next(units)
		}
		filter.Next(f.units[0])
		for _, units := range f.units[1:] {
			filter.Next(units)
			if len(filter.absent) > referencesMost+1 {
				t.Fatalf("%d absent pictures are remembered", len(filter.absent))
			}
		}
	}
}

func BenchmarkFilter(b *testing.B) {
	sps := []byte{0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x61, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2d, 0x96}
	pps := []byte{0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0}
	key := append([]byte{0x65, 0x88, 0x84}, bytes.Repeat([]byte{0x5a}, 20000)...)
	delta := append([]byte{0x41, 0x9a, 0x24}, bytes.Repeat([]byte{0x5a}, 8000)...)
	var filter Filter
	filter.Next([][]byte{sps, pps, key})
	b.ReportAllocs()
	for b.Loop() {
		filter.Next([][]byte{delta})
	}
}
