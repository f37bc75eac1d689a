package sfu_test

import (
	"fmt"
	"time"

	"github.com/pion/rtp"

	"lectern/sfu"
)

// A publisher and a viewer meet in a source, whichever comes first.
func Example() {
	router := sfu.NewRouter(sfu.Options{})
	defer router.Close()

	viewer, err := router.Join("live/concert")
	if err != nil {
		panic(err)
	}
	defer viewer.Close()
	received := make(chan string)
	sink := sfu.SinkFunc(func(burst []sfu.Forwarded) error {
		for _, p := range burst {
			received <- string(p.Payload)
		}
		return nil
	})
	if _, err := viewer.Subscribe(sfu.Audio, sink); err != nil {
		panic(err)
	}

	publication, err := router.Publish("live/concert", sfu.PublishOptions{Identity: "orchestra"})
	if err != nil {
		panic(err)
	}
	defer publication.Close(nil)
	track, err := publication.AddTrack(sfu.TrackInfo{
		Kind:  sfu.Audio,
		Codec: sfu.Codec{MimeType: "audio/opus", ClockRate: 48000, Channels: 2},
	})
	if err != nil {
		panic(err)
	}
	go func() {
		for i, note := range []string{"do", "re", "mi"} {
			p := &sfu.Packet{
				Header:  rtp.Header{Version: 2, SequenceNumber: uint16(i), Timestamp: uint32(i) * 960},
				Payload: []byte(note),
				Arrival: time.Now(),
			}
			if err := track.Write(p); err != nil {
				panic(err)
			}
		}
	}()
	fmt.Println(<-received, <-received, <-received)
	// Output: do re mi
}

// What happens to all sources comes as events, in order.
func ExampleRouter_Observe() {
	router := sfu.NewRouter(sfu.Options{})
	defer router.Close()
	observer := router.Observe(16)
	defer observer.Close()

	viewer, err := router.Join("live/concert")
	if err != nil {
		panic(err)
	}
	viewer.Close()
	for range 2 {
		event := <-observer.Events()
		fmt.Println(event.Type, event.Stream, event.Viewers)
	}
	// Output:
	// stream.viewers live/concert 1
	// stream.viewers live/concert 0
}

// Names of streams are app/name; a bare name is one of the app "live".
func ExampleParseName() {
	fmt.Println(sfu.ParseName("cam1"))
	fmt.Println(sfu.ParseName("school/room-7"))
	_, err := sfu.ParseName("../etc")
	fmt.Println(err != nil)
	// Output:
	// live/cam1 <nil>
	// school/room-7 <nil>
	// true
}
