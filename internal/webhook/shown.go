package webhook

import "strings"

// Shown is an address as people may see it, in lists, logs and settings: the
// host and the first part of the path. The rest of the path, a query and a
// user's name are where secrets are kept; … stands for each. It takes any text.
func Shown(url string) string {
	url, _, _ = strings.Cut(url, "#")
	url, _, asked := strings.Cut(url, "?")
	scheme, rest, hosted := strings.Cut(url, "://")
	if !hosted {
		scheme, rest = "", url
	}
	host, path, pathed := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = "…" + host[i:]
	}
	var b strings.Builder
	if hosted {
		b.WriteString(scheme + "://")
	}
	b.WriteString(host)
	if pathed {
		first, more, _ := strings.Cut(path, "/")
		b.WriteString("/" + first)
		if more != "" {
			b.WriteString("/…")
		}
	}
	if asked {
		b.WriteString("?…")
	}
	return b.String()
}
