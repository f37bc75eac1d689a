package signaling_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"lectern/signaling"
)

// quickly is how soon a refusal has to be there, half of the time: the machine
// may be busy with other tests.
const quickly = 5 * time.Millisecond

// broken is an offer in which lines are missing, doubled, exchanged, cut or
// changed.
func broken(chance *rand.Rand, offer string) string {
	lines := strings.SplitAfter(offer, "\r\n")
	for range 30 + chance.IntN(60) {
		i, j := chance.IntN(len(lines)), chance.IntN(len(lines))
		switch line := []byte(lines[i]); chance.IntN(6) {
		case 0:
			lines[i] = ""
		case 1:
			lines[i] += lines[j]
		case 2:
			lines[i], lines[j] = lines[j], lines[i]
		case 3:
			lines[i] = string(line[:chance.IntN(len(line)+1)])
		default:
			if len(line) > 0 {
				line[chance.IntN(len(line))] = byte(chance.Uint32())
				lines[i] = string(line)
			}
		}
	}
	text := strings.Join(lines, "")
	if chance.IntN(4) == 0 {
		return text[:chance.IntN(len(text)+1)]
	}
	return text
}

// T4: offers that are none are refused in words, soon, and before anything is
// made for them.
func TestBrokenOffersCostLittle(t *testing.T) {
	unlimited := signaling.Rate{PerSecond: -1}
	l := newLab(t, func(o *setup) { o.Limits.Publish, o.Limits.Watch = unlimited, unlimited })
	publish(t, l, "/whip/bystander")
	viewer := watch(t, l, "/whep/bystander")
	viewer.wantMedia(5, anything)
	bystanders := l.Sessions()
	before, goroutines := heap(), runtime.NumGoroutine()

	whole := map[string]string{"/whip/demo": offer(t, "whip-chromium156.sdp"), "/whep/demo": offer(t, "whep-chromium156.sdp")}
	var took []time.Duration
	ask := func(path, text string) int {
		began := time.Now()
		w := l.post(path, text)
		spent := time.Since(began)
		if w.Code == http.StatusCreated { // it is an offer after all
			if w := l.do("DELETE", w.Header().Get("Location"), ""); w.Code != http.StatusOK {
				t.Fatalf("DELETE: %d", w.Code)
			}
			return w.Code
		}
		took = append(took, spent)
		wantRefusal(t, w)
		if n := l.Sessions(); n != bystanders {
			t.Fatalf("%d sessions, want %d", n, bystanders)
		}
		return w.Code
	}
	chance := rand.New(rand.NewPCG(1, 2))
	codes := map[int]int{}
	for refused := 0; refused < 10_000; refused = len(took) {
		path := []string{"/whip/demo", "/whep/demo"}[refused%2]
		codes[ask(path, broken(chance, whole[path]))]++
	}
	for path, text := range whole {
		for name, c := range map[string]struct {
			text string
			want int
		}{
			"17 sections":     {text + strings.Repeat("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", 16), 400},
			"100 sections":    {text + strings.Repeat("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", 99), 400},
			"2 000 sections":  {text + strings.Repeat("m=audio 9 X 0\r\n", 2000), 400},
			"4 000 layers":    {text + strings.Repeat("a=rid:a send\r\n", 4000), 400},
			"10 000 layers":   {text + strings.Repeat("a=rid:a send\r\n", 10_000), 413},
			"a MiB":           {text + strings.Repeat("a=x:y\r\n", 1<<20/7), 413},
			"a MiB in a line": {text + "a=x:" + strings.Repeat("y", 1<<20) + "\r\n", 413},
		} {
			if path == "/whep/demo" && strings.Contains(name, "layers") && c.want == http.StatusBadRequest {
				c.want = http.StatusCreated // a viewer sends no layers: nobody reads of them
			}
			for range 10 {
				if got := ask(path, c.text); got != c.want {
					t.Errorf("%s with %s: %d, want %d", path, name, got, c.want)
				}
			}
		}
	}
	slices.Sort(took)
	t.Logf("%d refusals %v: p50 %v, p99 %v, at most %v", len(took), codes, took[len(took)/2], took[len(took)*99/100], took[len(took)-1])
	if took[len(took)/2] > quickly {
		t.Errorf("half of the refusals took more than %v", quickly)
	}
	viewer.wantMedia(20, anything)
	back(t, before, goroutines)
}

