package sfu_test

import (
	"testing"
	"testing/synctest"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

func TestWhoWaitsForTheBeginningIsTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		live, pictured := make(chan struct{}), make(chan struct{})
		v, err := r.JoinWith(name, sfu.JoinOptions{Pictured: pictured})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(v.Close)
		for _, kind := range []sfu.Kind{sfu.Audio, sfu.Video} {
			if _, err := v.Subscribe(kind, sfutest.NewRecorder()); err != nil {
				t.Fatal(err)
			}
		}
		p := publish(t, r, sfu.PublishOptions{Live: live})
		picture := addTrack(t, p, sfu.Video, sfutest.VP8)
		if closed(live) {
			t.Error("live before a packet has come")
		}
		write(t, picture, sfutest.VP8Packet(1, 0, false)) // nothing to begin with
		synctest.Wait()
		if !closed(live) || closed(pictured) {
			t.Errorf("after a packet: live %v, pictured %v", closed(live), closed(pictured))
		}
		write(t, picture, sfutest.VP8Packet(2, 3000, true), sfutest.VP8Packet(3, 6000, true))
		synctest.Wait()
		if !closed(pictured) {
			t.Error("the viewer has a picture, and nobody was told")
		}
		p.Close(nil)
		next := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8)
		write(t, next, sfutest.VP8Packet(1, 0, true)) // closes nothing twice
		synctest.Wait()
	})
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
