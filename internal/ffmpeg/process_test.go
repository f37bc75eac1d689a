package ffmpeg

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"lectern/internal/flv"
	"lectern/internal/testtool"
	"lectern/sfu/sfutest"
)

// clip is an FLV stream in pieces.
type clip struct {
	header []byte
	units  []piece
}

type piece struct {
	data    []byte
	key     bool
	decoded uint32 // when, in milliseconds
	shown   int64
}

// record makes a clip with the real ffmpeg.
func record(t *testing.T, args ...string) clip {
	t.Helper()
	args = append(append([]string{"-nostdin", "-loglevel", "error"}, args...), "-f", "flv", "-flvflags", "no_duration_filesize", "-")
	made, err := exec.CommandContext(t.Context(), "ffmpeg", args...).Output()
	if err != nil {
		t.Fatalf("ffmpeg %s: %v", strings.Join(args, " "), err)
	}
	var c clip
	var header bytes.Buffer
	w := flv.NewWriter(&header, slices.Contains(args, "-c:v"), slices.Contains(args, "-c:a"))
	for r := flv.NewReader(bytes.NewReader(made)); ; {
		tag, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		p, config := piece{key: true, decoded: tag.Timestamp, shown: int64(tag.Timestamp)}, false
		switch tag.Type {
		case flv.TagVideo:
			v, err := flv.ParseVideo(tag.Data)
			if err != nil {
				t.Fatal(err)
			}
			if v.Type == flv.VideoEnd {
				continue
			}
			config, p.key = v.Type == flv.VideoConfig, v.Key
			p.shown += int64(v.CompositionTime)
		case flv.TagAudio:
			config = len(c.header) == 0 && len(tag.Data) > 1 && tag.Data[0]>>4 == 10 && tag.Data[1] == 0
		default:
			continue
		}
		header.Reset()
		if err := w.Write(tag); err != nil {
			t.Fatal(err)
		}
		if config {
			c.header = append(c.header, header.Bytes()...)
			continue
		}
		p.data = bytes.Clone(header.Bytes())
		c.units = append(c.units, p)
	}
	if len(c.header) == 0 || len(c.units) == 0 {
		t.Fatalf("%d octets of header, %d units", len(c.header), len(c.units))
	}
	return c
}

func pictures(t *testing.T, args ...string) clip {
	t.Helper()
	return record(t, append([]string{"-f", "lavfi", "-i", "testsrc2=s=320x180:r=30", "-t", "4", "-pix_fmt", "yuv420p", "-c:v", "libx264"}, args...)...)
}

// keep runs a process until the test ends or stop is called, which returns
// what Run did.
func keep(t *testing.T, o Options, change func(*Process)) (p *Process, stop func() error) {
	t.Helper()
	p = New(o)
	if change != nil {
		change(p)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	stop = func() error {
		cancel()
		select {
		case err := <-ended:
			ended <- err
			return err
		case <-time.After(20 * time.Second):
			t.Fatal("the process does not end")
			return nil
		}
	}
	t.Cleanup(func() { _ = stop() })
	return p, stop
}

func program(t *testing.T) string {
	t.Helper()
	testtool.Path(t, "ffmpeg")
	path, err := Find("")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// tags hands each tag of the output on.
func tags(out chan<- flv.Tag) func(io.Reader) error {
	return func(r io.Reader) error {
		tags := flv.NewReader(r)
		for {
			tag, err := tags.Next()
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return nil
			}
			if err != nil {
				return err
			}
			tag.Data = bytes.Clone(tag.Data)
			out <- tag
		}
	}
}

func next(t *testing.T, out <-chan flv.Tag, kind flv.TagType) flv.Tag {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case tag := <-out:
			if tag.Type == kind {
				return tag
			}
		case <-limit:
			t.Fatal("nothing comes out")
		}
	}
}

// nextPicture returns the next picture with the time at which it is shown.
func nextPicture(t *testing.T, out <-chan flv.Tag) (v flv.Video, shown int64) {
	t.Helper()
	for {
		tag := next(t, out, flv.TagVideo)
		v, err := flv.ParseVideo(tag.Data)
		if err != nil {
			t.Fatal(err)
		}
		if v.Type == flv.VideoFrame {
			return v, int64(tag.Timestamp) + int64(v.CompositionTime)
		}
	}
}

