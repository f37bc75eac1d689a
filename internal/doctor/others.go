package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"lectern/internal/hook"
	"lectern/internal/redis"
)

// skewed is how far two clocks may be apart before tokens are misjudged.
const skewed = 30 * time.Second

// others looks whether the servers that Lectern asks and tells are there. No
// hook is called: a call means something to its receiver.
func (e *exam) others(ctx context.Context) {
	c := e.Config
	hooks := []struct{ setting, url string }{
		{"hooks.on_connect", c.Hooks.OnConnect}, {"hooks.on_publish", c.Hooks.OnPublish}, {"hooks.on_publish_done", c.Hooks.OnPublishDone},
		{"hooks.on_play", c.Hooks.OnPlay}, {"hooks.on_play_done", c.Hooks.OnPlayDone}, {"hooks.on_update", c.Hooks.OnUpdate},
	}
	for _, h := range hooks {
		if h.url != "" {
			e.reach(ctx, h.setting, h.url)
		}
	}
	for i, w := range c.Webhooks {
		e.reach(ctx, fmt.Sprintf("webhooks[%d]", i), string(w.URL))
	}
	if c.Trace.Endpoint != "" {
		e.reach(ctx, "trace.endpoint", c.Trace.Endpoint)
	}
	for _, broker := range c.Kafka.Brokers {
		e.dial(ctx, "kafka.brokers", broker)
	}
	for i, j := range c.Auth.JWT {
		if j.JWKS != "" {
			e.keySet(ctx, fmt.Sprintf("auth.jwt[%d].jwks", i), j.JWKS)
		}
	}
	if address := string(c.Auth.Tokens); address != "" {
		e.redis(ctx, address)
	}
}

// reach opens a connection to the host of an address, as the hooks would, and
// says nothing on it.
func (e *exam) reach(ctx context.Context, setting, address string) {
	u, err := url.Parse(address)
	if err != nil {
		e.add("others."+setting, Fail, setting, "no address", "set it to one such as http://127.0.0.1:9000/publish")
		return
	}
	shown := u.Scheme + "://" + u.Host
	port := u.Port()
	if port == "" {
		port = u.Scheme
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began := time.Now()
	conn, err := hook.Transport(e.Config.Hooks.AllowPrivate).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		e.add("others."+setting, Fail, setting, fmt.Sprintf("%s: %v; %s", shown, err, e.without(setting)), hookFix(err, setting))
		return
	}
	defer conn.Close()
	if u.Scheme == "https" {
		secure := tls.Client(conn, &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(ctx); err != nil {
			e.add("others."+setting, Fail, setting, fmt.Sprintf("%s: %v", shown, err), "give that server a certificate that this machine trusts")
			return
		}
	}
	e.add("others."+setting, OK, setting, fmt.Sprintf("%s answers after %s", shown, short(time.Since(began))), "")
}

// without says what holds while one is not there.
func (e *exam) without(setting string) string {
	if strings.HasPrefix(setting, "hooks.") {
		return "with hooks.on_failure: " + e.Config.Hooks.OnFailure
	}
	return "what it ought to be told is kept for a while, and then lost"
}

// dial opens a connection and says nothing on it.
func (e *exam) dial(ctx context.Context, setting, address string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began := time.Now()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		e.add("others."+setting, Warn, setting, fmt.Sprintf("%s: %v; %s", address, err, e.without(setting)), "start it, or set "+setting+" to where it listens")
		return
	}
	_ = conn.Close() // nothing was said
	e.add("others."+setting, OK, setting, fmt.Sprintf("%s answers after %s", address, short(time.Since(began))), "")
}

func hookFix(err error, setting string) string {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "check the name in " + setting
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return "start that program, or set " + setting + " to where it listens"
	}
	return "check " + setting + ", and hooks.allow_private when the name leads into your own network"
}

// keySet fetches the keys, and compares the clocks.
func (e *exam) keySet(ctx context.Context, setting, address string) {
	id := "others.jwks"
	transport := hook.Transport(e.Config.Hooks.AllowPrivate)
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: patience}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		e.add(id, Fail, setting, err.Error(), "set it to the address of the keys, such as https://school.example/jwks.json")
		return
	}
	resp, err := client.Do(r)
	if err != nil {
		e.add(id, Fail, setting, err.Error()+": nobody with a token of that signer comes in", "check the address, and hooks.allow_private when it leads into your own network")
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), `"keys"`) {
		e.add(id, Fail, setting, fmt.Sprintf("%s gives %d and no keys", address, resp.StatusCode), "check the address: it must give a JSON Web Key Set (RFC 7517)")
		return
	}
	if theirs, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		if apart := e.Now().Sub(theirs).Abs(); apart > skewed {
			e.add(id, Warn, setting, fmt.Sprintf("its keys are there; its clock and this one are %s apart, so that tokens count as expired or not valid yet", apart.Round(time.Second)), "set both clocks by a time server")
			return
		}
	}
	e.add(id, OK, setting, "its keys are there, and its clock agrees", "")
}

// redis asks it for a key that nobody has.
func (e *exam) redis(ctx context.Context, address string) {
	const id, title = "others.redis", "auth.tokens"
	l, err := redis.Open(address, nil)
	if err != nil {
		e.add(id, Fail, title, err.Error(), "set auth.tokens to redis://:PASSWORD@HOST:PORT/0")
		return
	}
	defer l.Close()
	if _, err := l.Denied(ctx, "doctor"); err != nil {
		e.add(id, Fail, title, fmt.Sprintf("Redis gives no answer: %v; who comes with a key is turned away", err), "start it, or correct host, port and password in auth.tokens")
		return
	}
	e.add(id, OK, title, "Redis answers", "")
}
