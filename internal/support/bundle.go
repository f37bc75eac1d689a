// Package support packs what somebody else needs to find out what is wrong
// with a server.
//
// Invariant: no secret of the configuration, and nothing that looks like a key
// or a token, is in a bundle. What could not be had is named in it.
package support

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"lectern/internal/config"
	"lectern/internal/doctor"
)

// Options say what is packed.
type Options struct {
	Config  config.Config
	Report  doctor.Report
	Version string
	// URL and Admin are the server's, without a slash at their ends; "" where
	// none runs, and where the operator's port is off.
	URL, Admin string
	// Token is the owner's, to read the log.
	Token string
	// HTTP asks them. Nil is one that waits up to twenty seconds.
	HTTP *http.Client
	Now  time.Time
}

const (
	patience = 20 * time.Second
	// maxPart bounds what is taken from the server, in bytes.
	maxPart = 32 << 20
)

// part is one file of a bundle.
type part struct {
	name  string
	text  bool // scrubbed; else it is a profile, which has no text of ours
	fetch func(context.Context, Options) ([]byte, error)
}

var parts = []part{
	{"version.txt", true, func(_ context.Context, o Options) ([]byte, error) { return []byte(o.Version + "\n"), nil }},
	{"doctor.json", true, func(_ context.Context, o Options) ([]byte, error) {
		var b strings.Builder
		err := o.Report.WriteJSON(&b)
		return []byte(b.String()), err
	}},
	{"config.yaml", true, func(_ context.Context, o Options) ([]byte, error) { return []byte(o.Config.String()), nil }},
	{"log.json", true, func(ctx context.Context, o Options) ([]byte, error) { return o.get(ctx, o.URL, "/api/v1/logs", true) }},
	{"streams.json", true, func(ctx context.Context, o Options) ([]byte, error) {
		return o.get(ctx, o.URL, "/api/v1/streams", true)
	}},
	{"metrics.txt", true, func(ctx context.Context, o Options) ([]byte, error) { return o.get(ctx, o.Admin, "/metrics", false) }},
	{"goroutines.txt", true, func(ctx context.Context, o Options) ([]byte, error) {
		return o.get(ctx, o.Admin, "/debug/pprof/goroutine?debug=2", false)
	}},
	{"heap.pb.gz", false, func(ctx context.Context, o Options) ([]byte, error) {
		return o.get(ctx, o.Admin, "/debug/pprof/heap", false)
	}},
}

// Write packs a bundle, a gzipped tar, and returns what is missing in it.
func Write(ctx context.Context, w io.Writer, o Options) (missing []string, err error) {
	if o.HTTP == nil {
		o.HTTP = &http.Client{Timeout: patience}
	}
	scrub := newScrubber(o.Config, o.Token)
	zipped := gzip.NewWriter(w)
	archive := tar.NewWriter(zipped)
	add := func(name string, content []byte) error {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: "lectern-support/" + name, Size: int64(len(content)), Mode: 0o600, ModTime: o.Now}
		if err := archive.WriteHeader(h); err != nil {
			return err
		}
		_, err := archive.Write(content)
		return err
	}
	for _, p := range parts {
		content, err := p.fetch(ctx, o)
		if err != nil {
			missing = append(missing, scrub.text(fmt.Sprintf("%s: %v", p.name, err)))
			continue
		}
		if p.text {
			content = []byte(scrub.text(string(content)))
		}
		if err := add(p.name, content); err != nil {
			return missing, fmt.Errorf("pack %s: %w", p.name, err)
		}
	}
	if len(missing) > 0 {
		if err := add("missing.txt", []byte(strings.Join(missing, "\n")+"\n")); err != nil {
			return missing, fmt.Errorf("pack missing.txt: %w", err)
		}
	}
	if err := errors.Join(archive.Close(), zipped.Close()); err != nil {
		return missing, fmt.Errorf("pack: %w", err)
	}
	return missing, nil
}

func (o Options) get(ctx context.Context, base, path string, owner bool) ([]byte, error) {
	if base == "" {
		return nil, errors.New("no server runs here, or this part of it is turned off")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, nil)
	if err != nil {
		return nil, err
	}
	if owner && o.Token != "" {
		r.Header.Set("Authorization", "Bearer "+o.Token)
	}
	resp, err := o.HTTP.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPart))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s gives %s", path, resp.Status)
	}
	return body, err
}
