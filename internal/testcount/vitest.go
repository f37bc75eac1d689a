package main

import (
	"encoding/json"
	"fmt"
	"io"
)

// vitestReport is what we read of vitest's JSON reporter.
type vitestReport struct {
	TestResults []struct {
		Name             string
		Status           string
		Message          string
		AssertionResults []struct{ Status string }
	}
}

// readVitest counts the tests of a report. A file that fails without a failed
// test could not be loaded, and counts as one failure.
func readVitest(r io.Reader, out io.Writer) (count, error) {
	var report vitestReport
	if err := json.NewDecoder(r).Decode(&report); err != nil {
		return count{}, fmt.Errorf("read the vitest report: %w", err)
	}
	var total count
	for _, file := range report.TestResults {
		failed := 0
		for _, test := range file.AssertionResults {
			switch test.Status {
			case "passed":
				total.passed++
			case "failed":
				failed++
			default: // skipped, pending, todo, disabled
				total.skipped++
			}
		}
		if file.Status == "failed" && failed == 0 {
			fmt.Fprintf(out, "%s: %s\n", file.Name, file.Message)
			failed = 1
		}
		total.failed += failed
	}
	return total, nil
}
