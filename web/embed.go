// Package web serves the pages: the list of streams, the page that publishes and the page that plays.
//
// The invariant: what a browser gets is either a file that the front end's build has made, byte for byte, or one plain
// page that says how to build them; every answer carries the same security headers, and nothing here depends on what is
// live. The pages talk to WHIP, WHEP and the API like any other client.
package web

import (
	"embed"
	"io/fs"
)

// dist is what `npm run build` leaves. In a checkout whose pages were never built it holds nothing but .gitkeep, so that
// the module always compiles.
//
//go:embed all:dist
var dist embed.FS

// Files returns the built pages, rooted where index.html lies, and whether they were built into this binary.
func Files() (fs.FS, bool) {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return dist, false
	}
	_, err = fs.Stat(files, "index.html")
	return files, err == nil
}
