package limit_test

import (
	"reflect"
	"sync"
	"testing"

	"lectern/internal/config"
	"lectern/internal/limit"
)

// exceptions are settings that bound nobody: who may not be bounded, and how many
// viewers' requests become one to a publisher, which is no fault of theirs.
var exceptions = map[string]bool{"exempt": true, "key_frame_interval": true}

func TestEverySettingOfALimitHasAName(t *testing.T) {
	named := map[string]bool{}
	for _, n := range limit.Names() {
		if n.String() == "" || named[n.String()] {
			t.Errorf("limit %d has the name %q", n, n)
		}
		named[n.String()] = true
	}
	settings := reflect.TypeFor[config.Limits]()
	for i := range settings.NumField() {
		name := settings.Field(i).Tag.Get("yaml")
		if !named[name] && !exceptions[name] {
			t.Errorf("limits.%s is met without being counted", name)
		}
	}
}

func TestHitsAreCounted(t *testing.T) {
	var h limit.Hits
	var counting sync.WaitGroup
	for range 4 {
		counting.Go(func() {
			for range 100 {
				h.Add(limit.JoinRate)
			}
		})
	}
	counting.Wait()
	counts := h.Counts()
	if got := counts[limit.JoinRate]; got != 400 {
		t.Errorf("%d hits, want 400", got)
	}
	if got := counts[limit.PublishRate]; got != 0 {
		t.Errorf("%d hits of another limit", got)
	}
}

func TestNobodyNeedsToCount(t *testing.T) {
	var h *limit.Hits
	h.Add(limit.SSRCs)
	if h.Counts() != (limit.Counts{}) {
		t.Error("nothing has counted something")
	}
}
