package sfu_test

import (
	"testing"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

func TestReportIsShownWhileItsPublicationIsLive(t *testing.T) {
	sfutest.NoLeaks(t)
	r := sfu.NewRouter(sfu.Options{})
	defer r.Close()
	o := r.Observe(16)
	defer o.Close()
	pub, err := r.Publish("live/cam", sfu.PublishOptions{Protocol: "rtmp"})
	if err != nil {
		t.Fatal(err)
	}
	track, err := pub.AddTrack(sfu.TrackInfo{Kind: sfu.Audio, Codec: sfu.Codec{MimeType: "audio/opus", ClockRate: 48000, Channels: 2}})
	if err != nil {
		t.Fatal(err)
	}
	report := &sfu.Report{Encoder: "encoder"}
	pub.SetReport(report) // nobody hears of it yet: it is not live
	if err := track.Write(sfutest.OpusPacket(1, 0)); err != nil {
		t.Fatal(err)
	}
	if e := <-o.Events(); e.Type != sfu.EventLive {
		t.Fatalf("first event is %s, want %s", e.Type, sfu.EventLive)
	}
	if info, _ := r.Info("live/cam"); info.Report != report {
		t.Fatalf("report is %v, want the one that was set", info.Report)
	}
	pub.SetReport(&sfu.Report{})
	if e := <-o.Events(); e.Type != sfu.EventTracks {
		t.Errorf("event after a report is %s, want %s", e.Type, sfu.EventTracks)
	}
	pub.Close(nil)
	if info, ok := r.Info("live/cam"); ok && info.Report != nil {
		t.Error("the report outlives its publication")
	}
}
