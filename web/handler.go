package web

import (
	"io/fs"
	"net/http"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// Options say where the pages come from and who may embed them. The zero value serves the built-in pages and lets nobody.
type Options struct {
	// Dir is a folder to serve from instead of the built-in pages, read anew on every request: for work on the pages.
	Dir string
	// FrameAncestors are the origins whose pages may embed ours, such as "https://school.example". Entries that are not
	// single CSP source expressions are left out.
	FrameAncestors []string
}

// Handler serves the pages /, /publish, /publish/NAME, /watch/NAME, /room/ID, /admin and /check, the files they consist of, and
// /player.js, which pages of other origins may load (Fetch, "CORS protocol"). It answers GET and HEAD, 405 to other methods and 404 to other paths. Without pages it answers each page with 503 and the command that
// builds them.
func Handler(o Options) http.Handler {
	files, _ := Files()
	if o.Dir != "" {
		files = diskFiles(o.Dir)
	}
	return &handler{files: files, policy: contentSecurityPolicy(o.FrameAncestors)}
}

type handler struct {
	files  fs.FS
	policy string
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setSecurity(w.Header(), h.policy)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	if to, ok := tidy(r.URL.Path); ok {
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, withQuery(to, r.URL.RawQuery), http.StatusSeeOther)
		return
	}
	if page, ok := pageOf(r.URL.Path); ok {
		h.page(w, r, page)
		return
	}
	h.file(w, r, strings.TrimPrefix(r.URL.Path, "/"))
}

func (h *handler) page(w http.ResponseWriter, r *http.Request, name string) {
	w.Header().Set("Cache-Control", "no-store")
	body, encoding, err := h.read(r, name)
	if err != nil {
		write(w, r, http.StatusServiceUnavailable, contentTypes[".html"], []byte(unbuilt))
		return
	}
	setEncoding(w.Header(), encoding)
	write(w, r, http.StatusOK, contentTypes[".html"], body)
}

func (h *handler) file(w http.ResponseWriter, r *http.Request, name string) {
	contentType, ok := contentTypes[path.Ext(name)]
	if !ok || path.Ext(name) == ".html" || !fs.ValidPath(name) {
		h.notFound(w, r)
		return
	}
	body, encoding, err := h.read(r, name)
	if err != nil {
		h.notFound(w, r)
		return
	}
	setEncoding(w.Header(), encoding)
	w.Header().Set("Cache-Control", "no-cache")
	if name == playerFile { // a module for the pages of others
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}
	if strings.HasPrefix(name, "assets/") { // the build puts a hash of the content into these names
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	write(w, r, http.StatusOK, contentType, body)
}

func (h *handler) notFound(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	write(w, r, http.StatusNotFound, contentTypes[".html"], []byte(missing))
}

// read gives a file, compressed when the build has made such a copy and the client takes it.
func (h *handler) read(r *http.Request, name string) (body []byte, encoding string, err error) {
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		if body, err := fs.ReadFile(h.files, name+".gz"); err == nil {
			return body, "gzip", nil
		}
	}
	body, err = fs.ReadFile(h.files, name)
	return body, "", err
}

func write(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a client that has left is no concern of ours
	}
}

func setEncoding(header http.Header, encoding string) {
	header.Add("Vary", "Accept-Encoding")
	if encoding != "" {
		header.Set("Content-Encoding", encoding)
	}
}

// acceptsGzip reads an Accept-Encoding header (RFC 9110 §12.5.3): gzip is named, or meant by *, and not with weight 0.
func acceptsGzip(header string) bool {
	star := false
	for entry := range strings.SplitSeq(header, ",") {
		coding, parameters, _ := strings.Cut(entry, ";")
		weight, isWeight := strings.CutPrefix(strings.ReplaceAll(parameters, " ", ""), "q=")
		q, err := strconv.ParseFloat(weight, 64)
		wanted := !isWeight || err == nil && q > 0
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			return wanted
		case "*":
			star = wanted
		}
	}
	return star
}

// playerFile is the module that puts a stream on other sites' pages.
const playerFile = "player.js"

var (
	// pagePaths are the addresses of the pages. Names of streams are as everywhere: one to four parts.
	pagePaths = regexp.MustCompile(`^/(publish|watch)/[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,3}$`)

	// roomPaths are the addresses of rooms, whose names have one part.
	roomPaths = regexp.MustCompile(`^/room/[A-Za-z0-9_-]{1,64}$`)

	contentTypes = map[string]string{
		".html":        "text/html; charset=utf-8",
		".js":          "text/javascript; charset=utf-8",
		".css":         "text/css; charset=utf-8",
		".json":        "application/json",
		".webmanifest": "application/manifest+json",
		".svg":         "image/svg+xml",
		".png":         "image/png",
		".ico":         "image/x-icon",
		".woff2":       "font/woff2",
		".wasm":        "application/wasm",
	}
)

// pageOf gives the file behind the address of a page.
func pageOf(at string) (string, bool) {
	switch at {
	case "/":
		return "index.html", true
	case "/publish":
		return "publish.html", true
	case "/admin":
		return "admin.html", true
	case "/check":
		return "check.html", true
	}
	if match := pagePaths.FindStringSubmatch(at); match != nil {
		return match[1] + ".html", true
	}
	if roomPaths.MatchString(at) {
		return "room.html", true
	}
	return "", false
}

// tidy leads from addresses that people type to those that pages have. The result is never another host's: it is the
// address of one of our pages.
func tidy(at string) (string, bool) {
	if at == "/watch" || at == "/watch/" {
		return "/", true
	}
	short := strings.TrimSuffix(at, "/")
	if _, ok := pageOf(short); ok && short != at {
		return short, true
	}
	return "", false
}

func withQuery(to, query string) string {
	if query == "" {
		return to
	}
	return to + "?" + query
}

// diskFiles is a folder whose files may come and go. Links that lead out of it are not followed.
type diskFiles string

func (d diskFiles) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return os.OpenInRoot(string(d), name)
}

const unbuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>Lectern</title>
<h1>Lectern runs, but without its pages</h1>
<p>This server was built without the front end. <code>make build</code> builds both.</p>
<p>WHIP, WHEP and the API work: <code>/whip/NAME</code>, <code>/whep/NAME</code>, <code>/api/v1/streams</code>.</p>
</html>
`

const missing = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>Not found · Lectern</title>
<h1>There is no such page</h1>
<p>Names of streams consist of letters, digits, - and _. <a href="/">All streams</a></p>
</html>
`