func TestTranscodeTakesOutBPictures(t *testing.T) {
	sfutest.NoLeaks(t)
	in := pictures(t, "-bf", "3", "-g", "250")
	out := make(chan flv.Tag, 1000)
	p, stop := keep(t, Options{Path: program(t), Args: Transcode(4_000_000), Output: tags(out)}, nil)
	p.SetHeader(in.header)
	want := map[int64]bool{}
	latest := int64(0)
	for _, u := range in.units {
		want[u.shown] = true
		latest = max(latest, u.shown)
		if !p.Write(u.data, u.key) {
			t.Fatal("a picture is dropped")
		}
	}
	last, lastKey, got := int64(-1), int64(-1), 0
	// The decoder holds back as many as the encoder let follow the last one.
	for last < latest-100 {
		v, shown := nextPicture(t, out)
		if v.CompositionTime != 0 || shown <= last || !want[shown] {
			t.Fatalf("a picture of %d ms behind %d ms, composition time %d", shown, last, v.CompositionTime)
		}
		if v.Key {
			lastKey = shown
		}
		if lastKey < 0 || shown-lastKey > keyInterval.Milliseconds() {
			t.Errorf("the picture of %d ms has its key frame at %d ms", shown, lastKey)
		}
		last = shown
		got++
	}
	if got < len(in.units)-4 {
		t.Errorf("%d pictures for %d", got, len(in.units))
	}
	if err := stop(); err != nil {
		t.Errorf("Run = %v", err)
	}
	if s := p.Stats(); s.Starts != 1 || s.Deaths != 0 || s.Dropped != 0 || s.PID != 0 {
		t.Errorf("%+v, want one process without a death", s)
	}
}

// A picture comes out before the next goes in, once ffmpeg has begun.
func TestTranscodeHoldsNothingBack(t *testing.T) {
	sfutest.NoLeaks(t)
	in := pictures(t, "-tune", "zerolatency")
	out := make(chan flv.Tag, 1000)
	p, _ := keep(t, Options{Path: program(t), Args: Transcode(4_000_000), Output: tags(out)}, nil)
	p.SetHeader(in.header)
	const ahead = 4 // what it reads before it begins
	for i, u := range in.units {
		p.Write(u.data, u.key)
		if i < ahead {
			continue
		}
		if _, shown := nextPicture(t, out); shown != in.units[i-ahead].shown {
			t.Fatalf("the picture of %d ms follows that of %d ms in", shown, u.shown)
		}
	}
}

