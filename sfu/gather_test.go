package sfu_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// gathered is a publisher of pictures of a few packets, and what came to a
// viewer's two sinks, in bursts.
type gathered struct {
	*testing.T
	video, audio   *sfu.Track
	number, sound  uint16
	timestamp      uint32
	videos, audios []int         // packets of each burst
	latest         time.Duration // from a packet's arrival until it was forwarded
	publication    *sfu.Publication
}

func gather(t *testing.T) *gathered {
	t.Helper()
	r := newRouter(t)
	g := &gathered{T: t}
	g.publication = publish(t, r, sfu.PublishOptions{})
	g.video = addTrack(t, g.publication, sfu.Video, sfutest.VP8)
	g.audio = addTrack(t, g.publication, sfu.Audio, sfutest.Opus)
	into := func(list *[]int) sfu.SinkFunc {
		return func(burst []sfu.Forwarded) error {
			*list = append(*list, len(burst))
			for _, p := range burst {
				g.latest = max(g.latest, time.Since(p.Arrival))
			}
			return nil
		}
	}
	v, _ := watch(t, r, sfu.Video, into(&g.videos))
	if _, err := v.Subscribe(sfu.Audio, into(&g.audios)); err != nil {
		t.Fatal(err)
	}
	return g
}

// write writes one packet of the present picture, and lets it be forwarded.
func (g *gathered) write(last bool) {
	g.Helper()
	g.number++
	p := sfutest.VP8Packet(g.number, g.timestamp, g.timestamp == 0)
	p.Header.Marker, p.Arrival = last, time.Now()
	if err := g.video.Write(p); err != nil {
		g.Fatal(err)
	}
	synctest.Wait()
}

func (g *gathered) say() {
	g.Helper()
	g.sound++
	p := sfutest.OpusPacket(g.sound, uint32(g.sound)*960)
	p.Arrival = time.Now()
	if err := g.audio.Write(p); err != nil {
		g.Fatal(err)
	}
	synctest.Wait()
}

// picture writes a picture of so many packets, one after the other by a time,
// and then pauses to the next one.
func (g *gathered) picture(packets int, apart time.Duration) {
	g.Helper()
	for i := range packets {
		if i > 0 {
			time.Sleep(apart)
		}
		g.write(i == packets-1)
	}
	g.pause()
}

func (g *gathered) pause() {
	time.Sleep(33 * time.Millisecond)
	synctest.Wait()
	g.timestamp += 3000
}

func (g *gathered) want(what string, got *[]int, want ...int) {
	g.Helper()
	if !slices.Equal(*got, want) {
		g.Errorf("%s: bursts of %v packets, want %v", what, *got, want)
	}
	*got = nil
}

const quick = 50 * time.Microsecond

// trusted is a publisher whose pictures have come in one go for a while.
func trusted(t *testing.T) *gathered {
	t.Helper()
	g := gather(t)
	for range 40 {
		g.picture(4, quick)
	}
	g.videos = nil
	return g
}

func TestAPictureThatComesInOneGoLeavesInOneGo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		g := gather(t)
		for range 4 {
			g.picture(3, quick)
		}
		g.want("at first", &g.videos, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
		g.picture(3, quick)
		g.picture(8, quick)
		g.picture(1, quick)
		g.want("then", &g.videos, 3, 8, 1)
		if g.latest > 8*quick {
			t.Errorf("a packet waited for %v", g.latest)
		}
	})
}

func TestSoundGoesWithThePictureThatIsWaitedFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		g := trusted(t)
		g.say()
		g.want("sound between pictures", &g.audios, 1)
		g.write(false)
		g.say()
		g.write(false)
		g.want("sound within a picture", &g.audios)
		g.write(true)
		g.want("sound after it", &g.audios, 1)
		g.want("the picture", &g.videos, 3)
		g.pause()
		g.say()
		g.want("sound later on", &g.audios, 1)
	})
}

func TestNobodyWaitsLongForAPicture(t *testing.T) {
	const most = time.Millisecond / 2
	for _, c := range []struct {
		name string
		play func(g *gathered)
		want []int
	}{
		{"its last packet is lost", func(g *gathered) {
			g.write(false)
			g.write(false)
			g.pause()
		}, []int{2}},
		{"it pauses", func(g *gathered) {
			g.write(false)
			time.Sleep(2 * most)
			g.write(false)
			g.write(false)
			g.write(true)
		}, []int{1, 1, 1, 1}},
		{"the next one comes before its end", func(g *gathered) {
			g.write(false)
			g.write(false)
			g.timestamp += 3000
			g.write(false)
			g.write(true)
		}, []int{3, 1}},
		{"one of its packets comes late", func(g *gathered) {
			g.write(false)
			g.number++
			g.write(false)
			g.number -= 2
			g.write(false) // the one before
			g.number++
			g.write(true)
		}, []int{3, 1}},
		{"the publication ends in it", func(g *gathered) {
			g.write(false)
			g.publication.Close(nil)
			g.pause()
		}, []int{1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				g := trusted(t)
				c.play(g)
				g.want(c.name, &g.videos, c.want...)
				if g.latest > most {
					t.Errorf("a packet waited for %v, want at most %v", g.latest, most)
				}
			})
		})
	}
}

// A publisher who was waited for in vain is not for a second.
func TestOneWhoSpreadsHisPicturesIsNotWaitedFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		g := trusted(t)
		g.picture(3, time.Millisecond)
		g.want("the first that is spread", &g.videos, 1, 1, 1)
		for range 30 {
			g.picture(2, quick)
		}
		g.videos = nil
		g.picture(2, quick)
		g.want("too early", &g.videos, 1, 1)
		for range 4 {
			g.picture(2, quick)
		}
		g.videos = nil
		g.picture(2, quick)
		g.want("trusted again", &g.videos, 2)

		g = gather(t)
		g.latest = 0
		for range 100 {
			g.picture(5, time.Millisecond)
		}
		if g.latest > 0 {
			t.Errorf("a packet waited for %v", g.latest)
		}
	})
}

// Whoever joined last is not served last each time.
func TestViewersTakeTurnsToBeServedFirst(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRouter(t)
		track := addTrack(t, publish(t, r, sfu.PublishOptions{}), sfu.Video, sfutest.VP8)
		const viewers = 5
		var served []int
		for i := range viewers {
			watch(t, r, sfu.Video, sfu.SinkFunc(func([]sfu.Forwarded) error {
				served = append(served, i)
				return nil
			}))
		}
		first := map[int]int{}
		for n := range uint16(2 * viewers) {
			served = nil
			write(t, track, sfutest.VP8Packet(n, uint32(n)*3000, n == 0))
			synctest.Wait()
			if len(served) != viewers {
				t.Fatalf("%d are served, want %d", len(served), viewers)
			}
			first[served[0]]++
		}
		for i := range viewers {
			if first[i] != 2 {
				t.Errorf("viewer %d was first %d times of %d, want 2", i, first[i], 2*viewers)
			}
		}
	})
}
