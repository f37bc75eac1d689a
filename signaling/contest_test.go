package signaling

import (
	"testing"

	"lectern/sfu"
)

// The owner's page and the doctor show what is among a publisher's problems.
func TestTwoEncodersAreAProblemOfThePublisher(t *testing.T) {
	for _, report := range []*sfu.Report{nil, {Problems: []sfu.Problem{{Code: "b_frames"}}}} {
		info := newPublisherInfo(sfu.SourceInfo{Name: "live/cam1", Protocol: "rtmp", Contested: true, Report: report})
		if len(info.Problems) == 0 || info.Problems[0].Code != "two_encoders" || info.Problems[0].Fix == "" {
			t.Errorf("%+v", info.Problems)
		}
	}
	if info := newPublisherInfo(sfu.SourceInfo{Protocol: "rtmp"}); len(info.Problems) != 0 {
		t.Errorf("of one encoder: %+v", info.Problems)
	}
}
