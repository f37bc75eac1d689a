package peer

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
)

// setupState is how far the setting up of a connection has got: what tells apart the
// three reasons for which a page loads and the picture does not come.
type setupState struct {
	checks uint64 // of the client's, with its password, that have come
	chosen bool   // a pair of addresses works in both directions
}

func (l *link) setupState() setupState {
	_, chosen := l.agent.GetSelectedCandidatePairStats()
	return setupState{l.peer.checks.Load(), chosen}
}

// setupState asks ICE alone: Pion's statistics of the rest may not be read
// while DTLS is being set up.
func (n negotiated) setupState() setupState {
	pair, err := n.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	return setupState{n.checks.Load(), err == nil && pair != nil}
}

// unreached logs why a connection did not come about in time, and what to do.
func (p *Peer) unreached() {
	w := p.setupState()
	announced := p.engine.addresses.short(p.reached)
	code, text, fix := "media_unreachable", "no connection: not one packet of the client has come to the announced addresses",
		"let UDP "+strconv.Itoa(p.engine.addresses.udp)+" through to this process: in Docker -p PORT:PORT/udp with the same number, in a firewall open it; "+
			"if none of the addresses is this server's as the client sees it, set rtc.public_ip"
	switch {
	case w.chosen:
		code, text, fix = "media_handshake", "no connection: packets pass in both directions, and the client's encryption (DTLS) was not agreed on",
			"let the client try again; a program that does not keep to its own fingerprint, or a middlebox that changes packets, is the cause when it stays"
	case w.checks > 0:
		code, text, fix = "media_one_way", "no connection: the client's packets come, and the answers do not reach it",
			"let outgoing UDP of this server through, also to high ports; where a NAT stands in front, it must keep the port number"
	}
	p.log.LogAttrs(context.Background(), slog.LevelWarn, text, slog.String("code", code),
		slog.Any("announced", announced), slog.Uint64("checks", w.checks), slog.Int("client_candidates", p.offer.candidates), slog.String("fix", fix))
}

// short are the addresses that are announced, ADDRESS:PORT/TRANSPORT.
func (a *addresses) short(reached netip.Addr) []string {
	var list []string
	for _, ip := range a.ordered(reached) {
		if a.udp != 0 {
			list = append(list, net.JoinHostPort(ip.String(), strconv.Itoa(a.udp))+"/udp")
		}
		if a.tcp != 0 {
			list = append(list, net.JoinHostPort(ip.String(), strconv.Itoa(a.tcp))+"/tcp")
		}
	}
	return list
}
