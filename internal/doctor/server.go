package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// serverInfo is a server's answer to GET /api/v1/info.
type serverInfo struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Publish struct {
		KeyNeeded bool `json:"key_needed"`
	} `json:"publish"`
	RTMP int `json:"rtmp"`
}

// maxAnswer bounds what is read of a server's answer.
const maxAnswer = 4 << 20

// server finds the one to look at: the one that was named, the one that runs
// here, or one that is started for it.
func (e *exam) server(ctx context.Context) {
	const id, title = "server", "server"
	named := e.URL != ""
	at := strings.TrimRight(e.URL, "/")
	if !named {
		at, _ = Addresses(e.Config)
	}
	u, err := url.Parse(at)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		e.add(id, Fail, title, fmt.Sprintf("%q is no address", e.URL), "write it as http://HOST:PORT or https://HOST")
		return
	}
	e.remote = named && !e.Inside && !isHere(u.Hostname())
	info, err := e.ask(ctx, at)
	switch {
	case err == nil:
		e.url, e.info = at, info
		e.served = !e.remote && (!named || e.Inside)
		if info.RTMP != 0 {
			e.rtmp = "rtmp://" + net.JoinHostPort(u.Hostname(), fmt.Sprint(info.RTMP))
		}
		e.add(id, OK, title, fmt.Sprintf("%s %s answers at %s", info.Name, info.Version, at), "")
	case named:
		e.add(id, Fail, title, err.Error(), adviceFor(err))
	case e.Quick || e.Start == nil:
		e.add(id, Warn, title, fmt.Sprintf("none answers at %s", at), "start one with: lectern")
	default:
		e.start(ctx)
	}
}

// start runs a server of its own for the checks.
func (e *exam) start(ctx context.Context) {
	const id, title = "server", "server"
	running, err := e.Start(ctx)
	if err != nil {
		e.add(id, Fail, title, fmt.Sprintf("none runs, and one for this test does not start: %v", err), "the message says which setting to change")
		return
	}
	e.stop = running.Stop
	e.url, e.Token = running.URL, running.Token
	if e.info, err = e.ask(ctx, e.url); err != nil {
		e.add(id, Fail, title, fmt.Sprintf("one was started for this test and does not answer: %v", err), "a firewall on this machine may forbid it")
		return
	}
	if u, err := url.Parse(e.url); err == nil && e.info.RTMP != 0 {
		e.rtmp = "rtmp://" + net.JoinHostPort(u.Hostname(), fmt.Sprint(e.info.RTMP))
	}
	e.add(id, OK, title, "none runs at the configured address; this test runs one of its own on other ports", "")
}

// errOther is an answer that is not Lectern's.
var errOther = errors.New("what answers there is not Lectern")

// ask finds out whether a Lectern answers at an address.
func (e *exam) ask(ctx context.Context, at string) (serverInfo, error) {
	var info serverInfo
	status, _, body, err := e.request(ctx, http.MethodGet, at+"/api/v1/info", "", nil)
	switch {
	case err != nil:
		return info, err
	case status != http.StatusOK || json.Unmarshal(body, &info) != nil || info.Name == "":
		return info, fmt.Errorf("%w: GET %s/api/v1/info gives %d", errOther, at, status)
	}
	return info, nil
}

// request sends one request with the token, and returns the whole answer. A
// redirection is an answer.
func (e *exam) request(ctx context.Context, method, at, contentType string, body []byte) (status int, header http.Header, answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, method, at, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	if e.Token != "" {
		r.Header.Set("Authorization", "Bearer "+e.Token)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	resp, err := e.HTTP.Do(r)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return resp.StatusCode, resp.Header, answer, err
}

// adviceFor says what to do about a server that does not answer.
func adviceFor(err error) string {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "the name does not lead anywhere: check it, and its DNS records"
	}
	switch {
	case errors.Is(err, errOther):
		return "check the address; behind a proxy, that everything below it is passed on"
	case strings.Contains(err.Error(), "x509"), strings.Contains(err.Error(), "tls:"):
		return "check the certificate: its names, its days and its chain (http.tls_cert)"
	}
	return "check that it runs, and that its TCP port is let through"
}

// isHere says whether a host is this machine.
func isHere(host string) bool {
	ips, err := net.LookupIP(host)
	if err != nil {
		return false
	}
	own, _ := net.InterfaceAddrs()
	for _, ip := range ips {
		if ip.IsLoopback() {
			return true
		}
		for _, a := range own {
			if n, ok := a.(*net.IPNet); ok && n.IP.Equal(ip) {
				return true
			}
		}
	}
	return false
}
