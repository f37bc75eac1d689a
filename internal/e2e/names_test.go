package e2e

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Names that want to be paths, or that no person could read, are refused by
// each route that takes one; no file is read or made by them.
func TestNamesLeadNowhereElse(t *testing.T) {
	top := t.TempDir()
	data := filepath.Join(top, "data")
	if err := os.WriteFile(filepath.Join(top, "secret"), []byte("root:x:0:0"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startServer(t, "--data.dir", data)
	if err := os.Symlink(filepath.Join(top, "secret"), filepath.Join(data, "link")); err != nil {
		t.Fatal(err)
	}
	if status, body := raw(t, s, "POST", "/whip/good"); status != http.StatusCreated {
		t.Fatalf("a good name: %d %s", status, body)
	}
	before := files(t, top)
	names := []string{
		"..", "../secret", "../../secret", "..%2fsecret", "%2e%2e/secret", "%2e%2e%2fsecret", "..%5csecret", "..\\secret",
		"%252e%252e%252fsecret", "....//secret", "a/../../../secret", "/secret", "//secret", "%00", "a%00b", "a%0ab", "a%0d%0ab",
		"%e2%80%aea", "a%e2%80%8fb", "%ff%fe", "%c0%ae%c0%ae%c0%afsecret", "a:b", "CON%00", strings.Repeat("a", 4096), "link/..%2f..%2fsecret",
		"file:%2f%2f%2fetc%2fpasswd", "%2fetc%2fpasswd", url.PathEscape(filepath.Join(top, "secret")),
	}
	routes := []struct{ method, path string }{
		{"POST", "/whip/"}, {"POST", "/whep/"}, {"GET", "/whep/"}, {"DELETE", "/sessions/whip/"}, {"PATCH", "/sessions/whep/"},
		{"GET", "/api/v1/streams/"}, {"GET", "/api/v1/rooms/"}, {"GET", "/docs/e/"},
		{"GET", "/assets/"}, {"GET", "/"},
	}
	refused := 0
	for _, route := range routes {
		for _, name := range names {
			status, body := raw(t, s, route.method, route.path+name)
			if strings.Contains(body, "root:x:0:0") {
				t.Errorf("%s %s%.60s shows a file of this machine", route.method, route.path, name)
			}
			if strings.Contains(body, "goroutine ") || status >= 500 {
				t.Errorf("%s %s%.60s: %d\n%s", route.method, route.path, name, status, body)
			}
			if status >= 400 {
				refused++
			} else if route.method != "GET" {
				t.Errorf("%s %s%.60s: %d, want 4xx", route.method, route.path, name, status)
			}
		}
	}
	t.Logf("%d of %d requests refused", refused, len(routes)*len(names))
	if after := files(t, top); !slices.Equal(before, after) {
		t.Errorf("files were %q, and are %q", before, after)
	}
}

// raw sends a request whose path no client has put in order.
func raw(t *testing.T, s *server, method, path string) (status int, body string) {
	t.Helper()
	host := strings.TrimPrefix(s.url, "http://")
	c, err := net.Dial("tcp", strings.Replace(host, "localhost", "127.0.0.1", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		method, path, host, len(strayOffer), strayOffer); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("%s %.80q: %v", method, path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// files are the names of all that is under a folder.
func files(t *testing.T, folder string) (names []string) {
	t.Helper()
	if err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		names = append(names, path)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return names
}
