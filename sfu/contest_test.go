package sfu_test

import (
	"testing"
	"testing/synctest"
	"time"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// rivalEncoder is a publisher of one identity, as it comes and comes back.
func rivalEncoder(t *testing.T, r *sfu.Router) (begin func()) {
	t.Helper()
	p, err := r.Publish("live/cam1", sfu.PublishOptions{Identity: "key:1"})
	if err != nil {
		t.Fatal(err)
	}
	track, err := p.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8})
	if err != nil {
		t.Fatal(err)
	}
	seq := uint16(0)
	return func() {
		seq++
		if err := track.Write(sfutest.VP8Packet(seq, 1, true)); err != nil {
			t.Errorf("packet %d: %v", seq, err)
		}
	}
}

// contested counts the events about it.
func contested(o *sfu.Observer) (n int) {
	for {
		select {
		case e := <-o.Events():
			if e.Type == sfu.EventContested {
				n++
			}
		default:
			return n
		}
	}
}

func TestTwoEncodersWithOneKeyAreNoticed(t *testing.T) {
	for _, c := range []struct {
		name   string
		every  time.Duration // between two takeovers
		silent bool          // who is replaced sends nothing any more
		times  int
		events int
		now    bool
	}{
		{"OBS and OBS", 5 * time.Second, false, 10, 1, true},
		{"for two minutes", 5 * time.Second, false, 28, 3, true},
		{"one that was started again", 5 * time.Second, false, 2, 0, false},
		{"one that is started again now and then", 40 * time.Second, false, 10, 0, false},
		{"one that loses its connection", 5 * time.Second, true, 10, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := sfu.NewRouter(sfu.Options{})
				defer r.Close()
				o := r.Observe(1000)
				defer o.Close()
				send := rivalEncoder(t, r)
				send()
				for range c.times {
					time.Sleep(c.every)
					next := rivalEncoder(t, r)
					if !c.silent {
						send()
					}
					next()
					send = next
				}
				info, _ := r.Info("live/cam1")
				if events := contested(o); events != c.events || info.Contested != c.now {
					t.Errorf("%d events, contested %v; want %d, %v", events, info.Contested, c.events, c.now)
				}
				time.Sleep(2 * time.Minute)
				if info, _ := r.Info("live/cam1"); info.Contested {
					t.Error("contested after one of them was ended")
				}
			})
		})
	}
}
