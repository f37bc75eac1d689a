package signaling

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func addresses(list ...string) (out []netip.Addr) {
	for _, a := range list {
		out = append(out, netip.MustParseAddr(a))
	}
	return out
}

func TestReachedAddress(t *testing.T) {
	known := map[string][]netip.Addr{
		"one.example":  addresses("198.51.100.1"),
		"both.example": addresses("2001:db8::1", "198.51.100.1"),
		"mybox":        addresses("127.0.1.1"),
		"six.example":  addresses("2001:db8::1"),
	}
	for _, c := range []struct {
		name, host, forwarded, remote, here, want string
	}{
		{name: "address", host: "192.0.2.9", want: "192.0.2.9"},
		{name: "address and port", host: "192.0.2.9:8080", want: "192.0.2.9"},
		{name: "IPv6", host: "[2001:db8::9]", want: "2001:db8::9"},
		{name: "IPv6 and port", host: "[2001:db8::9]:8080", want: "2001:db8::9"},
		{name: "mapped", host: "[::ffff:192.0.2.9]:8080", want: "192.0.2.9"},
		{name: "loopback of a container's host", host: "127.0.0.1:8080", here: "172.17.0.2", want: "127.0.0.1"},
		{name: "any address is none", host: "0.0.0.0:8080", here: "127.0.0.1", want: "127.0.0.1"},
		{name: "localhost", host: "localhost:8080", here: "127.0.0.1", want: "127.0.0.1"},
		{name: "localhost by IPv6", host: "localhost:8080", here: "::1", want: "::1"},
		{name: "localhost of a container's host", host: "localhost:8080", here: "172.17.0.2", want: "127.0.0.1"},
		{name: "a name of this machine", host: "mybox:8080", here: "127.0.0.1", want: "127.0.0.1"},
		{name: "name", host: "one.example", want: "198.51.100.1"},
		{name: "name in capitals", host: "ONE.example", want: "198.51.100.1"},
		{name: "family of the client, 4", host: "both.example", remote: "192.0.2.1:5", want: "198.51.100.1"},
		{name: "family of the client, 6", host: "both.example", remote: "[2001:db8::7]:5", want: "2001:db8::1"},
		{name: "the other family is better than none", host: "six.example", remote: "192.0.2.1:5", want: "2001:db8::1"},
		{name: "unknown name", host: "none.example", want: "10.0.0.1"},
		{name: "no name", host: "", want: "10.0.0.1"},
		{name: "nonsense", host: "a b\x00", want: "10.0.0.1"},
		{name: "what strangers claim", host: "192.0.2.9", forwarded: "198.51.100.99", want: "192.0.2.9"},
		{name: "what a proxy says", host: "192.0.2.9", remote: "10.9.9.9:5", forwarded: "198.51.100.99:443, x", want: "198.51.100.99"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &Server{options: Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.9.0.0/16")}}}
			s.names = newNames(func(_ context.Context, _, host string) ([]netip.Addr, error) {
				if list, ok := known[host]; ok {
					return list, nil
				}
				return nil, errors.New("no such host")
			}, time.Now)
			if c.here == "" {
				c.here = "10.0.0.1"
			}
			here := net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(c.here), 8080))
			r := httptest.NewRequest("POST", "/whip/demo", nil)
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, here))
			r.Host = c.host
			if c.remote != "" {
				r.RemoteAddr = c.remote
			}
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-Host", c.forwarded)
			}
			if got := s.reached(r, s.client(r)); got.String() != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestNamesAreResolvedOnce(t *testing.T) {
	var asked atomic.Int32
	at := time.Unix(1000, 0)
	answer := make(chan struct{})
	n := newNames(func(context.Context, string, string) ([]netip.Addr, error) {
		asked.Add(1)
		<-answer
		return addresses("192.0.2.1"), nil
	}, func() time.Time { return at })
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if got := n.lookup(t.Context(), "a.example"); len(got) != 1 {
				t.Errorf("got %v", got)
			}
		})
	}
	close(answer)
	all.Wait()
	if asked.Load() != 1 {
		t.Errorf("asked %d times, want 1", asked.Load())
	}
	at = at.Add(lookupKept)
	n.lookup(t.Context(), "a.example")
	if asked.Load() != 2 {
		t.Errorf("asked %d times after a minute, want 2", asked.Load())
	}
}

func TestResolverMayHang(t *testing.T) {
	n := newNames(func(ctx context.Context, _, _ string) ([]netip.Addr, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}, time.Now)
	start := time.Now()
	if got := n.lookup(t.Context(), "a.example"); got != nil {
		t.Errorf("got %v", got)
	}
	if took := time.Since(start); took > 5*lookupTime {
		t.Errorf("it took %v", took)
	}
}
