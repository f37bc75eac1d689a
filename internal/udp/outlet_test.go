package udp

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"testing"
)

// fake is a kernel that notes what it is asked for.
type fake struct {
	mu      sync.Mutex
	calls   []string          // how many datagrams each was for
	packets []string          // numbers and sizes of those that left
	refuse  func(n int) error // a message of n datagrams
}

func (f *fake) send(octets []byte, size int, to netip.AddrPort) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := (len(octets) + size - 1) / size
	f.calls = append(f.calls, fmt.Sprint(n))
	if f.refuse != nil {
		if err := f.refuse(n); err != nil {
			return err
		}
	}
	for b := range slices.Chunk(octets, size) {
		f.packets = append(f.packets, fmt.Sprintf("%d:%d", b[1], len(b)))
	}
	return nil
}

// inner is the connection of a session, as Pion's mux makes it.
type inner struct {
	*Conn
	mu     sync.Mutex
	wrote  int
	closed bool
}

func (i *inner) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	i.mu.Lock()
	i.wrote++
	i.mu.Unlock()
	return i.Conn.WriteToAddrPort(b, to)
}

func (i *inner) Close() error { i.closed = true; return nil }

func newFake(segments bool) (*fake, *Conn) {
	f := &fake{}
	return f, &Conn{kernel: f, segments: segments}
}

// packet is one of RTP, with a number to know it by.
func packet(number byte, size int) []byte {
	b := make([]byte, size)
	b[0], b[1] = 128, number
	return b
}

func write(t testing.TB, w net.PacketConn, b []byte, to netip.AddrPort) {
	t.Helper()
	if n, err := w.(AddrPortConn).WriteToAddrPort(b, to); n != len(b) || err != nil {
		t.Errorf("write = %d, %v; want %d", n, err, len(b))
	}
}

func TestABurstLeavesTogether(t *testing.T) {
	stun := []byte{0, 99, 0, 0}
	type step struct {
		b  []byte
		to netip.AddrPort
	}
	for _, c := range []struct {
		name  string
		steps []step
		calls []string
		inner int
	}{
		{"equal", []step{{packet(1, 1000), here}, {packet(2, 1000), here}, {packet(3, 1000), here}}, []string{"3"}, 0},
		{"shorter last", []step{{packet(1, 1000), here}, {packet(2, 1000), here}, {packet(3, 30), here}}, []string{"3"}, 0},
		{"larger in the middle", []step{{packet(1, 900), here}, {packet(2, 1000), here}, {packet(3, 1000), here}, {packet(4, 900), here}, {packet(5, 900), here}}, []string{"1", "3", "1"}, 0},
		{"sizes of Chromium", []step{{packet(1, 900), here}, {packet(2, 900), here}, {packet(3, 901), here}, {packet(4, 901), here}}, []string{"2", "2"}, 0},
		{"STUN between", []step{{packet(1, 900), here}, {packet(2, 900), here}, {stun, here}, {packet(3, 900), here}}, []string{"2", "1", "1"}, 1},
		{"STUN to another address", []step{{packet(1, 900), here}, {stun, there}, {packet(2, 900), here}, {packet(3, 900), here}}, []string{"1", "1", "2"}, 1},
		{"another address", []step{{packet(1, 900), here}, {packet(2, 900), here}, {packet(3, 900), there}, {packet(4, 900), there}, {packet(5, 900), there}}, []string{"2", "1", "2"}, 1},
		{"a giant", []step{{packet(1, 900), here}, {packet(2, maxOctets+1), here}, {packet(3, 900), here}}, []string{"1", "1", "1"}, 0},
		{"nothing", nil, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, conn := newFake(true)
			in := &inner{Conn: conn}
			out := conn.Outlet()
			w := out.Wrap(in)
			write(t, w, packet(0, 100), here) // from it the mux learns the address
			f.calls, f.packets, in.wrote = nil, nil, 0
			out.Begin()
			var want []string
			for _, s := range c.steps {
				write(t, w, s.b, s.to)
				want = append(want, fmt.Sprintf("%d:%d", s.b[1], len(s.b)))
			}
			out.End()
			if !slices.Equal(f.packets, want) {
				t.Errorf("left: %v, want %v", f.packets, want)
			}
			if !slices.Equal(f.calls, c.calls) {
				t.Errorf("datagrams a call: %v, want %v", f.calls, c.calls)
			}
			if in.wrote != c.inner {
				t.Errorf("%d through the inner connection, want %d", in.wrote, c.inner)
			}
			if out.train != nil {
				t.Error("memory is kept between bursts")
			}
		})
	}
}

func TestNothingWaitsOutsideABurst(t *testing.T) {
	f, conn := newFake(true)
	out := conn.Outlet()
	w := out.Wrap(&inner{Conn: conn})
	for i := range 3 {
		write(t, w, packet(byte(i), 100), here)
		if len(f.packets) != i+1 {
			t.Fatalf("%d have left after %d", len(f.packets), i+1)
		}
	}
	out.Begin()
	out.Begin()
	write(t, w, packet(3, 100), here)
	out.End()
	if len(f.packets) != 3 {
		t.Error("what waits has left before the end of the last burst")
	}
	out.End()
	if len(f.packets) != 4 {
		t.Error("what waited has not left")
	}
}

