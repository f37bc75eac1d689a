// Command testcount reads what test runners write for machines, shows people
// what failed, and counts.
//
//	go test -json ./... | testcount -add FILE go
//	testcount -add FILE vitest REPORT.json
//
// It adds a line "PASSED FAILED SKIPPED" to FILE, from which the caller makes
// its sum. It ends with 1 when anything failed, and when nothing ran at all: a
// run that tested nothing is not a success.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

// count is how many tests there were. Only the innermost count: a test with
// subtests is those subtests.
type count struct{ passed, failed, skipped int }

func (c count) ran() int { return c.passed + c.failed + c.skipped }

func main() {
	add := flag.String("add", "", "`file` to add the count to")
	flag.Parse()
	c, err := read(flag.Args(), os.Stdin, os.Stdout)
	if err == nil && *add != "" {
		err = c.addTo(*add)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testcount:", err)
		os.Exit(1)
	}
	if c.ran() == 0 {
		fmt.Fprintln(os.Stderr, "testcount: no test ran")
	}
	if c.failed > 0 || c.ran() == 0 {
		os.Exit(1)
	}
}

// read counts what the arguments name.
func read(args []string, stdin io.Reader, out io.Writer) (count, error) {
	switch {
	case len(args) == 1 && args[0] == "go":
		return readGo(stdin, out)
	case len(args) == 2 && args[0] == "vitest":
		f, err := os.Open(args[1])
		if err != nil {
			return count{}, err
		}
		defer f.Close()
		return readVitest(f, out)
	}
	return count{}, fmt.Errorf("arguments %q: want go, or vitest and a report", args)
}

func (c count) addTo(name string) error {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(f, c.passed, c.failed, c.skipped); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
