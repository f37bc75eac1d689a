package peer

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// kinds are the RTCP packet types and formats of what is due.
func kinds(t *testing.T, packets []rtcp.Packet) (all [][2]byte) {
	t.Helper()
	for _, packet := range packets {
		b, err := packet.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, [2]byte{b[1], b[0] & 0x1f})
	}
	return all
}

func TestFeedbackComesWhenItIsDue(t *testing.T) {
	const twcc, nack, receiver = 15, 1, 201
	in := newIntake(t)
	in.come(offeredVP8, 1000, 0, "", picture)
	count := func(d due, kind byte) (n int) {
		for _, k := range kinds(t, d.packets) {
			if k[0] == kind || k[0] == 205 && k[1] == kind {
				n++
			}
		}
		return n
	}
	first := in.due(in.at, 0)
	if count(first, twcc) != 1 || count(first, receiver) != 1 {
		t.Errorf("first: %v", first.packets)
	}
	in.come(offeredVP8, 1000, 1, "", picture)
	in.come(offeredVP8, 1000, 3, "", picture)
	if len(in.wake) == 0 {
		t.Error("nobody is told that a packet is lost")
	}
	soon := in.due(in.at, 0)
	if len(soon.packets) != 0 {
		t.Errorf("2 ms later: %v", soon.packets)
	}
	if wait := soon.next.Sub(in.at); wait <= 0 || wait > 20*time.Millisecond {
		t.Errorf("due in %v, want within 20 ms", wait)
	}
	if ask := in.due(soon.next, 0); count(ask, nack) != 1 || len(ask.packets) != 1 {
		t.Errorf("when it is time to ask: %v", ask.packets)
	} else if n := ask.packets[0].(*rtcp.TransportLayerNack); n.MediaSSRC != 1000 || n.Nacks[0].PacketID != 2 {
		t.Errorf("asked for %v", n)
	}
	later := in.due(in.at.Add(arrivalInterval), 0)
	if count(later, twcc) != 1 || count(later, receiver) != 0 {
		t.Errorf("%v later: %v", arrivalInterval, later.packets)
	}
	in.come(offeredVP8Again, 2000, 1, "", append([]byte{0, 2}, picture...))
	in.due(in.at.Add(receptionInterval), 0)
	if silent := in.due(in.at.Add(time.Minute), 0); len(silent.packets) != 0 || len(silent.broken) != 0 {
		t.Errorf("nothing has come since: %v", silent.packets)
	}
}

// A packet that never comes ends in a request for a key frame, unless one has
// come.
func TestAKeyFrameIsWantedForWhatIsLost(t *testing.T) {
	other := append([]byte{0x10, 0x01}, picture[2:]...)
	for _, came := range []bool{false, true} {
		in := newIntake(t)
		in.come(offeredVP8, 1000, 0, "", picture)
		in.come(offeredVP8, 1000, 2, "", other)
		if came {
			in.come(offeredVP8, 1000, 3, "", picture)
		}
		broken := 0
		for at := in.at; at.Sub(in.at) < 5*time.Second; at = at.Add(10 * time.Millisecond) {
			broken += len(in.due(at, 0).broken)
		}
		if want := map[bool]int{false: 1, true: 0}[came]; broken != want {
			t.Errorf("a key frame came: %v; asked for one %d times, want %d", came, broken, want)
		}
	}
}

func TestReportsOfFullSize(t *testing.T) {
	in := newIntake(t)
	loss := &rtcp.PictureLossIndication{MediaSSRC: 1}
	if got := kinds(t, in.compound(loss)); len(got) != 1 {
		t.Errorf("with reduced size: %v", got)
	}
	in.reducedSize = false
	if got := kinds(t, in.compound(loss)); len(got) != 3 || got[0][0] != 201 || got[1][0] != 202 || got[2][0] != 206 {
		t.Errorf("of full size: %v, want a report, a name and the request", got)
	}
	if got := kinds(t, in.compound(&rtcp.ReceiverReport{})); len(got) != 2 || got[0][0] != 201 || got[1][0] != 202 {
		t.Errorf("of full size: %v, want a report and a name", got)
	}
}
