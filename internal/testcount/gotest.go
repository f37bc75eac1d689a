package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// event is a line of go test -json (go doc test2json).
type event struct {
	Action      string
	Package     string
	ImportPath  string
	Test        string
	Output      string
	Elapsed     float64
	FailedBuild string
}

// slow is the number of seconds from which a test that passed is worth a line.
const slow = 10

// goRun gathers the events of a run until each package ends.
type goRun struct {
	out    io.Writer
	total  count
	builds map[string][]string // output of builds, by what was built
	open   map[string]*goPackage
}

// goPackage is a package whose tests are running.
type goPackage struct {
	output map[string][]string // by test; "" is the package's own
	ended  map[string]string   // how each test ended: pass, fail, skip, or "" while it runs
	order  []string            // the tests as they began
	count  count
}

// readGo counts the tests of go test -json, and writes a line for each package
// and the output of what failed.
func readGo(r io.Reader, out io.Writer) (count, error) {
	run := &goRun{out: out, builds: make(map[string][]string), open: make(map[string]*goPackage)}
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			run.line(line)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return count{}, fmt.Errorf("read test events: %w", err)
		}
	}
	// A package that never ended was cut off with the run.
	for _, name := range sorted(run.open) {
		run.endPackage(event{Action: "fail", Package: name})
	}
	return run.total, nil
}

// line takes one line. What is no event is from the Go tool itself.
func (g *goRun) line(line []byte) {
	var e event
	if json.Unmarshal(line, &e) != nil || e.Action == "" {
		g.out.Write(line)
		return
	}
	switch {
	case e.Action == "build-output":
		g.builds[e.ImportPath] = append(g.builds[e.ImportPath], e.Output)
	case e.Action == "build-fail":
	case e.Test != "":
		g.test(e)
	case e.Action == "output":
		p := g.pkg(e.Package)
		p.output[""] = append(p.output[""], e.Output)
	case e.Action == "pass" || e.Action == "fail" || e.Action == "skip":
		g.endPackage(e)
	}
}

func (g *goRun) pkg(name string) *goPackage {
	p := g.open[name]
	if p == nil {
		p = &goPackage{output: make(map[string][]string), ended: make(map[string]string)}
		g.open[name] = p
	}
	return p
}

func (g *goRun) test(e event) {
	p := g.pkg(e.Package)
	switch e.Action {
	case "run":
		p.order = append(p.order, e.Test)
		p.ended[e.Test] = ""
	case "output":
		p.output[e.Test] = append(p.output[e.Test], e.Output)
	case "pass", "fail", "skip":
		p.ended[e.Test] = e.Action
		if e.Action == "pass" {
			delete(p.output, e.Test)
		}
		if e.Action == "pass" && e.Elapsed >= slow && !strings.Contains(e.Test, "/") {
			fmt.Fprintf(g.out, "     %s passed in %.0f s\n", e.Test, e.Elapsed)
		}
	}
}

// endPackage counts a package's tests and shows what failed.
func (g *goRun) endPackage(e event) {
	p := g.pkg(e.Package)
	delete(g.open, e.Package)
	for _, name := range p.order {
		p.tally(name, e.Action)
	}
	if e.Action == "fail" {
		g.show(p, e)
	}
	g.total.passed += p.count.passed
	g.total.failed += p.count.failed
	g.total.skipped += p.count.skipped
	if e.Action == "fail" || p.count.ran() > 0 {
		fmt.Fprintf(g.out, "%-4s %s: %d passed, %d failed, %d skipped in %.1f s\n",
			e.Action, e.Package, p.count.passed, p.count.failed, p.count.skipped, e.Elapsed)
	}
}

// tally counts a test unless its subtests stand for it. A test that never ended
// took the package down with it.
func (p *goPackage) tally(name, packageEnd string) {
	how := p.ended[name]
	if how == "" {
		how = packageEnd
	}
	leaf, failedBelow := true, false
	for other, end := range p.ended {
		if strings.HasPrefix(other, name+"/") {
			leaf = false
			failedBelow = failedBelow || end == "fail" || end == ""
		}
	}
	switch {
	case how == "fail" && !failedBelow:
		p.count.failed++
	case !leaf:
	case how == "pass":
		p.count.passed++
	case how == "skip":
		p.count.skipped++
	}
}

// show writes the output of what failed: a build, tests, or, when no test is to
// blame, the package itself, which then counts as one failure.
func (g *goRun) show(p *goPackage, e event) {
	if e.FailedBuild != "" {
		fmt.Fprint(g.out, strings.Join(g.builds[e.FailedBuild], ""))
	}
	for _, name := range p.order {
		if p.ended[name] == "fail" || p.ended[name] == "" {
			fmt.Fprint(g.out, strings.Join(p.output[name], ""))
		}
	}
	if p.count.failed == 0 {
		fmt.Fprint(g.out, strings.Join(p.output[""], ""))
		p.count.failed++
	}
}

// sorted gives the names of packages in one order.
func sorted(packages map[string]*goPackage) []string {
	var names []string
	for name := range packages {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
