package rtmp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"lectern/sfu"
)

// failing is a listener that returns errors.
type failing struct {
	net.Listener
	errors []error
}

func (f *failing) Accept() (net.Conn, error) {
	err := f.errors[0]
	f.errors = f.errors[1:]
	return nil, err
}

func (f *failing) Close() error { return nil }

func TestShortagesDoNotEndTheServer(t *testing.T) {
	router := sfu.NewRouter(sfu.Options{})
	defer router.Close()
	s := New(Options{Router: router, Access: &access{}})
	broken := errors.New("broken")
	l := &failing{errors: []error{syscall.EMFILE, syscall.ECONNABORTED, fmt.Errorf("accept: %w", syscall.ENOMEM), broken, nil}}
	if err := s.Run(t.Context(), l); !errors.Is(err, broken) || len(l.errors) != 1 {
		t.Errorf("ended by %v with %d left", err, len(l.errors))
	}
}

func TestNetworksCountAsOneAddress(t *testing.T) {
	for at, want := range map[string]string{
		"192.0.2.1":       "192.0.2.1/32",
		"2001:db8::1":     "2001:db8::/64",
		"2001:db8::ffff":  "2001:db8::/64",
		"2001:db8:0:1::1": "2001:db8:0:1::/64",
	} {
		if got := network(netip.MustParseAddr(at)).String(); got != want {
			t.Errorf("%s is of %s, want %s", at, got, want)
		}
	}
	network(netip.Addr{}) // of a connection without an address
}

func TestExemptNetworksHaveNoLimits(t *testing.T) {
	l := newLab(t, func(o *Options) {
		o.Limits.PerAddress, o.Limits.RefusedBurst, o.Limits.RefusedPerSecond = 1, 1, 1e-9
		o.Limits.Exempt = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	for i := range 4 {
		defer publish(t, l.at, fmt.Sprint("cam", i)).net.Close()
	}
}

func TestWhatIsRememberedHasABound(t *testing.T) {
	var m memory[int, string]
	for i := range 3 * remembered {
		m.put(i, fmt.Sprint(i))
		m.put(0, "kept")
	}
	if len(m.byKey) != remembered || m.order.Len() != remembered {
		t.Errorf("%d and %d are remembered, want %d", len(m.byKey), m.order.Len(), remembered)
	}
	if v, ok := m.get(0); v != "kept" || !ok {
		t.Errorf("what was used last is %q, %t", v, ok)
	}
	if _, ok := m.get(1); ok {
		t.Error("what was used first is still there")
	}
}

func TestAllowances(t *testing.T) {
	at := time.Unix(0, 0)
	limits := Limits{BitsPerSecond: 8000, Excess: 5 * time.Second}
	steady := newAllowance(limits, nil) // 1 000 octets a second, and a second's worth
	for i := range 100 {
		if wait, err := steady.take(1000, at.Add(time.Duration(i)*time.Second)); wait != 0 || err != nil {
			t.Fatalf("second %d: %v, %v", i, wait, err)
		}
	}
	burst := newAllowance(limits, nil) // a backlog that is worked off in time
	now := at
	for range 5 {
		wait, err := burst.take(1000, now)
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(wait)
	}
	if now != at.Add(4*time.Second) {
		t.Errorf("five seconds' worth took %v", now.Sub(at))
	}
	greedy, now, n := newAllowance(limits, nil), at, 0
	for ; n < 100; n++ {
		wait, err := greedy.take(2000, now)
		if err != nil {
			break
		}
		now = now.Add(wait)
	}
	if took := now.Sub(at); took < 5*time.Second || took > 9*time.Second {
		t.Errorf("closed after %v", took)
	}
	limits.BitsPerSecond = -1
	free := newAllowance(limits, nil)
	if wait, err := free.take(1<<24, at); wait != 0 || err != nil {
		t.Errorf("without a limit: %v, %v", wait, err)
	}
}
