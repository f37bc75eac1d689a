package web

import (
	"net/http"
	"strings"
)

// setSecurity adds what every answer carries.
func setSecurity(header http.Header, policy string) {
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self)")
}

// contentSecurityPolicy allows what the pages need: their own scripts and styles, media made in the page, and
// connections to this server. Nothing inline, so that a name or a message can never become a script.
func contentSecurityPolicy(frameAncestors []string) string {
	return strings.Join([]string{
		"default-src 'self'",
		"script-src 'self'",
		"style-src 'self'",
		"connect-src 'self' ws: wss:",
		"img-src 'self' data: blob:",
		"media-src 'self' blob:",
		"object-src 'none'",
		"base-uri 'none'",
		"frame-ancestors " + ancestors(frameAncestors),
	}, "; ")
}

func ancestors(origins []string) string {
	var kept []string
	for _, origin := range origins {
		if isSource(origin) {
			kept = append(kept, origin)
		}
	}
	if len(kept) == 0 {
		return "'none'"
	}
	return strings.Join(kept, " ")
}

// isSource says whether s is one word that cannot end its directive or start another header field.
func isSource(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == ';' || r == ',' })
}
