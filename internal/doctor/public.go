package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/stun/v4"
)

// stunServers are asked when nothing else is said: two of different operators.
var stunServers = []string{"stun.l.google.com:19302", "stun.cloudflare.com:3478"}

const (
	stunPatience = 500 * time.Millisecond
	stunTries    = 4
)

// public asks STUN servers by which address this machine is seen (RFC 8489),
// when it is allowed to.
func (e *exam) public(ctx context.Context) {
	if !e.Public {
		return
	}
	const id, title = "network.public", "public address"
	servers := e.STUN
	if servers == nil {
		servers = stunServers
	}
	seen, err := mapped(ctx, servers)
	if len(seen) == 0 {
		e.add(id, Warn, title, fmt.Sprintf("no STUN server answers: %v", err), "outgoing UDP may be blocked; viewers then need TCP, which Lectern takes on its web port (rtc.tcp)")
		return
	}
	e.judgePublic(id, title, seen, localAddresses(e.Config.RTC.Interfaces))
}

func (e *exam) judgePublic(id, title string, seen []netip.AddrPort, here []local) {
	ip := seen[0].Addr()
	own := slices.ContainsFunc(here, func(l local) bool { return l.ip == ip })
	carrier := slices.ContainsFunc(here, func(l local) bool { return shared.Contains(l.ip) && !named(l.name, tunnels) })
	moved := slices.ContainsFunc(seen, func(a netip.AddrPort) bool { return a != seen[0] })
	port := cmp.Or(e.Config.RTC.UDP, e.Config.HTTP.Listen)
	_, number, _ := net.SplitHostPort(port)
	switch {
	case own:
		e.add(id, OK, title, ip.String()+", this machine's own", "")
	case slices.Contains(e.Config.RTC.PublicIP, ip):
		e.add(id, OK, title, ip.String()+", as rtc.public_ip says", "")
	case len(e.Config.RTC.PublicIP) > 0:
		e.add(id, Fail, title, fmt.Sprintf("%s, and rtc.public_ip says %s", ip, e.Config.RTC.PublicIP[0]), "set rtc.public_ip to "+ip.String())
	case carrier:
		e.add(id, Warn, title, ip.String()+" is shared with others (CGNAT): nobody comes in from outside", "use a machine with an address of its own, or a TURN server (rtc.ice_servers)")
	case moved:
		e.add(id, Warn, title, fmt.Sprintf("%s, with another port for each partner (symmetric NAT)", ip), "forward UDP and TCP "+number+" to this machine, and set rtc.public_ip to "+ip.String())
	default:
		e.add(id, Warn, title, ip.String()+" is in front of this machine (NAT)", "forward UDP and TCP "+number+" to this machine under the same number, and set rtc.public_ip to "+ip.String())
	}
}

// mapped asks all servers from one socket, and returns what they saw.
func mapped(ctx context.Context, servers []string) (seen []netip.AddrPort, err error) {
	var lc net.ListenConfig
	conn, err := lc.ListenPacket(ctx, "udp4", ":0")
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })()
	for _, server := range servers {
		a, aerr := binding(ctx, conn, server)
		if aerr != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", server, aerr))
			continue
		}
		seen = append(seen, a)
	}
	return seen, err
}

// binding is one request, repeated while no answer comes.
func binding(ctx context.Context, conn net.PacketConn, server string) (netip.AddrPort, error) {
	at, err := net.ResolveUDPAddr("udp4", server)
	if err != nil {
		return netip.AddrPort{}, err
	}
	request, err := stun.Build(stun.TransactionID, stun.BindingRequest)
	if err != nil {
		return netip.AddrPort{}, err
	}
	buf := make([]byte, 1500)
	for range stunTries {
		if ctx.Err() != nil {
			return netip.AddrPort{}, context.Cause(ctx)
		}
		if _, err := conn.WriteTo(request.Raw, at); err != nil {
			return netip.AddrPort{}, err
		}
		_ = conn.SetReadDeadline(time.Now().Add(stunPatience))
		for {
			n, _, rerr := conn.ReadFrom(buf)
			if rerr != nil {
				err = rerr
				break
			}
			answer := &stun.Message{Raw: slices.Clone(buf[:n])}
			var a stun.XORMappedAddress
			if answer.Decode() != nil || answer.TransactionID != request.TransactionID || a.GetFrom(answer) != nil {
				continue
			}
			ip, ok := netip.AddrFromSlice(a.IP)
			if !ok {
				continue
			}
			return netip.AddrPortFrom(ip.Unmap(), uint16(a.Port)), nil
		}
	}
	return netip.AddrPort{}, err
}
