package rtmp

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"lectern/sfu"
)

// step is one message of a script: so long after the one before.
type step struct {
	kind      sfu.Kind
	after     time.Duration
	timestamp uint32 // relative to the script's start
	want      time.Duration
}

const ms = time.Millisecond

func runClock(t *testing.T, start uint32, script []step) *clock {
	t.Helper()
	var c clock
	now := time.Unix(1_800_000_000, 0)
	for i, s := range script {
		now = now.Add(s.after)
		if got := c.at(s.kind, start+s.timestamp, now) - clockOrigin; got != s.want {
			t.Errorf("message %d (%s, timestamp %d): media time %v, want %v", i, s.kind, int32(s.timestamp), got, s.want)
		}
	}
	return &c
}

func TestMediaTimeWhereverTimestampsStart(t *testing.T) {
	for _, start := range []uint32{0, 1, 1 << 24, 1<<31 - 20, 1 << 31, 1<<32 - 60, 1<<32 - 1} {
		t.Run(fmt.Sprint(start), func(t *testing.T) {
			c := runClock(t, start, []step{
				{sfu.Video, 0, 0, 0},
				{sfu.Audio, 0, ^uint32(19), -20 * ms},
				{sfu.Audio, 3 * ms, 3, 3 * ms},
				{sfu.Video, 30 * ms, 33, 33 * ms},
				{sfu.Audio, 10 * ms, 26, 26 * ms},
				{sfu.Video, 24 * ms, 67, 67 * ms},
				{sfu.Video, time.Hour, 3_600_067, time.Hour + 67*ms}, // nothing came, and the clock went on
				{sfu.Audio, 0, 3_600_050, time.Hour + 50*ms},
				{sfu.Video, 5 * time.Second, 3_600_100, time.Hour + 100*ms}, // the encoder's clock stood still
				{sfu.Video, 30 * ms, 3_600_060, time.Hour + 60*ms},          // back a little
			})
			if c.jumps != 0 {
				t.Errorf("%d jumps, want none", c.jumps)
			}
		})
	}
}

func TestMediaTimeOverAWrapAfterFortyNineDays(t *testing.T) {
	var c clock
	now := time.Unix(1_800_000_000, 0)
	first := c.at(sfu.Video, 7, now)
	var last time.Duration
	for i := int64(0); i < 5000; i++ { // 57 days in steps of about 17 minutes
		at := i * 1_000_003
		now = now.Add(1_000_003 * ms)
		last = c.at(sfu.Video, uint32(7+at+1_000_003), now)
	}
	if want := 5000 * 1_000_003 * ms; last-first != want || c.jumps != 0 {
		t.Errorf("media time %v after the first, %d jumps, want %v and none", last-first, c.jumps, want)
	}
}

func TestJumpsOfBothTracksKeepThemInStep(t *testing.T) {
	for name, by := range map[string]uint32{"forward": 3_600_000, "back": ^uint32(3_599_999), "to the other half": 1<<31 + 5} {
		t.Run(name, func(t *testing.T) {
			c := runClock(t, 10_000_000, []step{
				{sfu.Video, 0, 0, 0},
				{sfu.Audio, 0, 10, 10 * ms},
				{sfu.Video, 33 * ms, 33, 33 * ms},
				{sfu.Audio, 0, 31, 31 * ms},
				{sfu.Video, 40 * ms, by + 66, 73 * ms}, // by arrival: seven late
				{sfu.Audio, 0, by + 52, 59 * ms},       // as far behind the picture as it was
				{sfu.Video, 33 * ms, by + 99, 106 * ms},
				{sfu.Audio, 0, by + 73, 80 * ms},
			})
			if c.jumps != 1 {
				t.Errorf("%d jumps, want 1", c.jumps)
			}
		})
	}
}

func TestOneStrayTimestampChangesNothing(t *testing.T) {
	c := runClock(t, 0, []step{
		{sfu.Video, 0, 0, 0},
		{sfu.Audio, 0, 0, 0},
		{sfu.Video, 33 * ms, 500_000, 33 * ms},
		{sfu.Audio, 0, 21, 21 * ms},
		{sfu.Video, 34 * ms, 67, 67 * ms},
		{sfu.Video, 33 * ms, 900_000, 100 * ms},
		{sfu.Video, 33 * ms, 700_000, 133 * ms}, // two, and different ones
		{sfu.Video, 34 * ms, 167, 167 * ms},
	})
	if c.jumps != 0 {
		t.Errorf("%d jumps, want none", c.jumps)
	}
}

