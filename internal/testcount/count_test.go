package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGoEventsAreCounted(t *testing.T) {
	for _, c := range []struct {
		name   string
		events string
		want   count
		shows  []string // parts of what is printed
		hides  []string
	}{
		{"a test passes", `
{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"noise\n"}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0.1}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"pass","Package":"p","Elapsed":1.25}`,
			count{1, 0, 0}, []string{"pass p: 1 passed, 0 failed, 0 skipped in 1.2 s"}, []string{"noise", "PASS\n"}},
		{"subtests stand for their test", `
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestA/x"}
{"Action":"run","Package":"p","Test":"TestA/y"}
{"Action":"output","Package":"p","Test":"TestA/y","Output":"y is wrong\n"}
{"Action":"pass","Package":"p","Test":"TestA/x"}
{"Action":"fail","Package":"p","Test":"TestA/y"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestAB"}
{"Action":"skip","Package":"p","Test":"TestAB"}
{"Action":"fail","Package":"p"}`,
			count{1, 1, 1}, []string{"y is wrong", "fail p: 1 passed, 1 failed, 1 skipped"}, nil},
		{"a test fails after its subtests passed", `
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestA/x"}
{"Action":"pass","Package":"p","Test":"TestA/x"}
{"Action":"output","Package":"p","Test":"TestA","Output":"left a goroutine\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`,
			count{1, 1, 0}, []string{"left a goroutine"}, nil},
		{"a panic takes the package down", `
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestA/x"}
{"Action":"output","Package":"p","Test":"TestA/x","Output":"panic: ouch\n"}
{"Action":"fail","Package":"p","Elapsed":0.2}`,
			count{0, 1, 0}, []string{"panic: ouch", "fail p"}, nil},
		{"a build fails", `
{"ImportPath":"p [p.test]","Action":"build-output","Output":"p.go:3:1: undefined: x\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}
{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`,
			count{0, 1, 0}, []string{"undefined: x", "build failed", "fail p: 0 passed, 1 failed"}, nil},
		{"a package fails outside its tests", `
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"race detected outside of test execution\n"}
{"Action":"fail","Package":"p"}`,
			count{1, 1, 0}, []string{"race detected"}, nil},
		{"the run is cut off", `
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"working\n"}`,
			count{0, 1, 0}, []string{"working", "fail p"}, nil},
		{"no tests", `
{"Action":"output","Package":"p","Output":"?   \tp\t[no test files]\n"}
{"Action":"skip","Package":"p"}`,
			count{}, nil, []string{"p"}},
		{"two packages at once", `
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"q","Test":"TestA"}
{"Action":"fail","Package":"q","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p"}
{"Action":"fail","Package":"q"}`,
			count{1, 1, 0}, []string{"pass p: 1 passed, 0 failed", "fail q: 0 passed, 1 failed"}, nil},
		{"slow tests are named", `
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":31.4}
{"Action":"pass","Package":"p"}`,
			count{1, 0, 0}, []string{"TestA passed in 31 s"}, nil},
		{"other text passes through", "go: downloading x\n", count{}, []string{"go: downloading x"}, nil},
		{"nothing", "", count{}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			got, err := read([]string{"go"}, strings.NewReader(strings.TrimPrefix(c.events, "\n")), &out)
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
			for _, part := range c.shows {
				if !strings.Contains(out.String(), part) {
					t.Errorf("does not show %q:\n%s", part, out.String())
				}
			}
			for _, part := range c.hides {
				if strings.Contains(out.String(), part) {
					t.Errorf("shows %q:\n%s", part, out.String())
				}
			}
		})
	}
}

func TestVitestReportIsCounted(t *testing.T) {
	report := filepath.Join(t.TempDir(), "report.json")
	text := `{"numTotalTests":4,"testResults":[
		{"name":"a.test.ts","status":"failed","message":"","assertionResults":[{"status":"passed"},{"status":"failed"},{"status":"skipped"},{"status":"todo"}]},
		{"name":"b.test.ts","status":"passed","message":"","assertionResults":[{"status":"passed"}]},
		{"name":"c.test.ts","status":"failed","message":"cannot load","assertionResults":[]}]}`
	if err := os.WriteFile(report, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	got, err := read([]string{"vitest", report}, nil, &out)
	if want := (count{2, 2, 2}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if want := "c.test.ts: cannot load\n"; out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
}

func TestWrongArguments(t *testing.T) {
	for _, args := range [][]string{nil, {"jest"}, {"vitest"}, {"vitest", "nowhere.json"}} {
		if _, err := read(args, strings.NewReader(""), &strings.Builder{}); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}

func TestCountsAreAdded(t *testing.T) {
	name := filepath.Join(t.TempDir(), "counts")
	for _, c := range []count{{1, 2, 3}, {4, 5, 6}} {
		if err := c.addTo(name); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(name)
	if want := "1 2 3\n4 5 6\n"; err != nil || string(text) != want {
		t.Errorf("got %q, %v, want %q", text, err, want)
	}
}

func FuzzGoEvents(f *testing.F) {
	f.Add(`{"Action":"run","Package":"p","Test":"TestA"}` + "\n" + `{"Action":"fail","Package":"p"}`)
	f.Fuzz(func(t *testing.T, events string) {
		if _, err := readGo(strings.NewReader(events), &strings.Builder{}); err != nil {
			t.Error(err)
		}
	})
}
