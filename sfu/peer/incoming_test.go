package peer

import (
	"encoding/binary"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// intake is a publisher without a connection: packets are handed to it.
type intake struct {
	*publisher
	t      *testing.T
	router *sfu.Router
	number uint16 // of the connection's next packet
	at     time.Time
}

func newIntake(t *testing.T, rids ...string) *intake {
	t.Helper()
	offer := fixture(t, "whip-chromium156.sdp")
	for _, rid := range rids {
		offer = strings.TrimRight(offer, "\r\n") + "\r\na=rid:" + rid + " send\r\n"
	}
	if len(rids) > 0 {
		offer += "a=simulcast:send " + strings.Join(rids, ";") + "\r\n"
	}
	parsed, err := parseOffer(offer, publishing, Limits{}.orDefaults())
	if err != nil {
		t.Fatal(err)
	}
	in := &intake{t: t, router: newRouter(t), at: time.Now(), publisher: &publisher{
		peer:      &Peer{engine: &Engine{}, log: slog.New(slog.DiscardHandler), stopping: make(chan struct{})},
		allowance: newAllowance(Limits{}.orDefaults()),
		wake:      make(chan struct{}, 1),
	}}
	in.plan(parsed)
	if in.publication, err = in.router.Publish(name, sfu.PublishOptions{Identity: "a"}); err != nil {
		t.Fatal(err)
	}
	return in
}

// The payload types and header extensions of the offer.
const (
	offeredVP8, offeredVP8Again  = 96, 97
	offeredNumber, offeredRID    = 3, 10
	offeredRepaired, offeredOpus = 11, 111
)

// come takes a packet, with the name of its layer unless that is empty.
func (in *intake) come(payloadType uint8, ssrc uint32, number uint16, rid string, payload []byte) {
	in.t.Helper()
	p := rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: payloadType, SSRC: ssrc, SequenceNumber: number, Timestamp: uint32(number) * 3000, Marker: true},
		Payload: payload,
	}
	extension := func(id uint8, value []byte) {
		if err := p.SetExtension(id, value); err != nil {
			in.t.Fatal(err)
		}
	}
	extension(offeredNumber, binary.BigEndian.AppendUint16(nil, in.number))
	in.number++
	if rid != "" && payloadType == offeredVP8Again {
		extension(offeredRepaired, []byte(rid))
	} else if rid != "" {
		extension(offeredRID, []byte(rid))
	}
	b, err := p.Marshal()
	if err != nil {
		in.t.Fatal(err)
	}
	in.at = in.at.Add(time.Millisecond)
	if err := in.takePacket(b, in.at); err != nil {
		in.t.Fatal(err)
	}
}

// tracks are the packets that have come, by RID.
func (in *intake) counts() map[string]uint64 {
	in.t.Helper()
	counts := map[string]uint64{}
	for _, t := range in.publication.Tracks() {
		counts[t.RID] += t.Stats().Packets
	}
	return counts
}

// reported is how many packets the publisher is told of.
func (in *intake) reported() (n int) {
	for _, r := range reports(in.t, &in.publisher.arrivals) {
		n += len(r.at)
	}
	return n
}

var picture = sfutest.VP8Packet(0, 0, true).Payload

func TestLayersComeInAnyOrder(t *testing.T) {
	for _, rids := range [][]string{{"f"}, {"q", "h", "f"}, {"f", "h", "q"}, {"1", "2", "3", "4"}} {
		t.Run(strings.Join(rids, " "), func(t *testing.T) {
			in := newIntake(t, rids...)
			for i := range uint16(10) {
				for ssrc := len(rids) - 1; ssrc >= 0; ssrc-- {
					rid := rids[ssrc]
					if i == 0 || i > 4 {
						rid = "" // the first is unknown yet, and the later ones are known
					}
					in.come(offeredVP8, uint32(1000+ssrc), 65530+i, rid, picture)
				}
			}
			counts := in.counts()
			for _, rid := range rids {
				if counts[rid] != 9 {
					t.Errorf("%d packets of %q, want 9", counts[rid], rid)
				}
			}
			if len(counts) != len(rids) {
				t.Errorf("layers: %v", counts)
			}
			if got, want := in.reported(), 10*len(rids); got != want {
				t.Errorf("the publisher is told of %d packets, want %d", got, want)
			}
		})
	}
}

