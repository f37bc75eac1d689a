package peer

import (
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"lectern/sfu"
)

// A class: one shares a screen, five are on stage and two take turns on a seat
// fifty times, before an audience of another process. LECTERN_TEST_VIEWERS says
// of how many; they are fewer where nobody asks.
func TestAClassChangesSpeakers(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	viewers, err := strconv.Atoi(os.Getenv("LECTERN_TEST_VIEWERS"))
	if err != nil {
		viewers = 20
	}
	part, few := 1, 5 // of 50 packets a second and medium
	if viewers > 50 {
		part, few = 2, 50 // the clients take more of the machine than the server
	}
	const promotions = 50
	e, r := newEngine(t, Options{MaxPending: 2 * viewers}, false), sfu.NewRouter(sfu.Options{Grace: sfu.Forever})
	t.Cleanup(r.Close)
	t.Cleanup(e.Close)
	c := newCrowd(t, viewers)
	began := time.Now()
	for range viewers {
		c.join(t, e, r)
	}
	t.Logf("%d have come in %v", viewers, time.Since(began).Round(time.Second))
	for i, seat := range []int{0, 1, 2, 4, 5, 6} {
		newOnStageAt(t, e, byte('a'+i), 1, few).take(t, r, seats[seat], 0)
	}
	people := []*onStage{newOnStageAt(t, e, 'A', 1, part), newOnStageAt(t, e, 'B', 1, part)}

	monitor, err := r.Join(seats[changingSeat])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(monitor.Close)
	keys := make(chan byte, promotions)
	if _, err := monitor.Subscribe(sfu.Video, sfu.SinkFunc(func(burst []sfu.Forwarded) error {
		for _, p := range burst {
			if p.KeyFrame() {
				select {
				case keys <- p.Payload[len(p.Payload)-2]:
				default:
				}
			}
		}
		return nil
	})); err != nil {
		t.Fatal(err)
	}
	memory, cpu := heap(), processorTime()
	began = time.Now()
	want := ""
	for i := range promotions {
		someone := people[i%2]
		p := someone.take(t, r, seats[changingSeat], 0)
		for key := byte(0); key != someone.mark; {
			select {
			case key = <-keys:
			case <-time.After(10 * time.Second):
				t.Fatalf("promotion %d: no key frame", i)
			}
		}
		want += string(someone.mark)
		c.watched(t, i+1)
		if i < promotions-1 {
			for _, section := range someone.pair(0) {
				someone.tracks.Direct(section.MID, nil)
			}
			p.Close(nil)
		}
	}
	span := time.Since(began)
	t.Logf("%d promotions in %v: %.0f %% of a processor, with the eight on stage, who are in this process; %d MiB of heap",
		promotions, span.Round(time.Second), 100*float64(processorTime()-cpu)/float64(span), max(memory, heap())>>20)
	seen := c.watched(t, promotions)
	packets, gaps := 0, 0
	for i := range seen {
		o := &seen[i]
		packets, gaps = packets+o.Packets, gaps+o.Gaps
		if o.Turns != want {
			t.Errorf("viewer %d saw %s, want %s", i, o.Turns, want)
		}
		if len(o.SSRCs) != 1 || o.Keyless > 0 || o.Offers > 1 { // adding the sections needs one
			t.Errorf("viewer %d: %d SSRCs, %d turns without a key frame, %d offers", i, len(o.SSRCs), o.Keyless, o.Offers)
		}
	}
	t.Logf("%.0f packets a second to each of %d viewers, %d missing on the changing seat", float64(packets)/float64(viewers)/span.Seconds(), viewers, gaps)
}

// processorTime is what this process has used.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
