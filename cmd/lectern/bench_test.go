package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"lectern/internal/bench"
)

func TestBenchSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 2, "--whep is needed"},
		{[]string{"--whep", "localhost/whep/x"}, 2, "want a URL such as http://localhost:8080/whep/bench"},
		{[]string{"--whep", "http://localhost:1/whep/x", "--bitrate", "2x"}, 2, "want a bitrate such as"},
		{[]string{"--whep", "http://localhost:1/whep/x", "-n", "0"}, 2, "--viewers 0: want 1 to"},
		{[]string{"--whep", "http://127.0.0.1:1/whep/x", "--bitrate", "2M", "-n", "1"}, 1, "the server cannot be reached: http://127.0.0.1:1/whep/x"},
		{[]string{"--whep", "http://127.0.0.1:1/whep/x", "--pid", "0"}, 1, "process 0 (--pid)"},
	} {
		r := lectern(t, nil, append([]string{"bench"}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.stderr, c.want) || r.stdout != "" {
			t.Errorf("%q: exit code %d, stderr %q, stdout %q, want %d, %q", c.args, r.code, r.stderr, r.stdout, c.code, c.want)
		}
	}
}

func TestShortBitrates(t *testing.T) {
	for text, want := range map[string]int{"2M": 2_000_000, "800k": 800_000, "1.5M": 1_500_000, "2Mbit/s": 2_000_000, "1G": 1_000_000_000} {
		var got shortBitrate
		if err := got.Set(text); err != nil || int(got) != want {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, wrong := range []string{"", "2", "M", "-1M", "2 000"} {
		if err := new(shortBitrate).Set(wrong); err == nil {
			t.Errorf("%q is a bitrate", wrong)
		}
	}
}

func TestReportsForProgramsAreJSON(t *testing.T) {
	var out bytes.Buffer
	if err := printReport(&out, &bench.Report{Viewers: 7, Server: &bench.Server{MicrosPerPacket: 2.5}}, true); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Viewers int
		Server  struct {
			CPU float64 `json:"cpu_us_per_packet"`
		}
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got.Viewers != 7 || got.Server.CPU != 2.5 {
		t.Errorf("%s: %+v, %v", &out, got, err)
	}
}

func TestStatusLinesOfAFileStandBelowEachOther(t *testing.T) {
	var out bytes.Buffer
	line := newStatusLine(&out)
	line.show("one")
	line.show("two")
	line.clear()
	if out.String() != "one\ntwo\n" {
		t.Errorf("wrote %q", out.String())
	}
	out.Reset()
	line.inPlace = true
	line.show("one")
	line.clear()
	if out.String() != eraseLine+"one"+eraseLine {
		t.Errorf("wrote %q", out.String())
	}
}
