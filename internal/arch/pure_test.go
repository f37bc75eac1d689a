package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// moduleDir is where go.mod is.
func moduleDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// clockReads are the functions of package time that look at a clock or wait for one.
var clockReads = map[string]bool{
	"Now": true, "Since": true, "Until": true, "Sleep": true, "After": true, "AfterFunc": true,
	"Tick": true, "NewTicker": true, "NewTimer": true,
}

// impurities lists where the Go files of a folder, its tests aside, read a
// clock or start a goroutine. A folder that does not exist is pure.
func impurities(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				found = append(found, fmt.Sprintf("%s: a goroutine", set.Position(n.Pos())))
			case *ast.SelectorExpr:
				if pkg, ok := n.X.(*ast.Ident); ok && pkg.Name == "time" && clockReads[n.Sel.Name] {
					found = append(found, fmt.Sprintf("%s: time.%s", set.Position(n.Pos()), n.Sel.Name))
				}
			}
			return true
		})
	}
	return found
}

func TestImpuritiesAreFound(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("pure.go", "package room\n\nimport \"time\"\n\nfunc late(at time.Time) time.Time { return at.Add(time.Second) }\n")
	write("free_test.go", "package room\n\nimport \"time\"\n\nvar start = time.Now()\n")
	if found := impurities(t, dir); found != nil {
		t.Errorf("found %q in pure code", found)
	}
	write("impure.go", "package room\n\nimport \"time\"\n\nfunc tick() {\n\tgo tick()\n\tprintln(time.Since(time.Now()))\n}\n")
	found := strings.Join(impurities(t, dir), "\n")
	for _, want := range []string{"impure.go:6:2: a goroutine", "impure.go:7:10: time.Since", "impure.go:7:21: time.Now"} {
		if !strings.Contains(found, want) {
			t.Errorf("did not find %q, only\n%s", want, found)
		}
	}
	if found := impurities(t, filepath.Join(dir, "missing")); found != nil {
		t.Errorf("found %q in no folder", found)
	}
}
