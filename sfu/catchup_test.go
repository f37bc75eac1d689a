package sfu_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// film writes pictures of one packet of that size at 30 a second, the first a
// key frame, from a number on.
func film(t *testing.T, track *sfu.Track, from uint16, pictures, size int) {
	t.Helper()
	for i := range pictures {
		time.Sleep(time.Second / 30)
		p := sfutest.VP8Packet(from+uint16(i), uint32(i)*3000, i == 0)
		p.Payload = append(p.Payload, make([]byte, size-len(p.Payload))...)
		write(t, track, p)
	}
}

func TestAViewerStartsWithThePast(t *testing.T) {
	for _, age := range []int{1, 30, 300} {
		t.Run(fmt.Sprint(age), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := newRouter(t)
				asked := 0
				track := addTrack(t, publish(t, r, sfu.PublishOptions{RequestKeyFrame: func(*sfu.Track) { asked++ }}), sfu.Video, sfutest.VP8)
				const first = 65500
				film(t, track, first, age, 1100)

				rec := sfutest.NewRecorder()
				watch(t, r, sfu.Video, rec)
				synctest.Wait()
				if got := rec.Packets(); len(got) == 0 || !got[0].KeyFrame() {
					t.Fatalf("%d packets at once, want a key frame", len(got))
				}
				for i := range 30 {
					time.Sleep(time.Second / 30)
					write(t, track, sfutest.VP8Packet(first+uint16(age+i), uint32(age+i)*3000, false))
				}
				synctest.Wait()
				got := rec.Packets()
				if len(got) != age+30 {
					t.Fatalf("%d packets, want %d", len(got), age+30)
				}
				for i, p := range got[1:] {
					if p.SequenceNumber != got[i].SequenceNumber+1 {
						t.Fatalf("packet %d has number %d after %d", i+1, p.SequenceNumber, got[i].SequenceNumber)
					}
					if p.Packet.Header.SequenceNumber != first+uint16(i+1) {
						t.Fatalf("packet %d is number %d of the publisher's", i+1, p.Packet.Header.SequenceNumber)
					}
					if int32(p.Timestamp-got[i].Timestamp) <= 0 {
						t.Fatalf("packet %d: time does not go on", i+1)
					}
				}
				if span := got[age-1].Timestamp - got[0].Timestamp; span > 90000/10 {
					t.Errorf("the past takes %d ticks, want at most a tenth of a second", span)
				}
				if span := got[age+29].Timestamp - got[age-1].Timestamp; span != 30*3000 {
					t.Errorf("the second after it takes %d ticks, want 90000", span)
				}
				if want := age > 30; (asked > 0) != want {
					t.Errorf("asked for a key frame %d times at an age of %d pictures", asked, age)
				}
			})
		})
	}
}

func TestThePastIsPaced(t *testing.T) {
	for _, c := range []struct {
		name     string
		loses    bool
		atOnce   int // packets in five milliseconds
		from, to time.Duration
	}{
		{"a link that holds", false, 58, 200 * time.Millisecond, 400 * time.Millisecond},
		{"a link that loses", true, 16, 2 * time.Second, 3 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := newRouter(t)
				track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8)
				film(t, track, 0, 2000, 1100)
				rec := sfutest.NewRecorder()
				_, sub := watch(t, r, sfu.Video, rec)
				synctest.Wait()
				begun := time.Now()
				if c.loses {
					sub.Resend(rec.Packets()[0].SequenceNumber, 0)
				}
				for last := 0; sub.Stats().Packets < 2000; {
					if n := len(rec.Packets()); n-last > c.atOnce {
						t.Fatalf("%d packets at once", n-last)
					} else {
						last = n
					}
					time.Sleep(5 * time.Millisecond)
					synctest.Wait()
				}
				if took := time.Since(begun); took < c.from || took > c.to {
					t.Errorf("2.2 MB took %v, want %v to %v", took, c.from, c.to)
				}
			})
		})
	}
}

