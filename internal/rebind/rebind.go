// Package rebind tells requests for this machine from requests for a name that
// was made to lead to it.
//
// Invariant: a name that somebody else can own is never taken for this
// machine's. A page of such a name may read what it leads to, and browsers say
// nothing of where a GET within one name comes from (DNS rebinding).
package rebind

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// own are endings that no registry gives away (RFC 6762, RFC 8375, and ICANN's
// reservation of .internal).
var own = []string{".local", ".internal", ".home.arpa"}

// Possible says whether a request's Host, with or without a port, is a name that
// anybody can have lead to this machine. Addresses, localhost, names without a
// dot, and those that are this network's own are not.
func Possible(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	if _, err := netip.ParseAddr(name); err == nil || Localhost(name) || !strings.Contains(name, ".") {
		return false
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return !slices.ContainsFunc(own, func(ending string) bool { return strings.HasSuffix(name, ending) })
}

// Localhost says whether a name is that of this machine (RFC 6761 §6.3).
func Localhost(name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
