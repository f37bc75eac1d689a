package hook

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// The words of Options.Method, Options.Format and Options.OnFailure.
const (
	Post = "post"
	Get  = "get"

	Form = "form"
	JSON = "json"

	Deny  = "deny"
	Allow = "allow"
)

// Options say whom to ask. The zero Options ask and tell nobody.
type Options struct {
	// Connect is asked before Publish and Play when the protocol is RTMP. It
	// and the others are http or https URLs; "" is nobody.
	Connect string
	// Publish and Play are asked before a session begins.
	Publish, Play string
	// PublishDone and PlayDone are told when it has ended.
	PublishDone, PlayDone string
	// Update is asked every UpdateInterval while it lasts; an answer other
	// than 2xx ends it. Default 30 s, as with nginx-rtmp.
	Update         string
	UpdateInterval time.Duration

	// Method is Post or Get. Default Post.
	Method string
	// Format is of what is posted: Form, as nginx-rtmp's, or JSON. Default Form.
	Format string
	// Secret signs each call, see Sign; "" signs nothing.
	Secret string
	// Timeout is how long an answer may take. Default 5 s.
	Timeout time.Duration
	// OnFailure is what holds for Connect, Publish and Play without an
	// answer: Deny or Allow. Default Deny.
	OnFailure string
	// Tries is how often PublishDone and PlayDone are called until a call is
	// answered with 2xx or 3xx. Default 3.
	Tries int
	// Queue is how many calls may wait for PublishDone, and for PlayDone; the
	// oldest are dropped, and counted in Stats. Default 64.
	Queue int
	// AllowPrivate are the networks of this machine and this site to which a
	// name may lead. An address that stands in a URL itself, and localhost,
	// need no permission: whoever wrote it there has given it.
	AllowPrivate []netip.Prefix

	// Transport makes the calls. Default: one that goes straight to the
	// target, and only where AllowPrivate lets it.
	Transport http.RoundTripper
	// Log gets a line for each call without an answer. Default: none.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	o.UpdateInterval = cmp.Or(o.UpdateInterval, 30*time.Second)
	o.Method = cmp.Or(o.Method, Post)
	o.Format = cmp.Or(o.Format, Form)
	o.Timeout = cmp.Or(o.Timeout, 5*time.Second)
	o.OnFailure = cmp.Or(o.OnFailure, Deny)
	o.Tries = cmp.Or(o.Tries, 3)
	o.Queue = cmp.Or(o.Queue, 64)
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	if o.Transport == nil {
		o.Transport = newTransport(o.AllowPrivate)
	}
	return o
}

// check finds what cannot work.
func (o Options) check() error {
	for _, c := range []struct{ name, got, a, b string }{
		{"method", o.Method, Post, Get},
		{"format", o.Format, Form, JSON},
		{"failure policy", o.OnFailure, Deny, Allow},
	} {
		if c.got != c.a && c.got != c.b {
			return fmt.Errorf("%s %q: use %s or %s", c.name, c.got, c.a, c.b)
		}
	}
	if o.Method == Get && o.Format == JSON {
		return fmt.Errorf("format %s needs method %s", JSON, Post)
	}
	if o.UpdateInterval < 0 || o.Timeout < 0 || o.Tries < 0 || o.Queue < 0 {
		return fmt.Errorf("a time or number below zero")
	}
	return nil
}

// parseURL returns nil for "".
func parseURL(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%.200q is no address such as http://127.0.0.1:9000/publish", text)
	}
	return u, nil
}
