package app

import (
	"fmt"
	"log/slog"

	"lectern/internal/config"
	"lectern/internal/trace"
)

// openTracer makes what follows requests; close it.
func openTracer(version string, c config.Trace, log *slog.Logger) (*trace.Tracer, error) {
	headers, err := c.Header()
	if err != nil {
		return nil, fmt.Errorf("trace.headers: %w", err)
	}
	return trace.New(trace.Options{Endpoint: c.Endpoint, Headers: headers, Sample: float64(c.Sample), Version: version, Log: log})
}
