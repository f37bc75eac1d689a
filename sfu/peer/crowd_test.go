package peer

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"lectern/sfu"
)

// crowdSize is the variable that makes a test process a crowd of so many clients.
const crowdSize = "LECTERN_TEST_CROWD"

// changingSeat is the one that changes hands before the crowd.
const changingSeat = 3

// crowd is a process of clients, so that this one's memory is the server's.
type crowd struct {
	offers  *json.Decoder
	answers *json.Encoder
}

func newCrowd(t *testing.T, size int) *crowd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestBeACrowd$")
	cmd.Env = append(os.Environ(), crowdSize+"="+strconv.Itoa(size))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // it ends with that
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
	})
	return &crowd{json.NewDecoder(bufio.NewReader(out)), json.NewEncoder(in)}
}

// join lets the next one of the crowd in.
func (c *crowd) join(t *testing.T, e *Engine, r *sfu.Router) {
	t.Helper()
	var offer string
	if err := c.offers.Decode(&offer); err != nil {
		t.Fatal(err)
	}
	p, err := e.WatchSeats(r, seats, []string{webrtc.MimeTypeOpus, webrtc.MimeTypeVP8, webrtc.MimeTypeH264}, Offer{SDP: offer})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.answers.Encode(p.Answer()); err != nil {
		t.Fatal(err)
	}
	<-p.Connected()
}

// watched returns what all of the crowd have seen as soon as each has seen so
// many turns, or after ten seconds.
func (c *crowd) watched(t *testing.T, turns int) []onlooker {
	t.Helper()
	if err := c.answers.Encode(turns); err != nil {
		t.Fatal(err)
	}
	var seen []onlooker
	if err := c.offers.Decode(&seen); err != nil {
		t.Fatal(err)
	}
	return seen
}

// TestBeACrowd is no test but the other process: it is run by the tests with an
// audience, and has nothing to do where nobody says how many it is.
func TestBeACrowd(t *testing.T) {
	size, err := strconv.Atoi(os.Getenv(crowdSize))
	if err != nil {
		return
	}
	offers, answers := json.NewEncoder(os.Stdout), json.NewDecoder(os.Stdin)
	var all []*onlooker
	for range size {
		c := newOnlooker(t)
		var answer string
		if err := offers.Encode(c.offer()); err != nil {
			t.Fatal(err)
		}
		if err := answers.Decode(&answer); err != nil {
			t.Fatal(err)
		}
		c.accept(answer)
		c.waitConnected()
		all = append(all, c)
	}
	for {
		var turns int
		if answers.Decode(&turns) != nil {
			return
		}
		deadline := time.After(10 * time.Second)
		for _, o := range all {
			o.await(turns, deadline)
		}
		if err := tell(offers, all); err != nil {
			t.Fatal(err)
		}
	}
}

// tell says what all have seen. Packets go on coming.
func tell(to *json.Encoder, all []*onlooker) error {
	for _, o := range all {
		o.mu.Lock()
		defer o.mu.Unlock()
	}
	return to.Encode(all)
}

// onlooker is a client that notes what it sees of the seat that changes hands,
// and keeps nothing.
type onlooker struct {
	*client `json:"-"`

	mu      sync.Mutex
	SSRCs   map[uint32]bool // of the seat's picture
	Turns   string          // whose pictures it has seen, one after the other
	Keyless int             // turns that did not begin with a key frame
	Gaps    int             // packets that are missing by their numbers
	Packets int             // of everything
	Offers  int             // that it had to make
	last    uint16
	turned  chan struct{} // there was another turn
}

func newOnlooker(t *testing.T) *onlooker {
	o := &onlooker{client: newClient(t, clientOptions{}), SSRCs: map[uint32]bool{}, turned: make(chan struct{}, 1)}
	for range seats {
		for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
			if _, err := o.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
				t.Fatal(err)
			}
		}
	}
	o.pc.OnNegotiationNeeded(func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.Offers++
	})
	changing := fmt.Sprint(2*changingSeat + 1)
	o.pc.OnTrack(func(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		mid := receiver.RTPTransceiver().Mid()
		for {
			p, _, err := remote.ReadRTP()
			if err != nil {
				return
			}
			o.see(p, mid == changing)
		}
	})
	return o
}

// await waits until so many turns have been seen.
func (o *onlooker) await(turns int, deadline <-chan time.Time) {
	for {
		o.mu.Lock()
		seen := len(o.Turns)
		o.mu.Unlock()
		if seen >= turns {
			return
		}
		select {
		case <-o.turned:
		case <-deadline:
			return
		}
	}
}

func (o *onlooker) see(p *rtp.Packet, changing bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.Packets++
	if !changing || len(p.Payload) < 3 {
		return
	}
	ahead := int16(p.SequenceNumber - o.last)
	if len(o.SSRCs) > 0 {
		if ahead <= 0 {
			return // it was sent again
		}
		o.Gaps += int(ahead) - 1
	}
	o.SSRCs[p.SSRC], o.last = true, p.SequenceNumber
	if mark := string(p.Payload[len(p.Payload)-2]); !strings.HasSuffix(o.Turns, mark) {
		o.Turns += mark
		select {
		case o.turned <- struct{}{}:
		default:
		}
		if !isKey(p) && ahead == 1 { // else it was lost on the way
			o.Keyless++
		}
	}
}