func TestWithoutSegmentsPacketsLeaveAtOnce(t *testing.T) {
	f, conn := newFake(false)
	in := &inner{Conn: conn}
	out := conn.Outlet()
	w := out.Wrap(in)
	out.Begin()
	for i := range 3 {
		write(t, w, packet(byte(i), 100), here)
	}
	if len(f.packets) != 3 || in.wrote != 3 {
		t.Errorf("%d have left, %d through the inner connection; want 3", len(f.packets), in.wrote)
	}
	out.End()
	if out.train != nil {
		t.Error("memory is kept")
	}
}

func TestWhatIsRefusedTogetherLeavesOneByOne(t *testing.T) {
	for _, c := range []struct {
		err     error
		forever bool
		lost    uint64
	}{
		{syscall.EIO, true, 0},
		{syscall.EINVAL, true, 0},
		{syscall.ENOPROTOOPT, true, 0},
		{&net.OpError{Op: "write", Err: syscall.EIO}, true, 0},
		{syscall.EMSGSIZE, false, 0},
		{syscall.ECONNREFUSED, false, 3},
		{syscall.ENOBUFS, false, 3},
	} {
		t.Run(c.err.Error(), func(t *testing.T) {
			f, conn := newFake(true)
			out, other := conn.Outlet(), conn.Outlet()
			w := out.Wrap(&inner{Conn: conn})
			v := other.Wrap(&inner{Conn: conn})
			write(t, w, packet(0, 100), here)
			write(t, v, packet(0, 100), there)
			burst := func(o *Outlet, w net.PacketConn, to netip.AddrPort) {
				o.Begin()
				defer o.End()
				for i := range 3 {
					write(t, w, packet(byte(i), 100), to)
				}
			}
			f.refuse = func(n int) error {
				if n > 1 {
					return c.err
				}
				return nil
			}
			f.calls = nil
			burst(out, w, here)
			f.refuse = nil
			burst(out, w, here)
			burst(other, v, there)
			want := []string{"3", "1", "1", "1", "3", "3"}
			switch {
			case c.lost > 0:
				want = []string{"3", "3", "3"}
			case c.forever: // for this address
				want = []string{"3", "1", "1", "1", "1", "1", "1", "3"}
			}
			if !slices.Equal(f.calls, want) {
				t.Errorf("datagrams a call: %v, want %v", f.calls, want)
			}
			if got := conn.Stats(); got.Lost != c.lost || got.Datagrams != 11-c.lost {
				t.Errorf("%+v, want %d lost of 11", got, c.lost)
			}
			divided, trains := uint64(1), uint64(2)
			switch {
			case c.lost > 0:
				divided = 0
			case c.forever:
				trains = 1
			}
			if got := conn.Stats(); got.Divided != divided || got.Trains != trains {
				t.Errorf("%+v, want %d that left together and %d that did not", got, trains, divided)
			}
		})
	}
}

func TestOneThatIsRefusedAloneDoesNotHoldUpTheRest(t *testing.T) {
	f, conn := newFake(true)
	out := conn.Outlet()
	w := out.Wrap(&inner{Conn: conn})
	write(t, w, packet(0, 100), here)
	f.packets = nil
	single := 0
	f.refuse = func(n int) error {
		if n > 1 {
			return syscall.EMSGSIZE
		}
		if single++; single == 2 {
			return syscall.EMSGSIZE
		}
		return nil
	}
	out.Begin()
	for i := range 4 {
		write(t, w, packet(byte(i), 100), here)
	}
	out.End()
	if want := []string{"0:100", "2:100", "3:100"}; !slices.Equal(f.packets, want) {
		t.Errorf("left: %v, want %v", f.packets, want)
	}
	if got := conn.Stats(); got.Lost != 1 {
		t.Errorf("%d lost, want 1", got.Lost)
	}
}

func TestAClosedConnectionTakesNothing(t *testing.T) {
	f, conn := newFake(true)
	in := &inner{Conn: conn}
	out := conn.Outlet()
	w := out.Wrap(in)
	write(t, w, packet(0, 100), here)
	out.Begin()
	write(t, w, packet(1, 100), here)
	if err := w.Close(); err != nil || !in.closed {
		t.Errorf("close: %v, inner closed: %v", err, in.closed)
	}
	if _, err := w.(AddrPortConn).WriteToAddrPort(packet(2, 100), here); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("write = %v, want %v", err, io.ErrClosedPipe)
	}
	out.End()
	if want := []string{"0:100", "1:100"}; !slices.Equal(f.packets, want) {
		t.Errorf("left: %v, want %v: what was written before is still sent", f.packets, want)
	}
}

func TestNoOutletIsOne(t *testing.T) {
	var none *Outlet
	none.Begin()
	none.End()
}

func TestManyWriteAtOnce(t *testing.T) {
	f, conn := newFake(true)
	out := conn.Outlet()
	w := out.Wrap(&inner{Conn: conn})
	const writers, bursts, packets = 4, 50, 5
	var running sync.WaitGroup
	for writer := range writers {
		running.Go(func() {
			for burst := range bursts {
				out.Begin()
				for i := range packets {
					write(t, w, packet(byte(burst*packets+i), 100+writer), here)
				}
				out.End()
			}
		})
	}
	running.Wait()
	if got, want := len(f.packets), writers*bursts*packets; got != want {
		t.Fatalf("%d packets, want %d", got, want)
	}
	var next [writers]byte
	for _, p := range f.packets {
		var number byte
		var size int
		if _, err := fmt.Sscanf(p, "%d:%d", &number, &size); err != nil {
			t.Fatal(err)
		}
		if number != next[size-100] {
			t.Fatalf("writer %d: packet %d, want %d", size-100, number, next[size-100])
		}
		next[size-100]++
	}
}
