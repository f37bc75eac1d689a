package trial

import (
	"testing"

	"lectern/sfu"
)

func TestNamesAreKnown(t *testing.T) {
	for range 100 {
		name, err := sfu.ParseName(Name())
		if err != nil || !Is(name) {
			t.Fatalf("%q, %v", name, err)
		}
	}
	for _, other := range []string{"", "live/cam1", "live/doctor-", "live/doctor-smith", "live/doctor-smithsmiths", "other/doctor-abcdefghij", "doctor-abcdefghij", "live/doctor-ABCDEFGHIJ", "live/doctor-abcdefghij/x"} {
		if Is(other) {
			t.Errorf("%q is taken for a trial", other)
		}
	}
}
