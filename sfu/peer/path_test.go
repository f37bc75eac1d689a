package peer

import (
	"testing"
	"time"
)

// Good news without end makes no number that is none.
func TestReportsOfLittleLossHaveAnEnd(t *testing.T) {
	var x path
	at := time.Unix(1_000_000, 0)
	x.lost(255, at)
	x.lost(255, at)
	for range 20_000 {
		x.lost(0, at)
	}
	if got := x.estimate.limit; got != estimateMost {
		t.Errorf("estimate of %v bit/s, want %v", got, float64(estimateMost))
	}
}
