package doctor

import (
	"context"
	"crypto/tls"
	"net/http"
	"time"

	"lectern/internal/config"
)

// patience with one answer of a server.
const patience = 10 * time.Second

// exam is one run of the checks: what they look at, and what they have found.
type exam struct {
	Options
	found []Check

	url    string // of the server that is looked at, without a slash at its end; "" when none runs
	rtmp   string // rtmp://HOST:PORT of it, "" when not known
	remote bool   // it is not on this machine
	served bool   // it is one that Config describes and that runs here
	info   serverInfo
	stop   func()

	announced []string // by the server to a viewer, ADDRESS:PORT/TRANSPORT
}

// steps are all checks in the order of the report.
var steps = []struct {
	run func(*exam, context.Context)
	// machine says that it looks at this machine, which says nothing about a
	// server elsewhere.
	machine bool
	// slow leaves it out of a quick look.
	slow bool
	// configured says that it needs a sound configuration.
	configured bool
}{
	{run: (*exam).configuration, machine: true},
	{run: (*exam).server},
	{run: (*exam).ports, machine: true, configured: true},
	{run: (*exam).certificate, machine: true, configured: true},
	{run: (*exam).remoteCertificate},
	{run: (*exam).addresses, machine: true, configured: true},
	{run: (*exam).public, machine: true, configured: true, slow: true},
	{run: (*exam).walk, slow: true},
	{run: (*exam).media, slow: true},
	{run: (*exam).container, machine: true, configured: true},
	{run: (*exam).rtmpTrip, slow: true},
	{run: (*exam).host, machine: true, configured: true},
	{run: (*exam).streams},
	{run: (*exam).access, machine: true, configured: true},
	{run: (*exam).openness},
	{run: (*exam).others, machine: true, configured: true, slow: true},
}

// Run makes all checks, one after the other. A server that it starts has
// stopped when it returns. Checks that ctx leaves no time for fail.
func Run(ctx context.Context, o Options) Report {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{Timeout: patience, Transport: transport(o.URL == "" || o.Inside), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if o.Config.HTTP.Listen == "" {
		o.Config = config.Default()
	}
	e := &exam{Options: o, found: []Check{}, stop: func() {}}
	defer func() {
		o.HTTP.CloseIdleConnections()
		e.stop()
	}()
	for _, s := range steps {
		if s.machine && e.remote || s.slow && o.Quick || s.configured && o.ConfigErr != nil {
			continue
		}
		s.run(e, ctx)
	}
	return Report{e.found}
}

// transport connects to a server, of which a certificate that does not fit is
// a finding, and for the one on this machine no obstacle: it is for the name by
// which others come.
func transport(own bool) http.RoundTripper {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, IdleConnTimeout: patience}
	if own {
		t.Proxy, t.TLSClientConfig = nil, &tls.Config{InsecureSkipVerify: true}
	}
	return t
}

// add takes down what a check has found.
func (e *exam) add(id string, l Level, title, detail, fix string) {
	if l == OK {
		fix = ""
	}
	e.found = append(e.found, Check{ID: id, Level: l, Title: title, Detail: detail, Fix: fix})
}
