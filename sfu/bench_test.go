package sfu_test

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// BenchmarkForward is the time and memory that one packet of 1 100 bytes
// costs, to all viewers together: from the publisher's bytes to the sinks. The
// sinks count and do nothing else. ns/viewer is the same for one viewer.
func BenchmarkForward(b *testing.B) {
	for _, viewers := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprint(viewers), func(b *testing.B) {
			r := sfu.NewRouter(sfu.Options{})
			defer r.Close()
			publication, err := r.Publish(name, sfu.PublishOptions{})
			if err != nil {
				b.Fatal(err)
			}
			track, err := publication.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8})
			if err != nil {
				b.Fatal(err)
			}
			var forwarded atomic.Int64
			for range viewers {
				v, err := r.Join(name)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := v.Subscribe(sfu.Video, sfu.SinkFunc(func(burst []sfu.Forwarded) error {
					forwarded.Add(int64(len(burst)))
					return nil
				})); err != nil {
					b.Fatal(err)
				}
			}
			payload := make([]byte, 1100)
			copy(payload, sfutest.VP8Packet(0, 0, true).Payload)
			header := rtp.Header{Version: 2}
			var slab sfu.Slab
			now := time.Now()
			// publish writes n packets in bursts of eight, as pictures come,
			// and returns when the last has left.
			publish := func(n int) {
				want := forwarded.Load()
				for i := range n {
					header.SequenceNumber++
					if err := track.Write(slab.Packet(&header, payload, now)); err != nil {
						b.Fatal(err)
					}
					want += int64(viewers)
					for i%8 == 7 && forwarded.Load() < want {
						runtime.Gosched()
					}
				}
				for forwarded.Load() < want {
					runtime.Gosched()
				}
			}
			publish(5000) // fill the cache
			b.ReportAllocs()
			b.ResetTimer()
			publish(b.N)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(viewers), "ns/viewer")
		})
	}
}

// BenchmarkTotals is what a scrape costs, during which nobody can come or go.
func BenchmarkTotals(b *testing.B) {
	for _, viewers := range []int{100, 10_000} {
		b.Run(fmt.Sprint(viewers), func(b *testing.B) {
			r := sfu.NewRouter(sfu.Options{})
			defer r.Close()
			for range viewers {
				v, err := r.JoinWith(name, sfu.JoinOptions{Protocol: "whep"})
				if err != nil {
					b.Fatal(err)
				}
				for _, kind := range []sfu.Kind{sfu.Audio, sfu.Video} {
					if _, err := v.Subscribe(kind, sfu.SinkFunc(func([]sfu.Forwarded) error { return nil })); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				r.Counts().Totals()
			}
		})
	}
}
