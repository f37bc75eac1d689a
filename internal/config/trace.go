package config

import (
	"errors"
	"regexp"
	"strings"
)

// Trace is where traces go.
type Trace struct {
	Endpoint string `yaml:"endpoint" check:"hook" help:"an OpenTelemetry collector that takes OTLP over HTTP, http://127.0.0.1:4318 for example; nothing is traced when empty"`
	Headers  Secret `yaml:"headers" help:"what goes to it with every delivery: NAME=VALUE, NAME=VALUE"`
	Sample   Ratio  `yaml:"sample" default:"1" help:"the part of all traces that is recorded, 0 to 1"`
}

// headerForm is a field of RFC 9110 §5.1 and §5.5, with = for the colon.
var headerForm = regexp.MustCompile("^([!#$%&'*+.^_`|~0-9A-Za-z-]+)=([!-~]([ -~]*[!-~])?)$")

// Header are the Headers by their names. The error says what is wrong, and not
// what was given.
func (t Trace) Header() (map[string]string, error) {
	headers := map[string]string{}
	for field := range strings.SplitSeq(string(t.Headers), ",") {
		if field = strings.TrimSpace(field); field == "" {
			continue
		}
		parts := headerForm.FindStringSubmatch(field)
		if parts == nil {
			return nil, errors.New("want NAME=VALUE, NAME=VALUE, of visible ASCII characters")
		}
		headers[parts[1]] = parts[2]
	}
	return headers, nil
}
