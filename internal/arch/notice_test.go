package arch

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestNoticeNamesWhatIsLinked holds NOTICE to what a binary contains: each
// module by its path, or by the beginning of it up to a slash.
func TestNoticeNamesWhatIsLinked(t *testing.T) {
	look(t)
	text, err := os.ReadFile(filepath.Join(moduleDir(t), "NOTICE"))
	if err != nil {
		t.Fatal(err)
	}
	named := strings.Fields(string(text))
	list, err := exec.Command("go", "list", "-e", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "lectern/cmd/lectern").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	modules := slices.Compact(slices.Sorted(slices.Values(strings.Fields(string(list)))))
	if len(modules) == 0 {
		t.Fatal("go list names no module")
	}
	for _, m := range modules {
		if !slices.ContainsFunc(named, func(n string) bool { return n == m || strings.HasSuffix(n, "/") && strings.HasPrefix(m, n) }) {
			t.Errorf("NOTICE does not name %s: add it with its licence", m)
		}
	}
}