func TestPacketsSentAgain(t *testing.T) {
	for name, rids := range map[string][]string{"one layer": nil, "two layers": {"h", "f"}} {
		t.Run(name, func(t *testing.T) {
			in := newIntake(t, rids...)
			rid, again := "", ""
			if rids != nil {
				rid, again = "f", "f"
			}
			lost := append([]byte{0, 2}, picture...)
			in.come(offeredVP8Again, 2000, 77, again, lost) // nothing of the layer has come yet
			for i := range uint16(5) {
				if i != 2 {
					in.come(offeredVP8, 1000, i, rid, picture)
				}
			}
			in.come(offeredVP8Again, 2000, 78, again, nil)       // padding
			in.come(offeredVP8Again, 2000, 79, again, []byte{0}) // nonsense
			if stats := in.publication.Tracks()[0].Stats(); stats.Packets != 4 || stats.Lost != 1 {
				t.Errorf("%d packets have come and %d are lost, want 4 and 1", stats.Packets, stats.Lost)
			}
			in.come(offeredVP8Again, 2000, 80, again, lost)
			in.come(offeredVP8Again, 2000, 81, again, lost)
			if stats := in.publication.Tracks()[0].Stats(); stats.Packets != 5 || stats.Lost != 0 {
				t.Errorf("%d packets have come and %d are lost, want 5 and 0", stats.Packets, stats.Lost)
			}
			if missing := in.streams[1000].losses.missing; len(missing) != 0 {
				t.Errorf("still missing: %v", missing)
			}
			if got := in.reported(); got != 9 {
				t.Errorf("the publisher is told of %d packets, want all 9", got)
			}
		})
	}
}

// Packets that no agreement was made about change nothing, but they came.
func TestPacketsOfNoUse(t *testing.T) {
	in := newIntake(t, "h", "f")
	in.come(offeredVP8, 1000, 1, "f", picture)
	in.come(offeredVP8, 0, 2, "", picture)               // a probe
	in.come(offeredVP8, 1001, 3, "x", picture)           // a layer that was not offered
	in.come(offeredVP8, 1002, 4, "", picture)            // of any layer
	in.come(19, 1003, 5, "f", picture)                   // a payload type that was not
	in.come(19, 1000, 6, "f", picture)                   // in a stream that is known
	in.come(offeredOpus, 1000, 7, "f", picture)          // sound under the picture's SSRC
	in.come(offeredVP8Again, 1000, 8, "f", []byte{0, 1}) // sent again under it
	in.come(offeredVP8Again, 2000, 9, "x", []byte{0, 1}) // of no layer
	in.come(offeredVP8, 1004, 10, "f", picture)          // the layer has a stream
	in.come(offeredVP8, 1000, 2, strings.Repeat("f", 16), picture)
	if counts := in.counts(); len(counts) != 1 || counts["f"] != 2 {
		t.Errorf("tracks: %v", counts)
	}
	if len(in.streams) != 1 {
		t.Errorf("%d streams have a state, want 1", len(in.streams))
	}
	if got := in.reported(); got != 11 {
		t.Errorf("the publisher is told of %d packets, want all 11", got)
	}
}

// A layer goes on under another SSRC when the first one has fallen silent.
func TestALayerChangesItsSSRC(t *testing.T) {
	in := newIntake(t, "f")
	for i := range uint16(10) {
		in.come(offeredVP8, 1000, i, "f", picture)
	}
	in.at = in.at.Add(takeOver)
	for i := range uint16(10) {
		in.come(offeredVP8, 1001, 40_000+i, "f", picture)
	}
	if counts := in.counts(); counts["f"] != 20 {
		t.Errorf("tracks: %v, want 20 packets", counts)
	}
	if ssrc := in.tracks[in.publication.Tracks()[0]]; ssrc != 1001 {
		t.Errorf("a key frame would be asked of %d, want 1001", ssrc)
	}
}

// A layer may pause, and is not complained of while it does.
func TestALayerPauses(t *testing.T) {
	in := newIntake(t, "h", "f")
	for i := range uint16(20) {
		in.come(offeredVP8, 1000, i, "h", picture)
		if i < 5 || i >= 15 {
			in.come(offeredVP8, 1001, i-i/15*10, "f", picture)
		}
		in.at = in.at.Add(100 * time.Millisecond)
		for _, packet := range in.due(in.at, 0).packets {
			if b, err := packet.Marshal(); err != nil || b[1] != 201 && b[1] != 205 {
				t.Errorf("%v, %v", packet, err)
			} else if b[1] == 205 && b[0]&0x1f != 15 {
				t.Errorf("something is asked for: %v", packet)
			}
		}
	}
	if counts := in.counts(); counts["h"] != 20 || counts["f"] != 10 {
		t.Errorf("tracks: %v, want 20 and 10 packets", counts)
	}
}

// When the publication has ended, so has the session.
func TestPacketsOfAPublicationThatHasEnded(t *testing.T) {
	in := newIntake(t)
	in.come(offeredVP8, 1000, 1, "", picture)
	in.publication.Close(ErrLeft)
	b, err := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: offeredVP8, SSRC: 1000, SequenceNumber: 2}, Payload: picture}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if err := in.takePacket(b, in.at); !errors.Is(err, ErrLeft) {
		t.Errorf("got %v, want ErrLeft", err)
	}
}
