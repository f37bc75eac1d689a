package peer

import (
	"runtime"
	"testing"

	"lectern/sfu"
)

// A viewer of seven empty seats is cheap: a class has hundreds.
func TestAnIdleViewerOfSevenSeatsIsCheap(t *testing.T) {
	const viewers, most = 30, 500 << 10
	e, r := newEngine(t, Options{}, false), sfu.NewRouter(sfu.Options{Grace: sfu.Forever})
	t.Cleanup(r.Close)
	t.Cleanup(e.Close)
	c := newCrowd(t, viewers+1)
	join := func() { c.join(t, e, r) }
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
}
