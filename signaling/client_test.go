package signaling

import (
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"
)

func TestWhoTheClientIs(t *testing.T) {
	s := &Server{options: Options{Exempt: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}, TrustedProxies: []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("fd00::/8"),
	}}}
	for _, c := range []struct {
		name, remote, forwarded, origin string
		want, key                       string
		loopback, exempt                bool
	}{
		{name: "direct", remote: "192.0.2.1:5", want: "192.0.2.1"},
		{name: "direct, IPv6", remote: "[2001:db8:1:2:3::4]:5", want: "2001:db8:1:2:3::4", key: "2001:db8:1:2::/64"},
		{name: "mapped", remote: "[::ffff:192.0.2.1]:5", want: "192.0.2.1"},
		{name: "zone", remote: "[fe80::1%eth0]:5", want: "fe80::1", key: "fe80::/64"},
		{name: "what strangers claim", remote: "192.0.2.1:5", forwarded: "198.51.100.1", want: "192.0.2.1"},
		{name: "proxy", remote: "10.0.0.1:5", forwarded: "198.51.100.1", want: "198.51.100.1"},
		{name: "proxy with a port", remote: "10.0.0.1:5", forwarded: "198.51.100.1:77", want: "198.51.100.1"},
		{name: "proxy, IPv6", remote: "[fd00::1]:5", forwarded: "2001:db8::1", want: "2001:db8::1", key: "2001:db8::/64"},
		{name: "two proxies", remote: "10.0.0.1:5", forwarded: "203.0.113.9, 198.51.100.1, 10.0.0.2", want: "198.51.100.1"},
		{name: "proxies only", remote: "10.0.0.1:5", forwarded: "10.0.0.3, 10.0.0.2", want: "10.0.0.3"},
		{name: "exempt", remote: "203.0.113.9:5", want: "203.0.113.9", exempt: true},
		{name: "exempt behind a proxy", remote: "10.0.0.1:5", forwarded: "203.0.113.9", want: "203.0.113.9", exempt: true},
		{name: "proxy that says nothing", remote: "10.0.0.1:5", want: "10.0.0.1", exempt: true},
		{name: "proxy that says nonsense", remote: "10.0.0.1:5", forwarded: "unknown", want: "10.0.0.1", exempt: true},
		{name: "this machine", remote: "127.0.0.1:5", want: "127.0.0.1", loopback: true},
		{name: "this machine, own page", remote: "127.0.0.1:5", origin: "http://127.0.0.1:8080", want: "127.0.0.1", loopback: true},
		{name: "this machine, own page by name", remote: "[::1]:5", origin: "http://localhost:5173", want: "::1", key: "::/64", loopback: true},
		{name: "this machine, a page from elsewhere", remote: "127.0.0.1:5", origin: "https://evil.example", want: "127.0.0.1"},
		{name: "this machine, a page from a look-alike", remote: "127.0.0.1:5", origin: "https://localhost.evil.example", want: "127.0.0.1"},
		{name: "this machine, a page from a file", remote: "127.0.0.1:5", origin: "null", want: "127.0.0.1"},
		{name: "proxy on this machine", remote: "127.0.0.1:5", forwarded: "198.51.100.1", want: "198.51.100.1"},
		{name: "proxy that claims loopback", remote: "127.0.0.1:5", forwarded: "127.0.0.1", want: "127.0.0.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "http://localhost/whip/demo", nil)
			r.RemoteAddr = c.remote
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-For", c.forwarded)
			}
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			if c.key == "" {
				c.key = c.want
			}
			want := client{netip.MustParseAddr(c.want), c.key, c.exempt, c.loopback, c.loopback}
			if got := s.client(r); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestOldKeysAreForgotten(t *testing.T) {
	r := newRecent[int](3)
	for i, key := range []string{"a", "b", "c"} {
		r.put(key, i)
	}
	r.get("a")
	r.put("d", 3)
	for key, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true} {
		if _, ok := r.get(key); ok != want {
			t.Errorf("%s: %v, want %v", key, ok, want)
		}
	}
	if !r.take("a") || r.take("a") {
		t.Error("take does not forget")
	}
}

func TestBucketsFillAgain(t *testing.T) {
	b := newBuckets(Rate{PerSecond: 2, Burst: 3})
	at := time.Unix(1000, 0)
	for range 3 {
		if wait := b.take("a", at); wait != 0 {
			t.Fatalf("wait %v within the burst", wait)
		}
	}
	if b.peek("a", at) != 500*time.Millisecond || b.take("a", at) != 500*time.Millisecond {
		t.Error("want a wait of half a second")
	}
	if b.peek("b", at) != 0 || b.take("b", at) != 0 {
		t.Error("one key empties another's bucket")
	}
	if wait := b.take("a", at.Add(500*time.Millisecond)); wait != 0 {
		t.Errorf("wait %v after half a second", wait)
	}
	unlimited := newBuckets(Rate{PerSecond: -1})
	for range 1000 {
		if unlimited.take("a", at) != 0 {
			t.Fatal("limited")
		}
	}
}
