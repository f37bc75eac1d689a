package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTableHasMediansAndRatios(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const begin = `{"date":"2026-01-02T03:04:05Z","machine":"a machine","load_average":0.31,"viewers":80,"seconds":20,`
	a := write("a", begin+`"counts":{"packets":99,"lost":1},"server":{"cpu_us_per_packet":10,"kib_per_viewer":2000}}`)
	b := write("b", begin+`"counts":{"packets":99,"lost":1},"server":{"cpu_us_per_packet":12,"kib_per_viewer":2000}}`)
	c := write("c", begin+`"counts":{"packets":100},"server":{"cpu_us_per_packet":2.75,"kib_per_viewer":250}}`)
	var got strings.Builder
	if err := compare([]string{"naive=" + a, "lectern=" + c, "naive=" + b}, &got); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"a machine, 2026-01-02, 20 s each, load 0.3 before the first\n",
		"| 80 viewers | naive | lectern | ÷ naive |\n|---|---|---|---|\n",
		"| CPU a packet | 11.0 µs | 2.75 µs | 0.25 |\n",
		"| memory a viewer | 2000 KiB | 250 KiB | 0.12 |\n",
		"| lost packets | 1.00 % | 0 % |  |\n",
	} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("no %q in\n%s", want, got.String())
		}
	}
}

func TestWhatCannotBeCompared(t *testing.T) {
	for _, args := range [][]string{nil, {"a.json"}, {"a=" + t.TempDir()}} {
		if err := compare(args, &strings.Builder{}); err == nil {
			t.Errorf("%q is compared", args)
		}
	}
}