func TestAJumpOfOneTrackThatLasts(t *testing.T) {
	c := runClock(t, 0, []step{
		{sfu.Video, 0, 0, 0},
		{sfu.Audio, 0, 0, 0},
		{sfu.Audio, 20 * ms, 9_000_000, 20 * ms},
		{sfu.Video, 13 * ms, 33, 33 * ms},
		{sfu.Audio, 7 * ms, 9_000_020, 40 * ms},
		{sfu.Audio, 20 * ms, 9_000_040, 60 * ms},
		{sfu.Video, 7 * ms, 67, 67 * ms},
		{sfu.Audio, 13 * ms, 80, 80 * ms}, // it is back on the picture's line
	})
	if c.jumps != 1 {
		t.Errorf("%d jumps, want 1", c.jumps)
	}
}

func TestTracksThatCountFromDifferentPlaces(t *testing.T) {
	runClock(t, 0, []step{
		{sfu.Audio, 0, 5000, 0},
		{sfu.Video, 100 * ms, 7_000_000, 100 * ms},
		{sfu.Audio, 10 * ms, 5110, 110 * ms},
		{sfu.Video, 23 * ms, 7_000_033, 133 * ms},
	})
}

func TestPaceHoldsBackWhatComesTooFast(t *testing.T) {
	var p pace
	start := time.Unix(1_800_000_000, 0)
	now := start
	for i := range 3000 { // a hundred seconds, as fast as they are taken
		media := time.Duration(i) * 33333 * time.Microsecond
		now = now.Add(p.wait(media, now) + time.Millisecond)
		if ahead := media - now.Sub(start); ahead > paceLead+time.Second {
			t.Fatalf("picture %d is %v ahead of its time", i, ahead)
		}
	}
	if took := now.Sub(start); took < 98*time.Second || took > 101*time.Second {
		t.Errorf("took %v, want a second less than 100 s", took)
	}
}

func TestPaceLeavesRealTimeAlone(t *testing.T) {
	for name, speed := range map[string]float64{"exact": 1, "0.1 % fast": 1.001, "0.1 % slow": 0.999} {
		var p pace
		now := time.Unix(1_800_000_000, 0)
		for i := range 30 * 3600 * 2 {
			media := time.Duration(float64(i) * float64(time.Second) / 30 * speed)
			arrival := now.Add(time.Duration(i) * time.Second / 30)
			if i%900 > 880 { // a stall of 20 pictures that come together
				arrival = now.Add(time.Duration(i/900*900+900) * time.Second / 30)
			}
			if wait := p.wait(media, arrival); wait > 0 {
				t.Fatalf("%s: picture %d has to wait %v", name, i, wait)
			}
		}
	}
}

// However the timestamps are, nobody waits for longer than a clock may jump.
func TestNoTimestampsMakeAPublisherWaitForLong(t *testing.T) {
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 0))
		var c clock
		var paces [2]pace
		now := time.Unix(1_800_000_000, 0)
		for range 50 {
			kind := sfu.Kind(random.IntN(2))
			now = now.Add(time.Duration(random.Int64N(int64(1) << random.IntN(42))))
			wait := paces[kind].wait(c.at(kind, random.Uint32()>>random.IntN(32), now), now)
			if wait > clockStep {
				t.Fatalf("seed %d: a wait of %v", seed, wait)
			}
			now = now.Add(wait)
		}
	}
}

func TestPaceForgivesABurstAtTheStart(t *testing.T) {
	var p pace
	now := time.Unix(1_800_000_000, 0)
	for i := range 300 {
		media := time.Duration(i) * 33 * ms
		arrival := now
		if i > 28 {
			arrival = now.Add(media - 28*33*ms)
		}
		if wait := p.wait(media, arrival); wait > 0 {
			t.Fatalf("picture %d has to wait %v", i, wait)
		}
	}
}
