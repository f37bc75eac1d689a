package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// graph is what each package imports, by import path: our packages and all that they need.
type graph map[string][]string

// ban forbids imports.
type ban struct {
	from, except []string // who is banned, and who of those is not
	to           []string // what they must not import
	deep         bool     // nor through others
	// exceptSiblings lets a package import what is in the same folder of bridge.
	exceptSiblings bool
	because        string
}

// load asks the Go tool for our packages and everything below them.
func load(t *testing.T) graph {
	t.Helper()
	look(t)
	var stderr bytes.Buffer
	list := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Imports", "lectern/...")
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	g := make(graph)
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		if !strings.Contains(p.ImportPath, "/node_modules/") {
			g[p.ImportPath] = p.Imports
		}
	}
	if len(g["lectern/sfu"]) == 0 {
		t.Fatalf("go list gives %d packages, and nothing that sfu imports", len(g))
	}
	return g
}

// look opens every folder of ours. The Go tool repeats a test's result without
// running it while nothing changed that the test looked at, and does not see
// what go list looks at.
func look(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(moduleDir(t), func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && slices.Contains([]string{".git", "node_modules", "dist", "bin"}, d.Name()) {
			return filepath.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// violations are sentences, in one order.
func (b ban) violations(g graph) []string {
	var found []string
	for name := range g {
		if !matchesAny(b.from, name) || matchesAny(b.except, name) {
			continue
		}
		if path := b.path(g, name); path != nil {
			found = append(found, fmt.Sprintf("%s must not import %s: %s", strings.Join(path[:len(path)-1], " → "), path[len(path)-1], b.because))
		}
	}
	slices.Sort(found)
	return found
}

// absent are the patterns of ours that match nothing: a package was renamed, and
// its ban is none.
func (b ban) absent(g graph) []string {
	return slices.DeleteFunc(slices.Concat(b.from, b.except, b.to), func(pattern string) bool {
		if !strings.HasPrefix(pattern, "lectern/") {
			return true
		}
		for name := range g {
			if matchesAny([]string{pattern}, name) {
				return true
			}
		}
		return false
	})
}

// path is the shortest way from a package to something banned, or nil.
func (b ban) path(g graph, from string) []string {
	queue := [][]string{{from}}
	seen := map[string]bool{from: true}
	for len(queue) > 0 {
		way := queue[0]
		queue = queue[1:]
		for _, next := range g[way[len(way)-1]] {
			if seen[next] || b.exceptSiblings && siblings(from, next) {
				continue
			}
			seen[next] = true
			on := append(way[:len(way):len(way)], next)
			if matchesAny(b.to, next) {
				return on
			}
			if b.deep {
				queue = append(queue, on)
			}
		}
	}
	return nil
}

// siblings reports whether two packages share their first three path elements.
func siblings(a, b string) bool {
	folder := func(s string) string { return strings.Join(strings.SplitN(s+"//", "/", 4)[:3], "/") }
	return folder(a) == folder(b)
}

func matchesAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		prefix, below := strings.CutSuffix(pattern, "/...")
		return path == prefix || below && strings.HasPrefix(path, prefix+"/")
	})
}
