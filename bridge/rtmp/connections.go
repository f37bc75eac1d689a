package rtmp

import (
	"container/list"
	"net"
	"net/netip"
	"slices"
	"sync"

	"lectern/internal/limit"
)

// turnedAway is how many connections of an address, beyond those that it may
// have, are told so at a time. More are closed without a word.
const turnedAway = 8

// connections counts those that there are, and says which may come.
//
//	pending ──admit──▶ admitted ──leave──▶ gone
//	   └──leave, or the oldest when one more comes──▶┘
type connections struct {
	limits Limits
	hits   *limit.Hits

	mu        sync.Mutex
	total     int
	letIn     int
	players   int // of them
	byAddress map[netip.Prefix]int
	pending   list.List // of net.Conn, the oldest first
}

func newConnections(l Limits, hits *limit.Hits) *connections {
	return &connections{limits: l, hits: hits, byAddress: map[netip.Prefix]int{}}
}

// place is what a connection has among them.
type place struct {
	all     *connections
	ip      netip.Addr
	network netip.Prefix // by which limits count
	exempt  bool         // from them
	crowded bool         // its network has more than it may

	waiting *list.Element // nil when it is admitted, or gone
	counted bool          // as admitted
	plays   bool          // and as a player
}

// enter gives a connection a place; nil when there is none.
func (n *connections) enter(c net.Conn) *place {
	p := &place{all: n, ip: remote(c)}
	p.network = network(p.ip)
	p.exempt = slices.ContainsFunc(n.limits.Exempt, func(e netip.Prefix) bool { return e.Contains(p.ip) })
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.total >= n.limits.Total && (n.pending.Len() == 0 || n.total >= n.limits.Total+turnedAway) {
		n.hits.Add(limit.RTMPTotal)
		return nil
	}
	if over := n.byAddress[p.network] - n.limits.PerAddress; !p.exempt && over >= 0 {
		n.hits.Add(limit.RTMPAddress)
		if over >= turnedAway {
			return nil
		}
		p.crowded = true
	}
	n.total++
	n.byAddress[p.network]++
	p.waiting = n.pending.PushBack(c)
	if n.pending.Len() > n.limits.Pending || n.total > n.limits.Total {
		oldest := n.pending.Front()
		n.pending.Remove(oldest)
		oldest.Value.(net.Conn).Close() // its session leaves then
	}
	return p
}

// admit says that the connection's peer has been let in. It may be called
// again.
func (p *place) admit() {
	p.all.mu.Lock()
	defer p.all.mu.Unlock()
	p.stopWaitingLocked()
	if !p.counted {
		p.counted = true
		p.all.letIn++
	}
}

// play takes a player's place until dismiss; false when there is none.
func (p *place) play() bool {
	n := p.all
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.players >= n.limits.Players {
		n.hits.Add(limit.RTMPPlayers)
		return false
	}
	n.players++
	p.plays = true
	return true
}

// dismiss takes admit and play back: the connection goes on, and must leave soon.
func (p *place) dismiss() {
	p.all.mu.Lock()
	defer p.all.mu.Unlock()
	if p.counted {
		p.counted = false
		p.all.letIn--
	}
	if p.plays {
		p.plays = false
		p.all.players--
	}
}

// leave gives the place back, once.
func (p *place) leave() {
	p.dismiss()
	n := p.all
	n.mu.Lock()
	defer n.mu.Unlock()
	p.stopWaitingLocked()
	n.total--
	if n.byAddress[p.network]--; n.byAddress[p.network] == 0 {
		delete(n.byAddress, p.network)
	}
}

func (p *place) stopWaitingLocked() {
	if p.waiting != nil {
		p.all.pending.Remove(p.waiting) // does nothing when enter has taken it out
		p.waiting = nil
	}
}

// present is how many publish, and how many play.
func (n *connections) present() (publishers, players int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return max(n.letIn-n.players, 0), n.players // a player has its place before it is let in
}

// admitted is how many have been.
func (n *connections) admitted() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.letIn
}

// remote is the peer's address; the zero one where it has none.
func remote(c net.Conn) netip.Addr {
	at, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}

// network takes an IPv6 customer's network for one address: whoever has one
// has 2^64 of them.
func network(ip netip.Addr) netip.Prefix {
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits) // the zero prefix of the zero address
	return p
}
