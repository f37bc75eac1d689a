// Package testtool finds the programs that tests run.
//
// Invariant: where all of them are promised to be there, a missing one fails
// the test. CI=true promises it, in the environment of continuous integration
// and of scripts/test.sh, which run after scripts/tools.sh has installed
// everything. Elsewhere the test is skipped.
package testtool

import (
	"os"
	"os/exec"
	"testing"
)

// Path returns where the program is. It ends the test if there is none.
func Path(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("%v (make test installs it)", err)
	default:
		t.Skipf("%v (make test installs it)", err)
	}
	return path
}
