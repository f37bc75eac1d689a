package rtmp

import (
	"testing"
	"time"

	"lectern/bridge/rtmp/wire"
	"lectern/internal/testmedia"
	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// steppedWriter takes one Write at a time, when it is told to.
type steppedWriter struct{ begun, take chan struct{} }

func (w *steppedWriter) Write(...wire.Message) error {
	w.begun <- struct{}{}
	<-w.take
	return nil
}

// A client that takes each message at the last moment does not keep a session
// that is over: what waits is not written any more.
func TestNothingIsWrittenAfterTheEnd(t *testing.T) {
	sfutest.NoLeaks(t)
	router := sfu.NewRouter(sfu.Options{})
	t.Cleanup(router.Close)
	track := cam1(t, router, codecH264)
	w := &steppedWriter{begun: make(chan struct{}), take: make(chan struct{})}
	p, err := newPlayer(router, "live/cam1", w)
	if err != nil {
		t.Fatal(err)
	}
	var slab sfu.Slab
	for _, f := range testmedia.Video(t, "video/H264", 60, 30, 30) {
		for _, packet := range f.Packets {
			if err := track.Write(slab.Packet(&packet.Header, packet.Payload, time.Now())); err != nil {
				t.Fatal(err)
			}
		}
	}
	<-w.begun
	w.take <- struct{}{}
	<-w.begun // the next one of a burst
	closed := make(chan struct{})
	p.end(errStopping)
	go func() {
		defer close(closed)
		p.close(errStopping)
	}()
	w.take <- struct{}{}
	for more := 0; ; {
		select {
		case <-w.begun:
			more++
			w.take <- struct{}{}
		case <-closed:
			if more > 0 {
				t.Errorf("%d writes after the end", more)
			}
			return
		case <-time.After(10 * time.Second):
			t.Fatal("it does not close")
		}
	}
}
