package signaling

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"lectern/internal/rebind"
)

const (
	// lookupTime bounds how long an answer may wait for the resolver.
	lookupTime = 500 * time.Millisecond
	// lookupKept and failureKept are how long a name's addresses, or that it
	// has none, are remembered.
	lookupKept  = time.Minute
	failureKept = 10 * time.Second
	// maxNames bounds what is remembered: a server has few names, and whatever
	// else comes was made up.
	maxNames = 64
)

// reached is the address by which the client came, which is likely to be one
// that its media can come by as well; not valid when it is not known.
func (s *Server) reached(r *http.Request, from client) netip.Addr {
	host := s.host(r)
	here := local(r)
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip = ip.Unmap().WithZone(""); ip.IsUnspecified() {
			return here
		}
		return ip
	}
	if !hostname.MatchString(host) {
		return here
	}
	if rebind.Localhost(host) {
		return loopback(here)
	}
	addresses := s.names.lookup(r.Context(), strings.ToLower(host))
	var found netip.Addr
	for _, ip := range addresses {
		if ip.IsLoopback() {
			return loopback(here)
		}
		if !found.IsValid() || found.Is4() != from.ip.Is4() && ip.Is4() == from.ip.Is4() {
			found = ip
		}
	}
	if !found.IsValid() {
		return here
	}
	return found
}

// authority is the host by which the client came, with the port if there was
// one.
func (s *Server) authority(r *http.Request) string {
	if name := r.Header.Get("X-Forwarded-Host"); name != "" && s.trusted(remote(r)) {
		name, _, _ = strings.Cut(name, ",")
		return strings.TrimSpace(name)
	}
	return r.Host
}

// host is the name or address by which the client came, without the port.
func (s *Server) host(r *http.Request) string {
	host := s.authority(r)
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

// loopback is where a client on this machine came in. One that says localhost
// and yet arrives elsewhere came through the port mapping of a container,
// which leads from that machine's own loopback address.
func loopback(here netip.Addr) netip.Addr {
	if here.IsLoopback() {
		return here
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}

var hostname = regexp.MustCompile(`^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63}){0,10}\.?$`)

// names resolves names, and remembers what they stand for.
type names struct {
	resolve func(ctx context.Context, network, host string) ([]netip.Addr, error)
	now     func() time.Time
	recent  *recent[*lookup]
}

// lookup is one question to the resolver.
type lookup struct {
	done chan struct{} // closed when the rest is set
	list []netip.Addr
	till time.Time
}

func newNames(resolve func(context.Context, string, string) ([]netip.Addr, error), now func() time.Time) *names {
	return &names{resolve: resolve, now: now, recent: newRecent[*lookup](maxNames)}
}

func (n *names) lookup(ctx context.Context, host string) []netip.Addr {
	// The next client may need the answer even when this one has gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookupTime)
	defer cancel()
	var mine *lookup
	create := func() *lookup {
		mine = &lookup{done: make(chan struct{})}
		return mine
	}
	l := n.recent.getOrPut(host, create)
	if l == mine {
		n.ask(ctx, host, l)
		return l.list
	}
	select {
	case <-l.done:
	case <-ctx.Done():
		return nil
	}
	if n.now().Before(l.till) {
		return l.list
	}
	n.recent.put(host, create())
	n.ask(ctx, host, mine)
	return mine.list
}

func (n *names) ask(ctx context.Context, host string, l *lookup) {
	defer close(l.done)
	l.till = n.now().Add(failureKept)
	list, err := n.resolve(ctx, "ip", host)
	if err != nil || len(list) == 0 {
		return
	}
	for _, ip := range list {
		l.list = append(l.list, ip.Unmap().WithZone(""))
	}
	l.till = n.now().Add(lookupKept)
}