func TestANewKeyFrameOvertakesThePast(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8)
		film(t, track, 0, 1000, 1100)
		rec := sfutest.NewRecorder()
		_, sub := watch(t, r, sfu.Video, rec)
		time.Sleep(20 * time.Millisecond)
		synctest.Wait()
		before := len(rec.Packets())
		film(t, track, 1000, 2, 1100)
		synctest.Wait()
		got := rec.Packets()
		var key int
		for i := 1; i < len(got); i++ {
			if got[i].KeyFrame() {
				key = i
			}
			if got[i].SequenceNumber != got[i-1].SequenceNumber+1 {
				t.Errorf("number %d after %d", got[i].SequenceNumber, got[i-1].SequenceNumber)
			}
		}
		if before >= 500 || key == 0 || len(got) != key+2 {
			t.Fatalf("%d packets of the past, then %d with the key frame at %d", before, len(got), key)
		}
		if jump := got[key].Timestamp - got[key-1].Timestamp; jump > 90000/10 {
			t.Errorf("the timestamp jumps by %d", jump)
		}
		if past := sub.Stats().Dropped[sfu.DropPast]; int(past) != 1000-key {
			t.Errorf("dropped of the past = %d, want %d", past, 1000-key)
		}
	})
}

func TestAPublisherThatReturnsWhileAViewerCatchesUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		first := publish(t, r, sfu.PublishOptions{Identity: "a"})
		film(t, addTrack(t, first, sfu.Video, sfutest.VP8), 0, 1000, 1100)
		rec := sfutest.NewRecorder()
		watch(t, r, sfu.Video, rec)
		synctest.Wait()
		first.Close(nil)
		second := publish(t, r, sfu.PublishOptions{Identity: "a"})
		track := addTrack(t, second, sfu.Video, sfutest.VP8)
		film(t, track, 7, 30, 1100)
		synctest.Wait()
		got := rec.Packets()
		last := got[len(got)-1]
		if last.Track() != track || last.Packet.Header.SequenceNumber != 36 {
			t.Errorf("the last packet is %d of %v", last.Packet.Header.SequenceNumber, last.Track())
		}
		for i := 1; i < len(got); i++ {
			if got[i].SequenceNumber != got[i-1].SequenceNumber+1 {
				t.Errorf("number %d after %d", got[i].SequenceNumber, got[i-1].SequenceNumber)
			}
		}
	})
}

func TestAViewerThatLeavesWhileItCatchesUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8)
		film(t, track, 0, 1000, 1100)
		other := sfutest.NewRecorder()
		watch(t, r, sfu.Video, other)
		rec := sfutest.NewRecorder()
		v, _ := watch(t, r, sfu.Video, rec)
		synctest.Wait()
		v.Close()
		after := len(rec.Packets())
		time.Sleep(5 * time.Second)
		if got := len(rec.Packets()); got != after {
			t.Errorf("%d packets after Close", got-after)
		}
		if got := len(other.Packets()); got != 1000 {
			t.Errorf("the other viewer has %d packets, want 1000", got)
		}
	})
}

// A lost packet of the past is asked for again under the number and time that
// it had.
func TestNACKOfThePast(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8)
		film(t, track, 65000, 300, 500)
		rec := sfutest.NewRecorder()
		_, sub := watch(t, r, sfu.Video, rec)
		time.Sleep(time.Second)
		synctest.Wait()
		sent := rec.Packets()
		for _, i := range []int{0, 1, 150, 299} {
			sub.Resend(sent[i].SequenceNumber, 0)
			synctest.Wait()
			if again := rec.Packets(); again[len(again)-1] != sent[i] {
				t.Errorf("packet %d again is %v, want %v", i, again[len(again)-1], sent[i])
			}
		}
	})
}

