package peer

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// addresses are where clients may reach this server, the likeliest first.
type addresses struct {
	udp, tcp   int             // ports; 0 when there is none
	bound      netip.Addr      // what the UDP port is bound to; unspecified for all
	configured []netip.Addr    // Options.PublicIPs
	interfaces map[string]bool // Options.Interfaces; empty for all
}

// candidates returns the complete list of candidates for a client which came
// by the address reached (not valid when that is unknown): a=candidate values
// of RFC 8839 §5.1, with one UDP line an address, and behind them one of
// ICE-TCP each (RFC 6544).
//
// Pion's own list is not used: it does not know the address in front of a
// NAT or a container by which the client has come, and its order means
// nothing to clients that take the first line only.
func (a *addresses) candidates(reached netip.Addr) []string {
	list := a.ordered(reached)
	var lines []string
	for i, ip := range list {
		if a.udp != 0 {
			lines = append(lines, fmt.Sprintf("%d 1 udp %d %s %d typ host", i+1, priority(126, 65535-i), ip, a.udp))
		}
	}
	for i, ip := range list {
		if a.tcp != 0 {
			// direction preference 4 (passive) above the other preference
			lines = append(lines, fmt.Sprintf("%d 1 tcp %d %s %d typ host tcptype passive", i+101, priority(90, 4<<13+8191-i), ip, a.tcp))
		}
	}
	return lines
}

// priority is RFC 8445 §5.1.2.1's, for component 1.
func priority(typePreference, localPreference int) int {
	return typePreference<<24 + localPreference<<8 + 255
}

func (a *addresses) ordered(reached netip.Addr) []netip.Addr {
	reached = reached.Unmap().WithZone("")
	var list []netip.Addr
	add := func(ip netip.Addr) {
		ip = ip.Unmap()
		if ip.IsValid() && !ip.IsUnspecified() && ip.Zone() == "" && !slices.Contains(list, ip) {
			list = append(list, ip)
		}
	}
	if !reached.IsLinkLocalUnicast() { // useless without its zone, which the other side has its own name for
		add(reached)
	}
	for _, ip := range a.configured {
		add(ip)
	}
	if !a.bound.IsUnspecified() {
		add(a.bound)
		return list
	}
	if reached.IsLoopback() {
		add(netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	}
	for _, ip := range interfaceAddresses(a.interfaces) {
		add(ip)
	}
	return list
}

// virtual are the beginnings of the names of interfaces that lead to
// containers and virtual machines on this host, where no client is.
var virtual = []string{"docker", "veth", "br-", "virbr", "cni", "flannel", "cali", "lxc"}

func interfaceAddresses(only map[string]bool) []netip.Addr {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var list []netip.Addr
	for _, i := range interfaces {
		isVirtual := slices.ContainsFunc(virtual, func(prefix string) bool { return strings.HasPrefix(i.Name, prefix) })
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 || len(only) == 0 && isVirtual || len(only) > 0 && !only[i.Name] {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, addr := range addrs {
			prefix, err := netip.ParsePrefix(addr.String())
			if err != nil || prefix.Addr().IsLinkLocalUnicast() {
				continue
			}
			list = append(list, prefix.Addr())
		}
	}
	// IPv4 first: it is the one that both ends have more often.
	slices.SortStableFunc(list, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
	return list
}
