package docs

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	// inLog is the code of a log line.
	inLog = regexp.MustCompile(`(?:"code", |slog\.String\("code", |code, text, fix :?= )"([a-z_]+)"`)
	// inTable is one of the errors of HTTP, of a problem that a publisher is
	// told, of a word for a refusal, and of why a server does not start.
	inTable = map[string]*regexp.Regexp{
		"../signaling/problem.go":           regexp.MustCompile(`(?:, \d{3}, |newProblem\(http\.\w+, )"([a-z_]+)"`),
		"../bridge/rtmp/report_problems.go": regexp.MustCompile(`Code: "([a-z_]+)"`),
		"../bridge/rtmp/span.go":            regexp.MustCompile(`Word: "([a-z_]+)"`),
		"../internal/backup/hold.go":        regexp.MustCompile(`Code = "([a-z_]+)"`),
	}
)

// used finds the codes in the sources of the server.
func used(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	collect := func(path string, form *regexp.Regexp) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range form.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = path
		}
	}
	for path, form := range inTable {
		collect(path, form)
	}
	for _, dir := range []string{"../sfu", "../signaling", "../bridge", "../internal"} {
		err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !d.IsDir() {
				collect(dir+"/"+name, inLog)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func TestEveryCodeIsExplainedAndEveryExplanationHasACode(t *testing.T) {
	codes := used(t)
	if len(codes) < 30 {
		t.Errorf("only %d codes were found", len(codes))
	}
	explained := map[string]bool{}
	for _, s := range Sections() {
		if explained[s.Code] {
			t.Errorf("%s is explained twice", s.Code)
		}
		explained[s.Code] = true
		if codes[s.Code] == "" {
			t.Errorf("%s is explained, and nothing says it", s.Code)
		}
		if len(s.Text) < 40 {
			t.Errorf("%s is hardly explained: %q", s.Code, s.Text)
		}
	}
	for code, path := range codes {
		if !explained[code] {
			t.Errorf("%s, of %s, is not explained", code, path)
		}
	}
	for _, m := range regexp.MustCompile(`\(#([a-z_]+)\)`).FindAllStringSubmatch(troubleshooting, -1) {
		if !explained[m[1]] {
			t.Errorf("a link leads to %s, which is not there", m[1])
		}
	}
}

func get(t *testing.T, method, path string) (int, string, http.Header) {
	t.Helper()
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w.Code, w.Body.String(), w.Header()
}

func TestCodesAreServed(t *testing.T) {
	code, body, header := get(t, "GET", Path+"media_unreachable")
	for _, want := range []string{"<h1>media_unreachable</h1>", "<li>Docker: publish UDP", "<code>-p 8080:8080 -p 8080:8080/udp</code>"} {
		if code != 200 || !strings.Contains(body, want) {
			t.Errorf("%d lacks %q:\n%s", code, want, body)
		}
	}
	if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("CSP %q", csp)
	}
	code, body, _ = get(t, "GET", Path)
	if code != 200 || !strings.Contains(body, `href="udp_buffer"`) {
		t.Errorf("the list: %d\n%s", code, body)
	}
	for _, strange := range []string{"nonsense", "%3Cscript%3E", "../http.md"} {
		if code, body, _ := get(t, "GET", Path+strange); code != 404 || strings.Contains(body, "<script") {
			t.Errorf("%s: %d %s", strange, code, body)
		}
	}
	if code, _, header := get(t, "POST", Path); code != 405 || header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d", code)
	}
	if !slices.ContainsFunc(Sections(), func(s Section) bool { return strings.Contains(render(s.Text), "<pre><code>sysctl -w") }) {
		t.Error("no block of code")
	}
}
