package history

import (
	"context"
	"encoding/json"
	"math"
	"testing"
	"testing/synctest"
	"time"
)

var columns = []Column{{"people", Gauge}, {"bps", Rate}, {"failed", Count}}

// A server on which each second one person more is there, a thousand bits are
// sent and one join fails.
func growing(begin time.Time) func() []float64 {
	return func() []float64 {
		s := time.Since(begin).Seconds()
		return []float64{s, 1000 * s, s}
	}
}

func TestEachKindIsKeptInItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		h := New(columns, growing(time.Now()))
		go h.Run(ctx)
		time.Sleep(2*time.Minute + time.Millisecond) // of the bubble
		hour, ok := h.Since("1h", time.Time{})
		if !ok || len(hour.At) != 24 || hour.Step != 5 {
			t.Fatalf("%v: %d steps of %v s", ok, len(hour.At), hour.Step)
		}
		for name, want := range map[string]float64{"people": 10, "bps": 1000, "failed": 5} {
			if got := hour.Columns[name][1]; got != want {
				t.Errorf("%s is %v in the second step, want %v", name, got, want)
			}
		}
		day, _ := h.Since("24h", time.Time{})
		if len(day.At) != 1 {
			t.Fatalf("%d steps of the day, want 1", len(day.At))
		}
		for name, want := range map[string]float64{"people": 62.5, "bps": 1000, "failed": 120} {
			if got := day.Columns[name][0]; got != want {
				t.Errorf("%s is %v in the day's step, want %v", name, got, want)
			}
		}
		newer, _ := h.Since("1h", time.Unix(hour.At[21], 0))
		if len(newer.At) != 2 || newer.At[1] != hour.At[23] {
			t.Errorf("after the last but two there are %v", newer.At)
		}
		if _, ok := h.Since("1y", time.Time{}); ok {
			t.Error("there is a year")
		}
		stop()
	})
}

func TestTheRingsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		begin := time.Now()
		h := New(columns, growing(begin))
		go h.Run(ctx)
		time.Sleep(26 * time.Hour) // of the bubble
		synctest.Wait()
		for _, span := range []Span{Hour, Day} {
			got, _ := h.Since(span.Name, time.Time{})
			if len(got.At) != length || len(got.Columns["bps"]) != length {
				t.Errorf("%s: %d steps, want %d", span.Name, len(got.At), length)
			}
			if took := got.At[length-1] - got.At[0]; took != int64(span.Step.Seconds())*(length-1) {
				t.Errorf("%s goes over %d s", span.Name, took)
			}
		}
		stop()
	})
}

func TestNumbersAsJSON(t *testing.T) {
	got, err := json.Marshal(Numbers{0, 1, 2.5, 0.123456, 1234.5, 3e9, math.NaN(), math.Inf(1)})
	if want := `[0,1,2.5,0.1235,1235,3000000000,null,null]`; err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}