// A browser that was not ready for the first packets says at once that it
// cannot decode: it gets the past again, and not more often than it makes
// sense.
func TestThePastIsReplayed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8)
		film(t, track, 0, 150, 1100)
		rec := sfutest.NewRecorder()
		_, sub := watch(t, r, sfu.Video, rec)
		keys := func() (n int) {
			synctest.Wait()
			for _, p := range rec.Packets() {
				if p.KeyFrame() {
					n++
				}
			}
			return n
		}
		time.Sleep(10 * time.Millisecond)
		for range 50 { // it asks a hundred times a second
			sub.RequestKeyFrame()
			time.Sleep(10 * time.Millisecond)
		}
		if got := keys(); got != 3 {
			t.Errorf("the key frame was sent %d times in half a second, want 3", got)
		}
		for i, p := range rec.Packets()[1:] {
			if before := rec.Packets()[i]; p.SequenceNumber != before.SequenceNumber+1 || int32(p.Timestamp-before.Timestamp) <= 0 {
				t.Fatalf("packet %d (%d, %d) follows (%d, %d)", i+1, p.SequenceNumber, p.Timestamp, before.SequenceNumber, before.Timestamp)
			}
		}
		time.Sleep(10 * time.Second) // later on, the publisher is given a second to answer
		before := keys()
		sub.RequestKeyFrame()
		if got := keys(); got != before {
			t.Error("the past was sent again at once, ten seconds later")
		}
		time.Sleep(1100 * time.Millisecond)
		sub.RequestKeyFrame()
		if got := keys(); got != before+1 {
			t.Error("the past was not sent again, though no key frame came")
		}
	})
}

// The publisher's numbers jump while a viewer catches up: there is nothing
// between the two runs to look for.
func TestTheNumbersJumpWhileAViewerCatchesUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8)
		film(t, track, 0, 1000, 1100)
		rec := sfutest.NewRecorder()
		watch(t, r, sfu.Video, rec)
		synctest.Wait()
		write(t, track, sfutest.VP8Packet(30000, 0, false), sfutest.VP8Packet(30001, 3000, false))
		time.Sleep(time.Second) // the past is over
		write(t, track, sfutest.VP8Packet(30002, 6000, true))
		synctest.Wait()
		got := rec.Packets()
		if last := got[len(got)-1]; last.Packet.Header.SequenceNumber != 30002 || len(got) > 1001 {
			t.Errorf("%d packets, the last is number %d of the publisher's; want the new key frame", len(got), last.Packet.Header.SequenceNumber)
		}
		for i := 1; i < len(got); i++ {
			if got[i].SequenceNumber != got[i-1].SequenceNumber+1 {
				t.Fatalf("number %d after %d", got[i].SequenceNumber, got[i-1].SequenceNumber)
			}
		}
	})
}

// Time passes in the past's timestamps as its packets leave, whatever happens
// on the way: to a browser it is a publisher's clock.
func TestThePastKeepsTime(t *testing.T) {
	for _, c := range []struct {
		name  string
		after func(*sfu.Subscription, *sfutest.Recorder)
	}{
		{"undisturbed", func(*sfu.Subscription, *sfutest.Recorder) {}},
		{"a packet is lost", func(s *sfu.Subscription, rec *sfutest.Recorder) { s.Resend(rec.Packets()[0].SequenceNumber, 0) }},
		{"sent again", func(s *sfu.Subscription, _ *sfutest.Recorder) { s.RequestKeyFrame() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := newRouter(t)
				track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8)
				film(t, track, 0, 2000, 1100)
				rec := sfutest.NewRecorder()
				_, sub := watch(t, r, sfu.Video, rec)
				begun := time.Now()
				time.Sleep(20 * time.Millisecond)
				c.after(sub, rec)
				for step := 0; step < 1000; step++ {
					time.Sleep(5 * time.Millisecond)
					synctest.Wait()
					got := rec.Packets()
					last := got[len(got)-1]
					passed := time.Duration(last.Timestamp-got[0].Timestamp) * time.Second / 90000
					if apart := passed - time.Since(begun); apart.Abs() > 40*time.Millisecond {
						t.Fatalf("%v have passed, and in the timestamps %v", time.Since(begun), passed)
					}
					if last.Packet.Header.SequenceNumber == 1999 {
						return
					}
				}
				t.Error("the past has no end")
			})
		})
	}
}
