package hook

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"lectern/internal/auth"
	"lectern/sfu/sfutest"
)

// receiver is a program as a careful user writes it: it takes what is signed,
// of the last five minutes, and once.
type receiver struct {
	secret string
	seen   map[string]bool
}

func (s *receiver) check(r *http.Request, body string, now time.Time) error {
	seconds, err := strconv.ParseInt(r.Header.Get(HeaderTimestamp), 10, 64)
	if err != nil {
		return err
	}
	at := time.Unix(seconds, 0)
	if r.Method == http.MethodGet {
		body = r.URL.RawQuery
	}
	switch {
	case !hmac.Equal([]byte(Sign(s.secret, at, body)), []byte(r.Header.Get(HeaderSignature))):
		return errors.New("signature")
	case now.Sub(at).Abs() > 5*time.Minute:
		return errors.New("window")
	case s.seen[r.Header.Get(HeaderDelivery)]:
		return errors.New("replay")
	}
	s.seen[r.Header.Get(HeaderDelivery)] = true
	return nil
}

// TestSignatures is T27: replayed and altered deliveries do not pass.
func TestSignatures(t *testing.T) {
	sfutest.NoLeaks(t)
	for _, method := range []string{Post, Get} {
		var got *http.Request
		var body string
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			got, body = r, string(text)
		}))
		defer server.Close()
		h := newHooks(t, &rule{}, Options{Publish: server.URL + "/on?x=1", Secret: "the secret", Method: method})
		if _, err := h.Decide(t.Context(), publish); err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		s := &receiver{"the secret", map[string]bool{}}
		if err := s.check(got, body, now); err != nil {
			t.Fatalf("%s: a good call: %v", method, err)
		}
		if err := s.check(got, body, now); err == nil || err.Error() != "replay" {
			t.Errorf("%s: again: %v", method, err)
		}
		s.seen = map[string]bool{}
		if err := s.check(got, body, now.Add(6*time.Minute)); err == nil || err.Error() != "window" {
			t.Errorf("%s: late: %v", method, err)
		}
		altered := got.Clone(context.Background())
		altered.URL.RawQuery += "&name=other"
		if err := s.check(altered, body+"&name=other", now); err == nil || err.Error() != "signature" {
			t.Errorf("%s: altered: %v", method, err)
		}
		late := got.Clone(context.Background())
		late.Header.Set(HeaderTimestamp, strconv.FormatInt(now.Add(time.Hour).Unix(), 10))
		if err := s.check(late, body, now.Add(time.Hour)); err == nil || err.Error() != "signature" {
			t.Errorf("%s: with a new time: %v", method, err)
		}
		if err := (&receiver{"another", map[string]bool{}}).check(got, body, now); err == nil {
			t.Errorf("%s: another's secret passes", method)
		}
		h.Close()
	}
}

// The value is openssl's: printf '1764000000.app=live' | openssl dgst -sha256 -hmac secret
func TestSignIsStable(t *testing.T) {
	const want = "sha256=f7783d785b4473c1c4cdb1858e38903905ef0d16288c54c35111d9dc327167e3"
	if got := Sign("secret", time.Unix(1764000000, 0), "app=live"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRedirectionsAreNotFollowed(t *testing.T) {
	sfutest.NoLeaks(t)
	followed := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/on" {
			followed = true
		}
		http.Redirect(w, r, "/cam2", http.StatusFound)
	}))
	defer server.Close()
	h := newHooks(t, &rule{}, Options{Publish: server.URL + "/on"})
	g, err := h.Decide(t.Context(), publish)
	if err != nil || g.Rename != "live/cam2" || followed {
		t.Errorf("grant %+v, error %v, followed %v", g, err, followed)
	}
	h.Close()
}

// A program that talks without end costs what is read of it.
func TestAnswersAreBounded(t *testing.T) {
	sfutest.NoLeaks(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/header" {
			w.Header().Set("X", strings.Repeat("x", 1<<20))
			return
		}
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	h := newHooks(t, &rule{}, Options{Publish: server.URL + "/body", Play: server.URL + "/header"})
	if _, err := h.Decide(t.Context(), publish); err != nil {
		t.Errorf("error %v", err)
	}
	if _, err := h.Decide(t.Context(), watch("S1")); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("error %v", err)
	}
	h.Close()
}

func TestNamesDoNotLeadInside(t *testing.T) {
	local := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, c := range []struct {
		address string
		allowed []netip.Prefix
		want    bool
	}{
		{"203.0.112.1:80", nil, true},
		{"10.1.2.3:80", nil, false},
		{"10.1.2.3:80", local, true},
		{"[::ffff:10.1.2.3]:80", local, true},
		{"[::ffff:127.0.0.1]:80", local, false},
		{"[::1]:80", local, true},
		{"[fe80::1%lo]:80", local, false},
		{"169.254.169.254:80", local, false},
	} {
		if err := guard(c.address, c.allowed); (err == nil) != c.want {
			t.Errorf("%s: %v, want %v", c.address, err, c.want)
		}
	}
}

// A machine's own name leads to the machine, and is not written as an address.
func TestTheTransportIsGuarded(t *testing.T) {
	sfutest.NoLeaks(t)
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if addresses, err := net.LookupHost(name); err != nil || !private(netip.MustParseAddr(addresses[0])) {
		t.Skipf("%s leads to %v, %v", name, addresses, err)
	}
	server := &http.Server{Handler: http.NotFoundHandler()}
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go server.Serve(l)
	get := func(host string, allowed ...netip.Prefix) error {
		transport := newTransport(allowed)
		defer transport.CloseIdleConnections()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+net.JoinHostPort(host, fmt.Sprint(l.Addr().(*net.TCPAddr).Port)), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := transport.RoundTrip(r)
		if err == nil {
			err = resp.Body.Close()
		}
		return err
	}
	if err := get(name); err == nil || !strings.Contains(err.Error(), "allow_private") {
		t.Errorf("%s leads inside: %v", name, err)
	}
	everything := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	for host, allowed := range map[string][]netip.Prefix{"127.0.0.1": nil, "localhost": nil, name: everything} {
		if err := get(host, allowed...); err != nil {
			t.Errorf("%s, with %v: %v", host, allowed, err)
		}
	}
}

func TestPrivateAddresses(t *testing.T) {
	for text, want := range map[string]bool{
		"127.0.0.1": true, "10.1.2.3": true, "172.16.0.1": true, "192.168.1.1": true, "169.254.169.254": true, "100.64.0.1": true, "0.0.0.0": true, "0.1.2.3": true,
		"224.0.0.1": true, "255.255.255.255": true, "192.0.0.8": true, "198.18.0.1": true, "::1": true, "::": true, "fe80::1": true, "fc00::1": true, "ff02::1": true,
		"64:ff9b::7f00:1": true, "2002:7f00:1::": true, "::127.0.0.1": true, "2001::1": true,
		"8.8.8.8": false, "203.0.112.1": false, "2606:4700::1111": false, "172.32.0.1": false,
	} {
		if got := private(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s private %v, want %v", text, got, want)
		}
	}
}

func ExampleSign() {
	fmt.Println(Sign("secret", time.Unix(1764000000, 0), "app=live"))
	// Output: sha256=f7783d785b4473c1c4cdb1858e38903905ef0d16288c54c35111d9dc327167e3
}
