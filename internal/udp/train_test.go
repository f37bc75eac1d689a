package udp

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
)

var (
	here  = netip.MustParseAddrPort("192.0.2.1:5004")
	there = netip.MustParseAddrPort("[2001:db8::1]:5004")
)

// add says whether there was room for a datagram.
func (t *train) add(b []byte, to netip.AddrPort) bool {
	if !t.fits(len(b), to) {
		return false
	}
	copy(t.room(len(b)), b)
	t.fill(len(b), to)
	return true
}

func TestTrainTakesEqualSizesAndAShorterLast(t *testing.T) {
	for _, c := range []struct {
		name  string
		sizes []int
		want  int // so many fit
	}{
		{"one", []int{1200}, 1},
		{"equal", []int{1200, 1200, 1200}, 3},
		{"shorter last", []int{1200, 1200, 300}, 3},
		{"nothing after a shorter one", []int{1200, 300, 300}, 2},
		{"nor a long one again", []int{1200, 300, 1200}, 2},
		{"larger in the middle", []int{1000, 1000, 1200, 1000}, 2},
		{"larger at once", []int{30, 1200}, 1},
		{"by one", []int{1200, 1201}, 1},
		{"as many as Linux takes", slices.Repeat([]int{100}, 100), maxSegments},
		{"as much as a packet's length says", slices.Repeat([]int{1300}, 64), 50},
		{"and not an octet more", []int{32500, 32500, 1}, 2},
		{"too long for any", []int{maxOctets + 1}, 0},
		{"as long as possible", []int{maxOctets}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			train := trains.New().(*train)
			memory := &train.octets[:1][0]
			got := 0
			for i, size := range c.sizes {
				if !train.add(bytes.Repeat([]byte{byte(i)}, size), here) {
					break
				}
				got++
			}
			if got != c.want {
				t.Fatalf("%d fit, want %d", got, c.want)
			}
			i := 0
			for b := range train.cars {
				if len(b) != c.sizes[i] || b[0] != byte(i) {
					t.Errorf("datagram %d: %d octets of %d, want %d of %d", i, len(b), b[0], c.sizes[i], byte(i))
				}
				i++
			}
			if i != got || train.count != got {
				t.Errorf("%d datagrams, counted %d, want %d", i, train.count, got)
			}
			if &train.octets[:1][0] != memory {
				t.Error("the memory has grown")
			}
		})
	}
}

func TestTrainHasOneAddress(t *testing.T) {
	train := trains.New().(*train)
	if !train.add([]byte("a"), here) || train.add([]byte("b"), there) {
		t.Error("datagrams for two addresses are in one train")
	}
	train.empty()
	if !train.add([]byte("b"), there) || train.to != there {
		t.Errorf("an empty train goes to %v, want %v", train.to, there)
	}
}

func FuzzTrain(f *testing.F) {
	f.Add([]byte{10, 10, 10, 3, 3, 200})
	f.Fuzz(func(t *testing.T, sizes []byte) {
		train := trains.New().(*train)
		var written, sent []byte
		depart := func() {
			if train.count > maxSegments || len(train.octets) > maxOctets {
				t.Fatalf("%d datagrams of %d octets", train.count, len(train.octets))
			}
			n := 0
			for b := range train.cars {
				n++
				sent = append(sent, b...)
				if len(b) != train.size && n != train.count {
					t.Fatalf("datagram %d of %d has %d octets, want %d", n, train.count, len(b), train.size)
				}
			}
			if n != train.count {
				t.Fatalf("%d datagrams, want %d", n, train.count)
			}
			train.empty()
		}
		for i, size := range sizes {
			b := bytes.Repeat([]byte{byte(i)}, int(size)*10+1)
			written = append(written, b...)
			if !train.add(b, here) {
				if depart(); !train.add(b, here) {
					t.Fatalf("%d octets do not fit", len(b))
				}
			}
		}
		depart()
		if !bytes.Equal(sent, written) {
			t.Fatal("what was sent is not what was written")
		}
	})
}
