package testcard

import (
	"bytes"
	"testing"

	"github.com/pion/rtp/codecs"

	"lectern/sfu"
)

// Players put the packets together to the frames that were made, and find a
// frame missing by its number, which wraps.
func TestPacketsMakeWholeFrames(t *testing.T) {
	r := sfu.NewRouter(sfu.Options{})
	defer r.Close()
	publication, err := r.Publish(name, sfu.PublishOptions{Identity: Identity})
	if err != nil {
		t.Fatal(err)
	}
	video, _ := watch(t, r, sfu.Video)
	first := int64(1_800_000_000*30)>>15<<15 - 10
	p, err := newPicture(publication, first)
	if err != nil {
		t.Fatal(err)
	}
	const frames = 20
	for n := first; n < first+frames; n++ {
		if err := p.send(n, n%5 == 0); err != nil {
			t.Fatal(err)
		}
	}
	packets := video.Wait(t, int(p.sequence))

	var card Card
	for n := first; n < first+frames; n++ {
		var got []byte
		for last := false; !last; packets = packets[1:] {
			var d codecs.VP8Packet
			part, err := d.Unmarshal(packets[0].Payload)
			if err != nil {
				t.Fatal(err)
			}
			if starts := len(got) == 0; (d.S == 1) != starts || d.PID != 0 || int64(d.PictureID) != n&0x7fff {
				t.Errorf("frame %d: descriptor %+v, want the picture ID %d, and the start to be %v", n, d, n&0x7fff, starts)
			}
			got, last = append(got, part...), packets[0].Header.Marker
		}
		if want := card.Picture(videoGrid.begin(n), n%5 == 0); !bytes.Equal(got, want) {
			t.Errorf("frame %d: %d bytes came, %d were sent, or they differ", n, len(got), len(want))
		}
	}
	if len(packets) > 0 {
		t.Errorf("%d packets too many", len(packets))
	}
}
