package rtmp

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"lectern/bridge/rtmp/wire"
	"lectern/sfu"
)

const (
	// pictureQueue holds about two seconds at 4 Mbit/s: a client that is
	// further behind goes on with the next key frame.
	pictureQueue = 1024
	// soundQueue holds as much, and more.
	soundQueue = 256
)

// player sends a stream to a client that plays it: H.264 as it is, and Opus as
// AAC. It begins with a key frame.
//
// The router hands packets to two queues, whose goroutines write. Both use the
// timeline and the way to the client, under the mutex.
type player struct {
	viewer *sfu.Viewer
	queues [2]*sfu.Queue
	to     writer

	pictured chan struct{} // closed with the first picture

	once     sync.Once
	ended    chan struct{}
	why      error // set before ended is closed
	watching sync.WaitGroup

	mu       sync.Mutex
	timeline timeline
	picture  playedPicture
	sound    playedSound
}

// newPlayer sends a stream, given by its canonical name, from now on. The
// caller closes the player.
func newPlayer(r *sfu.Router, stream string, to writer) (*player, error) {
	pictured := make(chan struct{})
	viewer, err := r.JoinWith(stream, sfu.JoinOptions{Protocol: "rtmp", Pictured: pictured})
	if err != nil {
		return nil, err
	}
	p := &player{viewer: viewer, to: to, pictured: pictured, ended: make(chan struct{})}
	if p.sound, err = newPlayedSound(); err != nil {
		viewer.Close()
		return nil, fmt.Errorf("play %s: %w", stream, err)
	}
	p.watching.Go(func() {
		<-viewer.Done()
		p.end(viewer.Err())
	})
	p.queues[sfu.Video] = sfu.NewQueue(p.sink(p.video), pictureQueue)
	p.queues[sfu.Audio] = sfu.NewQueue(p.sink(p.audio), soundQueue)
	for kind, queue := range p.queues {
		if _, err := viewer.Subscribe(sfu.Kind(kind), queue); err != nil {
			p.close(err)
			return nil, fmt.Errorf("play %s: %w", stream, err)
		}
	}
	return p, nil
}

var _ flow = (*player)(nil)

// close returns when nothing is written any more.
func (p *player) close(cause error) {
	p.end(cause)
	p.viewer.Close()
	for _, queue := range p.queues {
		queue.Close()
	}
	p.watching.Wait()
	p.sound.close()
}

func (p *player) end(cause error) {
	p.once.Do(func() {
		p.why = cause
		close(p.ended)
	})
}

func (p *player) done() <-chan struct{} { return p.ended }
func (p *player) cause() error          { return p.why }

// sink writes what is made of packets. Its error is the player's end.
func (p *player) sink(take func(sfu.Forwarded, time.Time) ([]wire.Message, error)) sfu.Sink {
	return sfu.SinkFunc(func(burst []sfu.Forwarded) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		now := time.Now()
		for _, packet := range burst {
			select {
			case <-p.ended: // a client that takes its time shall not keep the session
				return p.why
			default:
			}
			messages, err := take(packet, now)
			if err == nil {
				err = p.write(messages)
			}
			if err != nil {
				p.end(err)
				return err
			}
		}
		return nil
	})
}

func (p *player) video(packet sfu.Forwarded, now time.Time) ([]wire.Message, error) {
	if mime := packet.Track().Codec.MimeType; !strings.EqualFold(mime, "video/H264") {
		return nil, fmt.Errorf("%w, and this stream is %s; watch it on the web page", errCodec, strings.TrimPrefix(mime, "video/"))
	}
	return p.picture.take(packet, &p.timeline, now)
}

// audio lets sound wait for the first picture, if there is to be one.
func (p *player) audio(packet sfu.Forwarded, now time.Time) ([]wire.Message, error) {
	if !p.picture.began && hasPicture(packet.Track()) {
		return nil, nil
	}
	return p.sound.take(packet, &p.timeline, now)
}

func (p *player) write(messages []wire.Message) error {
	if len(messages) == 0 {
		return nil
	}
	if err := p.to.Write(messages...); err != nil {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	return nil
}

// errCodec ends players of streams that they could not play.
var errCodec = errors.New("players over RTMP take H.264 only")

// hasPicture says whether a track has a picture beside it.
func hasPicture(t *sfu.Track) bool {
	for _, other := range t.Publication().Tracks() {
		if other.Kind == sfu.Video {
			return true
		}
	}
	return false
}
