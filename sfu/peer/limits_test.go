package peer

import (
	"testing"
	"time"
)

func TestAPublisherThatSendsTooMuch(t *testing.T) {
	at := time.Unix(1_000_000, 0)
	a := newAllowance(Limits{BitsPerSecond: 80_000, PacketsPerSecond: 1000, Excess: 10 * time.Second}.orDefaults())
	passed := 0
	for second := range 13 { // 20 000 bytes a second, where 10 000 are allowed
		for range 20 {
			if a.take(1000, at) {
				passed++
			}
			at = at.Add(50 * time.Millisecond)
		}
		if got := a.abused(at); got && second < 10 || !got && second == 12 {
			t.Errorf("after %d s: abused = %v; it is after 10 s of too much", second+1, got)
		}
	}
	if passed < 130 || passed > 150 {
		t.Errorf("%d packets passed in 13 s, want about 140", passed)
	}
	at = at.Add(5 * time.Second)
	if !a.take(1000, at) {
		t.Error("nothing passes after a pause")
	}
	for range 20 {
		a.take(1000, at)
	}
	if a.abused(at) {
		t.Error("a short burst after a pause counts as abuse")
	}
}

func TestTooManyPackets(t *testing.T) {
	at := time.Unix(1_000_000, 0)
	a := newAllowance(Limits{PacketsPerSecond: 100}.orDefaults())
	passed := 0
	for range 1000 {
		if a.take(10, at) {
			passed++
		}
	}
	if passed != 100 {
		t.Errorf("%d packets passed at once, want 100", passed)
	}
}
