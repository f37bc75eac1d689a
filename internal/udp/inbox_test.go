package udp

import (
	"bytes"
	"net"
	"slices"
	"testing"
)

// What left together comes together, and is what it was; what did not comes
// one by one, as everything does where it is not asked for.
func TestInboxHasDatagramsAsTheyLeft(t *testing.T) {
	for _, c := range []struct {
		name           string
		together       bool
		network, local string
	}{
		{"IPv4, together", true, "udp4", "127.0.0.1:0"},
		{"IPv6, together", true, "udp6", "[::1]:0"},
		{"IPv4, one by one", false, "udp4", "127.0.0.1:0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			receiver := listen(t, c.network, c.local)
			inbox, joined := NewInbox(receiver, c.together)
			if joined && !c.together {
				t.Error("datagrams may come together though nobody asked")
			}
			conn := open(t, c.network, c.local)
			to := receiver.LocalAddr().(*net.UDPAddr).AddrPort()
			out := conn.Burst()
			out.Begin(to)
			sizes := []int{1000, 1000, 1000, 400, 1200, 20}
			var want [][]byte
			for i, size := range sizes {
				want = append(want, packet(byte(i), size))
				add(t, out, want[i])
			}
			out.End()
			var got [][]byte
			reads := 0
			for len(got) < len(want) {
				octets, size, from, err := inbox.Read()
				if err != nil {
					t.Fatal(err)
				}
				if from.Port() != conn.port() {
					t.Errorf("from %v, want port %d", from, conn.port())
				}
				reads++
				for b := range slices.Chunk(octets, size) {
					got = append(got, bytes.Clone(b))
				}
			}
			if !slices.EqualFunc(got, want, bytes.Equal) {
				t.Errorf("%d datagrams, not those that left", len(got))
			}
			wantReads := len(sizes)
			if joined && conn.segments {
				wantReads = 2
			}
			if reads != wantReads {
				t.Errorf("%d reads, want %d", reads, wantReads)
			}
		})
	}
}

func TestInboxTellsOfAnEmptyDatagramAndOfTheEnd(t *testing.T) {
	receiver := listen(t, "udp4", "127.0.0.1:0")
	inbox, _ := NewInbox(receiver, true)
	sender := listen(t, "udp4", "127.0.0.1:0")
	if _, err := sender.WriteTo(nil, receiver.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	if octets, size, _, err := inbox.Read(); len(octets) != 0 || size != 0 || err != nil {
		t.Errorf("%d octets of %d each, %v; want none", len(octets), size, err)
	}
	_ = receiver.Close()
	if _, _, _, err := inbox.Read(); err == nil {
		t.Error("no error from a closed socket")
	}
}

// Whatever stands where the kernel writes, there is a size or there is none.
func FuzzJoinedSize(f *testing.F) {
	f.Add([]byte{20, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0, 104, 0, 0, 0, 0xe8, 3, 0, 0})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, control []byte) {
		if size := joinedSize(control); size > 1<<31-1 || size < -1<<31 {
			t.Error(size)
		}
	})
}
