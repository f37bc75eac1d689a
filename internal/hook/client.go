package hook

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxAnswer is how much of an answer's headers, and of its body, is read.
const maxAnswer = 16 << 10

// Client calls addresses that the user has configured. It follows no
// redirection, and reads little of an answer.
type Client struct{ http http.Client }

// NewClient returns a Client; Transport makes what it takes.
func NewClient(t http.RoundTripper) *Client {
	return &Client{http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Do makes one call, and returns the status of the answer and its Location. An
// answer of 502, 503 or 504 is none: a gateway says that it got none itself.
// The error says in words why there was no answer, without the URL.
func (c *Client) Do(r *http.Request) (status int, location string, err error) {
	resp, err := c.http.Do(r)
	if err != nil {
		return 0, "", plain(err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer) // so that the connection can be used again
	switch resp.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return resp.StatusCode, "", fmt.Errorf("answered %s", Words(resp.StatusCode))
	}
	return resp.StatusCode, resp.Header.Get("Location"), nil
}

// Close lets go of the connections that wait to be used again.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// SignHeader puts the time and the signature of a call into its headers; ""
// signs nothing. body is as Sign has it.
func SignHeader(h http.Header, secret string, at time.Time, body string) {
	if secret == "" {
		return
	}
	h.Set(HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	h.Set(HeaderSignature, Sign(secret, at, body))
}

// Words is a status as people read it.
func Words(status int) string {
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
}
