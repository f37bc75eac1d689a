// Package docs serves what people look up when something does not work, from
// the binary itself, so that it is there without a network.
//
// Invariant: every code that the server logs or answers with has a section in
// troubleshooting.md, and every section has a code.
package docs

import (
	_ "embed" // the page
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
)

// Path is where Handler serves a code: Path + CODE.
const Path = "/docs/e/"

//go:embed troubleshooting.md
var troubleshooting string

// Section explains one code.
type Section struct {
	Code string
	Text string // Markdown
}

// Sections are those of troubleshooting.md, in their order.
func Sections() []Section { return sections(troubleshooting) }

// heading is "### `code`".
const heading = "### `"

func sections(page string) []Section {
	var list []Section
	for _, part := range strings.Split("\n"+page, "\n"+heading)[1:] {
		code, text, _ := strings.Cut(part, "`\n")
		text, _, _ = strings.Cut(text, "\n## ")
		list = append(list, Section{code, strings.TrimSpace(text)})
	}
	return list
}

// Handler serves the sections: Path is their list, and Path + CODE one of them.
func Handler() http.Handler {
	all := Sections()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		code := strings.TrimPrefix(r.URL.Path, Path)
		for _, s := range all {
			if s.Code == code {
				fmt.Fprint(w, page(code, "<p><a href=\".\">All problems</a></p>\n"+render(s.Text)))
				return
			}
		}
		if code != "" {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, page("There is no such code", "<p><a href=\".\">All problems</a></p>\n"))
			return
		}
		var b strings.Builder
		b.WriteString("<ul>\n")
		for _, s := range all {
			first, _, _ := strings.Cut(s.Text, "\n\n")
			fmt.Fprintf(&b, "<li><a href=\"%s\"><code>%[1]s</code></a> %s\n", s.Code, inline(first))
		}
		fmt.Fprint(w, page("What does not work", b.String()+"</ul>\n"))
	})
}

func page(title, body string) string {
	title = html.EscapeString(title)
	return "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">" +
		"<meta name=\"color-scheme\" content=\"light dark\"><title>" + title + " · Lectern</title>\n<h1>" + title + "</h1>\n" + body + "</html>\n"
}

// render makes HTML of what troubleshooting.md uses of Markdown: paragraphs,
// lists of lines, and blocks of code.
func render(text string) string {
	var b strings.Builder
	for _, block := range strings.Split(text, "\n\n") {
		switch {
		case strings.HasPrefix(block, "```"):
			_, code, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(block), "```"), "\n")
			b.WriteString("<pre><code>" + html.EscapeString(code) + "</code></pre>\n")
		case strings.HasPrefix(block, "* "):
			b.WriteString("<ul>\n")
			for item := range strings.SplitSeq("\n"+block, "\n* ") {
				if item != "" {
					b.WriteString("<li>" + inline(item) + "\n")
				}
			}
			b.WriteString("</ul>\n")
		default:
			b.WriteString("<p>" + inline(block) + "</p>\n")
		}
	}
	return b.String()
}

var (
	codeSpan = regexp.MustCompile("`([^`]+)`")
	strong   = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	link     = regexp.MustCompile(`\[([^\]]+)\]\([^)]+\)`)
)

// inline renders what is within a line. Links to other documents are text:
// those are not served.
func inline(text string) string {
	text = html.EscapeString(text)
	text = link.ReplaceAllString(text, "$1")
	text = strong.ReplaceAllString(text, "<strong>$1</strong>")
	return codeSpan.ReplaceAllString(text, "<code>$1</code>")
}
