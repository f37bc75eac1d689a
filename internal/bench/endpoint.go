package bench

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

const (
	// answerTimeout is for one request.
	answerTimeout = 15 * time.Second
	// maxAnswer bounds an answer; SDP has a few thousand octets.
	maxAnswer = 1 << 20
)

// endpoint is a WHIP or WHEP URL (RFC 9725 §4.2).
type endpoint struct {
	url   string
	token string
	http  *http.Client
}

// newHTTPClient returns a client that keeps one connection for each join that
// goes on at the same time.
func newHTTPClient(joins int) *http.Client {
	return &http.Client{
		Timeout:   answerTimeout,
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: joins + 1},
	}
}

// reach connects to the endpoint's host once, and returns the address of this
// machine that leads there.
func (e endpoint) reach(ctx context.Context) (netip.Addr, error) {
	u, err := url.Parse(e.url)
	if err != nil {
		return netip.Addr{}, err
	}
	port := u.Port()
	if port == "" {
		port = u.Scheme // a name of a service is a port too
	}
	dialer := net.Dialer{Timeout: answerTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return netip.Addr{}, unreachable(e.url, err)
	}
	defer conn.Close()
	local, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return netip.Addr{}, unreachable(e.url, err)
	}
	return local.Addr().Unmap().WithZone(""), nil
}

func unreachable(address string, err error) error {
	advice := "is it running, and is the address right?"
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		advice = "is the name right?"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		advice = "this machine does not trust the server's certificate: add its authority (SSL_CERT_FILE), or use http"
	}
	return fmt.Errorf("%w: %s: %w: %s", ErrUnreachable, address, err, advice)
}

// post sends an offer, and returns the answer and the session's URL, which is
// empty if the server names none.
func (e endpoint) post(ctx context.Context, offer string) (answer, session string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader([]byte(offer)))
	if err != nil {
		return "", "", err
	}
	r.Header.Set("Content-Type", "application/sdp")
	resp, body, err := e.do(r)
	if err != nil {
		return "", "", err
	}
	// 201 is what RFC 9725 §4.2 says; some older servers say 200.
	if resp.StatusCode != http.StatusCreated && resp.StatusCode != http.StatusOK {
		return "", "", &Refusal{URL: e.url, Status: resp.StatusCode, Detail: detail(resp.Header.Get("Content-Type"), body)}
	}
	if location, err := resp.Request.URL.Parse(resp.Header.Get("Location")); err == nil && resp.Header.Get("Location") != "" {
		session = location.String()
	}
	return string(body), session, nil
}

// remove ends a session. It does not matter whether it was there any more.
func (e endpoint) remove(ctx context.Context, session string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodDelete, session, nil)
	if err != nil {
		return err
	}
	resp, _, err := e.do(r)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 && resp.StatusCode != http.StatusNotFound {
		return fmt.Errorf("DELETE %s: %s", session, resp.Status)
	}
	return nil
}

func (e endpoint) do(r *http.Request) (*http.Response, []byte, error) {
	if e.token != "" {
		r.Header.Set("Authorization", "Bearer "+e.token)
	}
	resp, err := e.http.Do(r)
	if err != nil {
		return nil, nil, unreachable(e.url, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, nil, unreachable(e.url, err)
	}
	return resp, body, nil
}
