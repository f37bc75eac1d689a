package sfu

import (
	"time"

	"lectern/internal/frame"
)

// keyFrameStale is the age from which on a look at a key frame makes the
// publisher be asked for a newer one: browsers send none unless they are asked.
const keyFrameStale = 10 * time.Second

// KeyFrame is a picture of a source that can be decoded by itself.
type KeyFrame struct {
	// Track is what it was published on.
	Track TrackInfo
	// Data is what a decoder takes: of H.264 and H.265 a byte stream with
	// start codes and parameter sets (Annex B), of VP8 and VP9 a frame, of AV1
	// a temporal unit. Of VP9 with spatial layers it is the lowest.
	Data []byte
	// Codec names the codec as WebCodecs does, such as "avc1.42e01f".
	Codec string
	// Width and Height are the picture's size in pixels, 0 if that is unknown.
	Width, Height int
	// Arrival is when its first packet came.
	Arrival time.Time
}

// KeyFrame returns the newest key frame of the best video track of a source
// with a canonical name (ParseName). It is false when the source has no video,
// and when that frame has not come whole (yet) or is not cached any more. In
// the last case, and with a frame older than ten seconds, the publisher is
// asked for a new one, so that there is one soon.
func (r *Router) KeyFrame(name string) (KeyFrame, bool) {
	t := r.bestVideo(name)
	if t == nil {
		return KeyFrame{}, false
	}
	now := time.Now()
	key := t.lastKey.Load()
	if key == nil || t.byNumber.Get(key.index) != key {
		t.RequestKeyFrame(now)
		return KeyFrame{}, false
	}
	if now.Sub(key.Arrival) > keyFrameStale {
		t.RequestKeyFrame(now)
	}
	payloads, ok := t.picture(key)
	if !ok {
		return KeyFrame{}, false
	}
	f, err := frame.Join(t.Codec.MimeType, payloads)
	if err != nil {
		return KeyFrame{}, false // what a publisher sends need not be a picture
	}
	return KeyFrame{
		Track: t.TrackInfo, Data: f.Data, Codec: f.Codec, Width: f.Width, Height: f.Height, Arrival: key.Arrival,
	}, true
}

// bestVideo is the track that viewers without a wish get, nil when there is
// none.
func (r *Router) bestVideo(name string) *Track {
	r.mu.Lock()
	s := r.sources[name]
	r.mu.Unlock()
	if s == nil {
		return nil
	}
	p := s.live.Load()
	if p == nil {
		return nil
	}
	return best(p.Tracks(), Video)
}

// picture collects the payloads of a picture from its first packet on; false
// when one is missing. It ends with the marker, or before another picture:
// there are senders that mark parameter sets, and others that mark nothing.
func (t *Track) picture(first *Packet) (payloads [][]byte, whole bool) {
	size := 0
	for i := first.index; ; i++ {
		p := t.byNumber.Get(i)
		switch {
		case p == nil:
			return payloads, whole
		case p.run != first.run || p.Header.Timestamp != first.Header.Timestamp:
			return payloads, true
		case len(p.Payload) == 0:
			continue // padding, which may follow the marker
		}
		if size += len(p.Payload); size > frame.MaxSize {
			return nil, false
		}
		payloads = append(payloads, p.Payload)
		whole = p.Header.Marker
	}
}

// RequestKeyFrames asks the publisher of a source with a canonical name
// (ParseName) for a key frame of each of its pictures, as often as it may be
// asked. It is false when nobody publishes video under that name.
func (r *Router) RequestKeyFrames(name string) bool {
	r.mu.Lock()
	s := r.sources[name]
	r.mu.Unlock()
	if s == nil {
		return false
	}
	p := s.live.Load()
	if p == nil {
		return false
	}
	now, found := time.Now(), false
	for _, t := range p.Tracks() {
		if t.Kind == Video {
			t.RequestKeyFrame(now)
			found = true
		}
	}
	return found
}