func TestSoundKeepsItsTime(t *testing.T) {
	sfutest.NoLeaks(t)
	for _, test := range []struct{ name, args string }{
		{"5.1", "-f lavfi -i sine=440:sample_rate=48000,pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0 -t 3 -c:a aac"},
		{"mono, 22.05 kHz", "-f lavfi -i sine=440:sample_rate=22050 -t 3 -c:a aac"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := record(t, append(strings.Fields(test.args), "-output_ts_offset", "100")...)
			out := make(chan flv.Tag, 10000)
			p, stop := keep(t, Options{Path: program(t), Args: Sound(), Output: tags(out)}, nil)
			p.SetHeader(in.header)
			p.Write(in.units[0].data, true)
			for p.Stats().PID == 0 {
				runtime.Gosched() // it would begin with the newest
			}
			for _, u := range in.units[1:] {
				p.Write(u.data, true)
			}
			const octetsPerMS = 44100 * 2 * 2 / 1000.0
			var got int
			var begin uint32
			for float64(got) < 2500*octetsPerMS {
				tag := next(t, out, flv.TagAudio)
				if tag.Data[0]>>4 != 3 || tag.Data[0]&0xf != 0xf { // linear PCM, little endian; 44.1 kHz, 16 bits, stereo
					t.Fatalf("sound of kind %#x", tag.Data[0])
				}
				if got == 0 {
					begin = tag.Timestamp
				}
				if want := float64(begin) + float64(got)/octetsPerMS; float64(tag.Timestamp) < want-2 || float64(tag.Timestamp) > want+2 {
					t.Fatalf("%d octets in, the time is %d ms, want %.1f", got, tag.Timestamp, want)
				}
				got += len(tag.Data) - 1
			}
			if first := in.units[0].decoded; begin+30 < first || begin > first+30 {
				t.Errorf("sound begins at %d ms, want %d", begin, first)
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestKilledProcessComesBack(t *testing.T) {
	sfutest.NoLeaks(t)
	in := pictures(t, "-tune", "zerolatency", "-g", "10")
	out := make(chan flv.Tag, 1000)
	p, stop := keep(t, Options{Path: program(t), Args: Transcode(4_000_000), Output: tags(out)}, func(p *Process) { p.pause = time.Millisecond })
	p.SetHeader(in.header)
	next := 0
	step := func() {
		u := in.units[next%len(in.units)]
		p.Write(u.data, u.key)
		next++
	}
	for deaths := range 3 {
		// Pictures go in until some come out of a new process.
		for s := p.Stats(); s.PID == 0 || s.Deaths != uint64(deaths) || len(out) == 0; s = p.Stats() {
			step()
			select {
			case <-time.After(5 * time.Millisecond):
			case <-t.Context().Done():
				t.Fatal("no process")
			}
		}
		pid := p.Stats().PID
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		for p.Stats().Deaths == uint64(deaths) {
			runtime.Gosched()
		}
		if alive(pid) {
			t.Errorf("process %d is still there, perhaps as a zombie", pid)
		}
		if err := p.Stats().Failure; err == nil || !strings.Contains(err.Error(), "killed") {
			t.Errorf("it died of %v, want a signal", err)
		}
		for len(out) > 0 {
			<-out
		}
	}
	if err := stop(); err != nil {
		t.Errorf("Run = %v", err)
	}
}

// alive says whether there is such a process; a zombie counts.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestAnotherHeaderMakesAnotherProcess(t *testing.T) {
	sfutest.NoLeaks(t)
	small, large := pictures(t, "-tune", "zerolatency"), pictures(t, "-tune", "zerolatency", "-s", "640x360")
	out := make(chan flv.Tag, 1000)
	p, stop := keep(t, Options{Path: program(t), Args: Transcode(4_000_000), Output: tags(out)}, nil)
	for i, in := range []clip{small, large} {
		p.SetHeader(in.header)
		for _, u := range in.units[:30] {
			p.Write(u.data, u.key)
		}
		nextPicture(t, out)
		if s := p.Stats(); s.Starts != uint64(i)+1 || s.Deaths != 0 {
			t.Errorf("%+v, want start %d", s, i+1)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestHopelessProcessIsGivenUp(t *testing.T) {
	sfutest.NoLeaks(t)
	p := New(Options{Path: program(t), Args: []string{"-f", "no-such-format", "-i", "pipe:0"}, Output: tags(nil)})
	p.pause = time.Millisecond
	p.Write([]byte("x"), true)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	refill := make(chan struct{})
	go func() {
		defer close(refill)
		for ctx.Err() == nil {
			p.Write([]byte("x"), true)
			runtime.Gosched()
		}
	}()
	err := p.Run(ctx)
	cancel()
	<-refill
	if !errors.Is(err, ErrFailing) || !strings.Contains(err.Error(), "no-such-format") {
		t.Errorf("Run = %v, want ErrFailing with ffmpeg's last words", err)
	}
	if s := p.Stats(); s.Deaths != failuresMost {
		t.Errorf("%d deaths, want %d", s.Deaths, failuresMost)
	}
}

func TestMissingProgram(t *testing.T) {
	if _, err := Find("/nowhere/ffmpeg"); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("Find = %v, want ErrNotInstalled", err)
	}
}

func TestHangingProcessIsReplaced(t *testing.T) {
	sfutest.NoLeaks(t)
	for _, test := range []struct {
		name, script string
		output       func(io.Reader) error
		want         error
	}{
		{"that reads nothing", "exec sleep 60", tags(nil), ErrStalled},
		{"whose output is refused", "echo no FLV at all; exec cat", tags(nil), errOutput},
		{"that closes its output", "exec >&-; exec cat", tags(nil), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, stop := keep(t, Options{Path: "/bin/sh", Args: []string{"-c", test.script}, Output: test.output}, func(p *Process) {
				p.pause, p.stall = time.Millisecond, 50*time.Millisecond
			})
			for p.Stats().Deaths == 0 {
				p.Write(make([]byte, 1<<20), true)
				runtime.Gosched()
			}
			if err := p.Stats().Failure; !errors.Is(err, test.want) && test.want != nil {
				t.Errorf("it died of %v, want %v", err, test.want)
			}
			_ = stop()
		})
	}
}

// ownerEnv makes this test a process that owns an ffmpeg.
const ownerEnv = "LECTERN_TEST_OWNER"

func TestProcessDiesWithItsOwner(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux's kernel does that")
	}
	if os.Getenv(ownerEnv) != "" {
		p := New(Options{Path: "/bin/sh", Args: []string{"-c", "exec sleep 600"}, Output: func(r io.Reader) error {
			_, err := io.Copy(io.Discard, r)
			return err
		}})
		p.Write([]byte("x"), true)
		go func() { _ = p.Run(context.Background()) }()
		for p.Stats().PID == 0 {
			runtime.Gosched()
		}
		fmt.Printf("pid %d\n", p.Stats().PID)
		select {}
	}
	owner := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestProcessDiesWithItsOwner$")
	owner.Env = append(os.Environ(), ownerEnv+"=1")
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	pid := 0
	for lines := bufio.NewScanner(out); pid == 0 && lines.Scan(); {
		if number, ok := strings.CutPrefix(lines.Text(), "pid "); ok {
			pid, _ = strconv.Atoi(number)
		}
	}
	if pid == 0 || !alive(pid) {
		t.Fatalf("process %d is not there", pid)
	}
	_ = owner.Process.Kill()
	_ = owner.Wait()
	limit := time.After(10 * time.Second)
	for alive(pid) {
		select {
		case <-limit:
			t.Fatalf("process %d outlives its owner", pid)
		default:
			runtime.Gosched()
		}
	}
}