// T5: offers of clients that never connect fill no more places than the limits
// have, and each is given up in time.
func TestOffersThatNeverConnect(t *testing.T) {
	const offers, addresses, patience = 5000, 10, 2 * time.Second
	l := newLab(t, func(o *setup) { o.Limits.Publish, o.peers.SetupTimeout = signaling.Rate{PerSecond: -1}, patience })
	publish(t, l, "/whip/bystander")
	viewer := watch(t, l, "/whep/bystander")
	viewer.wantMedia(5, anything)
	bystanders := l.Sessions()
	before, goroutines := heap(), runtime.NumGoroutine()
	whip, whep := offer(t, "whip-chromium156.sdp"), offer(t, "whep-chromium156.sdp")
	codes := map[int]int{}
	most, grown := 0, int64(0)
	for i := range offers {
		from := fmt.Sprintf("198.51.100.%d:50000", i%addresses)
		path, text := "/whep/bystander", whep
		if i%5 == 0 {
			path, text = fmt.Sprintf("/whip/stream%d", i%3), whip
		}
		codes[l.post(path, text, "From", from).Code]++
		most = max(most, l.Sessions()-bystanders)
		if i%1000 == 999 {
			grown = max(grown, heap()-before)
		}
	}
	t.Logf("%d offers: %v; %d sessions at once, heap + %d KiB", offers, codes, most, grown>>10)
	if codes[201]+codes[429]+codes[503] != offers || most > 1000 || codes[201] < most {
		t.Errorf("statuses %v, %d at once", codes, most)
	}
	if grown > 128<<20 {
		t.Errorf("heap grew by %d MiB, want 128 at most", grown>>20)
	}
	// Where there are few of them, the address or the stream is what is bounded.
	began := time.Now()
	for l.Sessions() > bystanders {
		if time.Since(began) > 10*patience {
			t.Fatalf("%d sessions are left after %v", l.Sessions()-bystanders, time.Since(began))
		}
		runtime.Gosched()
	}
	t.Logf("all were given up %v after the last, of %v that each has", time.Since(began).Round(time.Millisecond), patience)
	l.clock.advance(time.Hour)
	one := 0
	for range 450 {
		if l.post("/whep/bystander", whep, "From", "198.51.100.77:50000").Code == http.StatusCreated {
			one++
		}
	}
	same := 0
	for range 20 {
		if l.post("/whip/same", whip, "From", "198.51.100.78:50000").Code == http.StatusCreated {
			same++
		}
	}
	if one != 400 || same != 4 {
		t.Errorf("%d of one address and %d publishers of one stream are being set up, want 400 and 4", one, same)
	}
	viewer.wantMedia(20, anything)
	for l.Sessions() > bystanders {
		if time.Since(began) > 20*patience {
			t.Fatal("sessions are left")
		}
		runtime.Gosched()
	}
	back(t, before, goroutines)
}

// back waits until nothing is left of an attack.
func back(t *testing.T, before int64, goroutines int) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > goroutines+10 && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	heap() // what was pooled goes with the second
	more, grown := runtime.NumGoroutine()-goroutines, heap()-before
	t.Logf("afterwards %d goroutines and %d KiB more", more, grown>>10)
	if more > 10 {
		t.Errorf("%d goroutines are left", more)
	}
	if grown > 8<<20 {
		t.Errorf("%d KiB are left", grown>>10)
	}
}
