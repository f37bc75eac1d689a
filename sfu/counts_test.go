package sfu_test

import (
	"testing"
	"testing/synctest"
	"time"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// The flows of the tests.
var (
	cameras = sfu.Flow{Protocol: "whip", Kind: sfu.Video}
	screens = sfu.Flow{Protocol: "whep", Kind: sfu.Video}
)

func join(t *testing.T, r *sfu.Router, sink sfu.Sink) (*sfu.Viewer, *sfu.Subscription) {
	t.Helper()
	v, err := r.JoinWith(name, sfu.JoinOptions{Protocol: "whep", Since: time.Now().Add(-time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	sub, err := v.Subscribe(sfu.Video, sink)
	if err != nil {
		t.Fatal(err)
	}
	return v, sub
}

func TestWhatHasEndedStaysInTheCounts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		counts := sfu.NewCounts()
		r := sfu.NewRouter(sfu.Options{Counts: counts})
		t.Cleanup(r.Close)
		p := publish(t, r, sfu.PublishOptions{Protocol: "whip"})
		track := addTrack(t, p, sfu.Video, sfutest.VP8)
		v, sub := join(t, r, sfutest.NewRecorder())
		size := uint64(len(sfutest.VP8Packet(1, 0, true).Payload))
		write(t, track, sfutest.VP8Packet(1, 0, true), sfutest.VP8Packet(2, 3000, false), sfutest.VP8Packet(5, 6000, false), sfutest.VP8Packet(4, 6000, false))
		synctest.Wait()
		sub.Resend(1, 0b101)
		synctest.Wait()

		check := func(when string, publishers, viewers int) {
			t.Helper()
			total := counts.Totals()
			if in, want := total.In[cameras], (sfu.Received{Packets: 4, Bytes: 4 * size, Missing: 2, Recovered: 1}); in != want {
				t.Errorf("%s: received %+v, want %+v", when, in, want)
			}
			out := total.Out[screens]
			if out.Packets != 4 || out.Bytes != 4*size || out.Nacked != 3 || out.Resent+out.Dropped[sfu.DropResendLost]+out.Dropped[sfu.DropResendLimit] != 3 || out.ResentBytes != out.Resent*size {
				t.Errorf("%s: sent %+v", when, out)
			}
			if total.Publishers["whip"] != publishers || total.Viewers["whep"] != viewers {
				t.Errorf("%s: %v publish and %v watch", when, total.Publishers, total.Viewers)
			}
		}
		check("while it lasts", 1, 1)
		p.Close(nil)
		check("without the publisher", 0, 1)
		v.Close()
		check("without the viewer", 0, 0)
		r.Close()
		check("without the router", 0, 0)
	})
}

func TestSeveralRoutersHaveOneSum(t *testing.T) {
	bubble(t, func(t *testing.T) {
		counts := sfu.NewCounts()
		for i := range 2 {
			r := sfu.NewRouter(sfu.Options{Counts: counts, Inner: i == 1})
			t.Cleanup(r.Close)
			track := addTrack(t, publish(t, r, sfu.PublishOptions{Protocol: "whip"}), sfu.Video, sfutest.VP8)
			write(t, track, sfutest.VP8Packet(1, 0, true))
		}
		if total := counts.Totals(); total.In[cameras].Packets != 2 || total.Publishers["whip"] != 2 || total.Live != 1 {
			t.Errorf("%+v", total)
		}
	})
}

func TestTheWaitForTheFirstPictureBeginsWithTheRequest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		_, early := join(t, r, sfutest.NewRecorder()) // waits for the publisher, which is another matter
		track := addTrack(t, publish(t, r, sfu.PublishOptions{Protocol: "whip"}), sfu.Video, sfutest.VP8)
		write(t, track, sfutest.VP8Packet(1, 0, true))
		synctest.Wait()
		if early.Stats().Packets == 0 {
			t.Fatal("nothing was sent")
		}
		_, late := join(t, r, sfutest.NewRecorder())
		time.Sleep(time.Second) // of the bubble
		write(t, track, sfutest.VP8Packet(2, 90_000, true), sfutest.VP8Packet(3, 93_000, false))
		synctest.Wait()
		if late.Stats().Packets == 0 {
			t.Fatal("nothing was sent")
		}
		waits := r.Counts().Totals().FirstPicture["whep"]
		if waits.Count() != 1 || waits.Sum < time.Second || waits.Sum > 2*time.Second {
			t.Errorf("%d waits of %v", waits.Count(), waits.Sum)
		}
	})
}

func TestAQueueThatIsFullIsADropReason(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		full := make(chan struct{})
		q := sfu.NewQueue(sfu.SinkFunc(func([]sfu.Forwarded) error { <-full; return nil }), 1)
		t.Cleanup(q.Close)
		v, sub := join(t, r, q)
		t.Cleanup(func() { close(full) })
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8)
		for i := range uint16(10) {
			write(t, track, sfutest.VP8Packet(i, 0, i == 0))
			synctest.Wait()
		}
		dropped := sub.Stats().Dropped[sfu.DropQueue]
		if dropped == 0 {
			t.Error("nothing was dropped")
		}
		v.Close()
		if got := r.Counts().Totals().Out[screens].Dropped[sfu.DropQueue]; got != dropped {
			t.Errorf("%d dropped, want %d", got, dropped)
		}
	})
}

func TestAPanicIsCounted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		v, _ := join(t, r, sfu.SinkFunc(func([]sfu.Forwarded) error { panic("broken") }))
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8)
		write(t, track, sfutest.VP8Packet(1, 0, true))
		<-v.Done()
		synctest.Wait()
		if got := r.Counts().Totals().Panics; got != 1 {
			t.Errorf("%d panics, want 1", got)
		}
	})
}
