package signaling

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"lectern/internal/rebind"
)

// client is where a request comes from.
type client struct {
	ip       netip.Addr
	key      string // of the limits: the address, or an IPv6 customer's /64
	exempt   bool   // without limits by address: of Options.Exempt, or a proxy that did not say whom it speaks for
	loopback bool   // somebody on this machine, who needs no key for some things
	front    bool   // a program on this machine, which may speak for others
}

// forwarding are the headers by which a proxy betrays itself, trusted or not.
var forwarding = []string{
	"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-Ssl", "X-Forwarded",
	"X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Original-Forwarded-For", "Forwarded-For", "Forwarded", "Via",
	"Cf-Connecting-Ip", "True-Client-Ip", "Fastly-Client-Ip", "X-Envoy-External-Address",
}

func (s *Server) client(r *http.Request) client {
	direct := remote(r)
	ip := direct
	if s.trusted(direct) {
		ip = s.forwardedFor(r, direct)
	}
	front := direct.IsLoopback() && !forwarded(r) && !foreign(r) && !rebind.Possible(r.Host)
	return client{
		ip:       ip,
		key:      limitKey(ip),
		exempt:   within(s.options.Exempt, ip) || ip == direct && s.trusted(direct) && !direct.IsLoopback(),
		loopback: front && !relayed(r),
		front:    front,
	}
}

func remote(r *http.Request) netip.Addr {
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return at.Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

func (s *Server) trusted(ip netip.Addr) bool { return within(s.options.TrustedProxies, ip) }

func within(networks []netip.Prefix, ip netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// forwardedFor goes through the list from the end, which our own proxy wrote,
// to the first address that is not one of our proxies.
func (s *Server) forwardedFor(r *http.Request, direct netip.Addr) netip.Addr {
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	found := direct
	for i := len(hops) - 1; i >= 0; i-- {
		hop := strings.TrimSpace(hops[i])
		ip, err := netip.ParseAddr(hop)
		if at, wrong := netip.ParseAddrPort(hop); wrong == nil { // some add the port
			ip, err = at.Addr(), nil
		}
		if err != nil {
			return found
		}
		found = ip.Unmap().WithZone("")
		if !s.trusted(found) {
			return found
		}
	}
	return found
}

func forwarded(r *http.Request) bool {
	for _, name := range forwarding {
		if _, ok := r.Header[name]; ok {
			return true
		}
	}
	return false
}

// relayed tells what a proxy on this machine passes on without a word about it,
// as far as that can be seen: nginx speaks HTTP/1.0 to a server behind it unless
// it is told otherwise, and then says upgrade where nobody wants one, neither of
// which a browser or an encoder does; and an address by which others come is
// not what this machine calls itself.
func relayed(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = strings.Trim(r.Host, "[]")
	}
	ip, err := netip.ParseAddr(host)
	upgrade := r.Header.Get("Upgrade") == "" && strings.EqualFold(r.Header.Get("Connection"), "upgrade")
	return upgrade || !r.ProtoAtLeast(1, 1) || err == nil && !ip.Unmap().IsLoopback() && !ip.IsUnspecified()
}

// foreign tells a request that a page from elsewhere makes in a browser on
// this machine: its user is local, its author is not.
func foreign(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" {
		return true // "null" as well
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return !rebind.Localhost(u.Hostname()) && (err != nil || !ip.IsLoopback())
}

// limitKey takes an IPv6 customer's network for one address: whoever has one
// has 2^64 of them.
func limitKey(ip netip.Addr) string {
	if ip.Is6() {
		if network, err := ip.Prefix(64); err == nil {
			return network.String()
		}
	}
	return ip.String()
}

// local is the address of this machine at which the request has arrived.
func local(r *http.Request) netip.Addr {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return netip.Addr{}
	}
	at, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}
