package udp

import (
	"fmt"
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

// add makes a packet in a burst.
func add(t testing.TB, out *Burst, b []byte) {
	t.Helper()
	room := out.Room(len(b))
	if len(room) != len(b) {
		t.Fatalf("room for %d octets, want %d", len(room), len(b))
	}
	copy(room, b)
	out.Add(len(b))
}

func TestABurstLeavesTogether(t *testing.T) {
	for _, c := range []struct {
		name  string
		sizes []int
		calls []string
	}{
		{"equal", []int{1000, 1000, 1000}, []string{"3"}},
		{"shorter last", []int{1000, 1000, 30}, []string{"3"}},
		{"larger in the middle", []int{900, 1000, 1000, 900, 900}, []string{"1", "3", "1"}},
		{"sizes of Chromium", []int{900, 900, 901, 901}, []string{"2", "2"}},
		{"as long as possible", []int{900, maxOctets, 900}, []string{"1", "1", "1"}},
		{"nothing", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, conn := newFake(true)
			out := conn.Burst()
			out.Begin(here)
			var want []string
			for i, size := range c.sizes {
				add(t, out, packet(byte(i), size))
				want = append(want, fmt.Sprintf("%d:%d", i, size))
			}
			if out.Room(maxOctets+1) != nil {
				t.Error("room for more than a packet can have")
			}
			_ = out.Room(100) // and nothing is made of it
			out.End()
			if !slices.Equal(f.packets, want) {
				t.Errorf("left: %v, want %v", f.packets, want)
			}
			if !slices.Equal(f.calls, c.calls) {
				t.Errorf("datagrams a call: %v, want %v", f.calls, c.calls)
			}
			if out.train != nil {
				t.Error("memory is kept between bursts")
			}
		})
	}
}

func TestWithoutSegmentsPacketsLeaveAtOnce(t *testing.T) {
	f, conn := newFake(false)
	out := conn.Burst()
	out.Begin(here)
	for i := range 3 {
		add(t, out, packet(byte(i), 100))
		if len(f.packets) != i+1 {
			t.Errorf("%d have left after %d", len(f.packets), i+1)
		}
	}
	out.End()
	if want := []string{"1", "1", "1"}; !slices.Equal(f.calls, want) {
		t.Errorf("datagrams a call: %v, want %v", f.calls, want)
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
			out, other := conn.Burst(), conn.Burst()
			burst := func(o *Burst, to netip.AddrPort) {
				o.Begin(to)
				defer o.End()
				for i := range 3 {
					add(t, o, packet(byte(i), 100))
				}
			}
			f.refuse = func(n int) error {
				if n > 1 {
					return c.err
				}
				return nil
			}
			burst(out, here)
			f.refuse = nil
			burst(out, here)
			burst(out, there)
			burst(other, here)
			want := []string{"3", "1", "1", "1", "3", "3", "3"}
			switch {
			case c.lost > 0:
				want = []string{"3", "3", "3", "3"}
			case c.forever: // for this address
				want = []string{"3", "1", "1", "1", "1", "1", "1", "3", "3"}
			}
			if !slices.Equal(f.calls, want) {
				t.Errorf("datagrams a call: %v, want %v", f.calls, want)
			}
			if got := conn.Stats(); got.Lost != c.lost || got.Datagrams != 12-c.lost {
				t.Errorf("%+v, want %d lost of 12", got, c.lost)
			}
			divided, trains := uint64(1), uint64(3)
			switch {
			case c.lost > 0:
				divided = 0
			case c.forever:
				trains = 2
			}
			if got := conn.Stats(); got.Divided != divided || got.Trains != trains {
				t.Errorf("%+v, want %d that left together and %d that did not", got, trains, divided)
			}
		})
	}
}

func TestOneThatIsRefusedAloneDoesNotHoldUpTheRest(t *testing.T) {
	f, conn := newFake(true)
	out := conn.Burst()
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
	out.Begin(here)
	for i := range 4 {
		add(t, out, packet(byte(i), 100))
	}
	out.End()
	if want := []string{"0:100", "2:100", "3:100"}; !slices.Equal(f.packets, want) {
		t.Errorf("left: %v, want %v", f.packets, want)
	}
	if got := conn.Stats(); got.Lost != 1 {
		t.Errorf("%d lost, want 1", got.Lost)
	}
}

func TestBurstsOfManyAtOnce(t *testing.T) {
	f, conn := newFake(true)
	const sessions, bursts, packets = 4, 50, 5
	var running sync.WaitGroup
	for session := range sessions {
		out := conn.Burst()
		running.Go(func() {
			for burst := range bursts {
				out.Begin(here)
				for i := range packets {
					add(t, out, packet(byte(burst*packets+i), 100+session))
				}
				out.End()
			}
		})
	}
	running.Wait()
	if got, want := len(f.packets), sessions*bursts*packets; got != want {
		t.Fatalf("%d packets, want %d", got, want)
	}
	var next [sessions]byte
	for _, p := range f.packets {
		var number byte
		var size int
		if _, err := fmt.Sscanf(p, "%d:%d", &number, &size); err != nil {
			t.Fatal(err)
		}
		if number != next[size-100] {
			t.Fatalf("session %d: packet %d, want %d", size-100, number, next[size-100])
		}
		next[size-100]++
	}
}
