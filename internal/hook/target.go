package hook

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// special are the networks besides those of netip's methods that are not the
// public Internet, or lead out of it in disguise (RFC 6890 and its registry).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"),        // IPv4-compatible
	netip.MustParsePrefix("64:ff9b::/96"), // NAT64
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2001::/23"), // Teredo among them
	netip.MustParsePrefix("2002::/16"), // 6to4
	netip.MustParsePrefix("fec0::/10"),
}

// private says that an address is not of the public Internet.
func private(ip netip.Addr) bool {
	return !ip.IsGlobalUnicast() || ip.IsPrivate() || within(special, ip)
}

func within(networks []netip.Prefix, ip netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// newTransport makes calls directly, as a proxy would resolve names itself.
// What a name leads to is looked at when it was resolved: another answer of
// the resolver a moment later is of no use then.
func newTransport(allowed []netip.Prefix) *http.Transport {
	open := net.Dialer{Timeout: dialTime}
	guarded := net.Dialer{Timeout: dialTime, Control: func(_, address string, _ syscall.RawConn) error { return guard(address, allowed) }}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if host, _, err := net.SplitHostPort(address); err == nil && spelledOut(host) {
				return open.DialContext(ctx, network, address)
			}
			return guarded.DialContext(ctx, network, address)
		},
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    idleConns,
		IdleConnTimeout:        time.Minute,
		TLSHandshakeTimeout:    dialTime,
		MaxResponseHeaderBytes: maxAnswer,
	}
}

// guard refuses addresses, with their ports, that names must not lead to.
func guard(address string, allowed []netip.Prefix) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := at.Addr().Unmap().WithZone("")
	if private(ip) && !within(allowed, ip) {
		return fmt.Errorf("%s is an address of this site: list it in hooks.allow_private, or write it into the URL", ip)
	}
	return nil
}

const (
	// dialTime bounds what the Timeout of a call has an end to already.
	dialTime = 10 * time.Second
	// idleConns saves the calls of a busy minute their handshakes.
	idleConns = 8
)

// spelledOut is a host that means what it says.
func spelledOut(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost") // RFC 6761 §6.3
}
