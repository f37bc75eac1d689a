package doctor

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// shared is what providers give to customers who share a public address
// (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

// local is an address of this machine.
type local struct {
	ip   netip.Addr
	name string // of its interface
}

func (l local) String() string { return fmt.Sprintf("%s (%s)", l.ip, l.name) }

// inner are the beginnings of names of interfaces on which no client is, and
// tunnels those of private networks that use the shared range themselves.
var (
	inner   = []string{"docker", "veth", "br-", "virbr", "cni", "flannel", "cali", "lxc"}
	tunnels = []string{"tailscale", "wg", "tun", "utun", "zt"}
)

func named(name string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// localAddresses are where others can reach this machine, IPv4 first.
func localAddresses(only []string) []local {
	interfaces, _ := net.Interfaces() // none is what is reported then
	var list []local
	for _, i := range interfaces {
		wanted := len(only) == 0 && !named(i.Name, inner) || slices.Contains(only, i.Name)
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 || !wanted {
			continue
		}
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && !p.Addr().IsLinkLocalUnicast() {
				list = append(list, local{p.Addr().Unmap(), i.Name})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b local) int { return a.ip.BitLen() - b.ip.BitLen() })
	return list
}

// isPublic says whether an address is one of the internet's.
func isPublic(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !shared.Contains(ip)
}

// addresses says by which ones clients may come.
func (e *exam) addresses(context.Context) {
	const id, title = "network.addresses", "addresses"
	if missing := missingInterfaces(e.Config.RTC.Interfaces); len(missing) > 0 {
		e.add("network.interfaces", Fail, "interfaces", "rtc.interfaces names "+strings.Join(missing, ", ")+", which is not there or has no address",
			"set rtc.interfaces to names that this machine has, or leave it out")
	}
	list := localAddresses(e.Config.RTC.Interfaces)
	e.judgeAddresses(id, title, list)
}

func missingInterfaces(wanted []string) []string {
	var missing []string
	for _, name := range wanted {
		if i, err := net.InterfaceByName(name); err == nil {
			if addrs, err := i.Addrs(); err == nil && len(addrs) > 0 {
				continue
			}
		}
		missing = append(missing, name)
	}
	return missing
}

func (e *exam) judgeAddresses(id, title string, list []local) {
	var shown []string
	carrier, global := "", ""
	for _, l := range list {
		shown = append(shown, l.String())
		if shared.Contains(l.ip) && !named(l.name, tunnels) {
			carrier = l.ip.String()
		}
		if isPublic(l.ip) {
			global = l.ip.String()
		}
	}
	for _, ip := range e.Config.RTC.PublicIP {
		shown = append(shown, ip.String()+" (rtc.public_ip)")
	}
	v6 := "; no IPv6"
	if slices.ContainsFunc(list, func(l local) bool { return l.ip.Is6() && isPublic(l.ip) }) {
		v6 = "; IPv6 too"
	}
	detail := strings.Join(shown, ", ") + v6
	switch {
	case len(shown) == 0 && !loopbackOnly(e.Config.HTTP.Listen):
		e.add(id, Warn, title, "this machine has none but its own loopback", "connect it to a network; clients elsewhere cannot come")
	case carrier != "" && global == "" && len(e.Config.RTC.PublicIP) == 0:
		e.add(id, Warn, title, detail+": "+carrier+" is one that a provider shares among customers (CGNAT), so that nobody comes in from outside",
			"run Lectern on a machine with a public address, or let viewers come by a TURN server (rtc.ice_servers)")
	default:
		e.add(id, OK, title, detail, "")
	}
}
