package bench

import (
	"testing"
	"time"
)

func TestDepartures(t *testing.T) {
	var d departures
	if got := d.of(5); got != 5 {
		t.Errorf("before the first: %v, want the stamp", got)
	}
	const pictures = departureWindow + 10
	for i := range time.Duration(pictures) {
		d.note(100*i, 100*i+7)
	}
	for i, want := range map[time.Duration]time.Duration{pictures - 1: 7, 10: 7, 9: 0, 0: 0} {
		if got := d.of(100*i) - 100*i; got != want {
			t.Errorf("picture %d left %v after its stamp, want %v", i, got, want)
		}
	}
}
