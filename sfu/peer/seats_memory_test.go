package peer

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/pprof"
	"strconv"
	"testing"

	"github.com/pion/webrtc/v4"

	"lectern/sfu"
)

// crowdSize is the variable that makes a test process a crowd of so many clients.
const crowdSize = "LECTERN_TEST_CROWD"

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

// TestBeACrowd is no test but the other process.
func TestBeACrowd(t *testing.T) {
	size, err := strconv.Atoi(os.Getenv(crowdSize))
	if err != nil {
		t.Skip("it is run by TestAnIdleViewerOfSevenSeatsIsCheap")
	}
	offers, answers := json.NewEncoder(os.Stdout), json.NewDecoder(os.Stdin)
	for range size {
		c := newClient(t, clientOptions{})
		for range seats {
			for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
				if _, err := c.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
					t.Fatal(err)
				}
			}
		}
		var answer string
		if err := offers.Encode(c.offer()); err != nil {
			t.Fatal(err)
		}
		if err := answers.Decode(&answer); err != nil {
			t.Fatal(err)
		}
		c.accept(answer)
		c.waitConnected()
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// A viewer of seven empty seats is cheap: a class has hundreds.
func TestAnIdleViewerOfSevenSeatsIsCheap(t *testing.T) {
	const viewers, most = 30, 500 << 10
	e, r := newEngine(t, Options{}, false), sfu.NewRouter(sfu.Options{Grace: sfu.Forever})
	t.Cleanup(r.Close)
	t.Cleanup(e.Close)
	c := newCrowd(t, viewers+1)
	join := func() {
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
	join() // what is made once
	memory, goroutines := heap(), runtime.NumGoroutine()
	for range viewers {
		join()
	}
	each := (heap() - memory) / viewers
	t.Logf("an idle viewer of %d seats: %d KiB of heap, %d goroutines", len(seats), each>>10, (runtime.NumGoroutine()-goroutines)/viewers)
	if each > most {
		t.Errorf("%d KiB of heap, want %d at most", each>>10, most>>10)
	}
	if name := os.Getenv("LECTERN_TEST_HEAP"); name != "" {
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := pprof.Lookup("heap").WriteTo(f, 0); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(os.Stderr, "profile written")
	}
}
