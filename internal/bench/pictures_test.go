package bench

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
)

func TestOnlyWholePicturesCount(t *testing.T) {
	// Each picture is three packets, which are numbered from 0 below.
	for _, c := range []struct {
		name string
		come []int
		want []string // first and last packet of each whole picture
	}{
		{"all", []int{0, 1, 2, 3, 4, 5}, []string{"0-2", "3-5"}},
		{"without a beginning", []int{1, 2, 3, 4, 5}, []string{"1-2", "3-5"}}, // the first of all cannot be known
		{"a hole", []int{0, 2, 3, 4, 5}, []string{"3-5"}},
		{"a hole later", []int{0, 1, 2, 3, 5, 6, 7, 8}, []string{"0-2", "6-8"}},
		{"without an end", []int{0, 1, 3, 4, 5, 6, 7, 8}, []string{"6-8"}},
		{"a whole one is missing", []int{0, 1, 2, 6, 7, 8, 9, 10, 11}, []string{"0-2", "9-11"}},
		{"out of order", []int{0, 1, 2, 4, 3, 5, 6, 7, 8}, []string{"0-2", "6-8"}},
		{"twice", []int{0, 1, 1, 2, 3, 4, 5}, []string{"3-5"}},
	} {
		for _, first := range []uint16{0, 65530, 65535} {
			var p pictures
			var got []string
			for _, i := range c.come {
				made, whole := p.add(&rtp.Packet{
					Header:  rtp.Header{SequenceNumber: first + uint16(i), Timestamp: uint32(i / 3 * 3000), Marker: i%3 == 2},
					Payload: []byte{byte(i)},
				}, time.Duration(i)*time.Millisecond)
				if whole {
					got = append(got, fmt.Sprintf("%d-%d", made.first.Milliseconds(), made.last.Milliseconds()))
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s from %d: got %v, want %v", c.name, first, got, c.want)
			}
		}
	}
}
