package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
)

// patience is how long anything of a class may take before it counts as never.
const patience = 30 * time.Second

// classmate is a member of a room without a browser: a socket, a connection to
// watch, and while on stage one to publish.
type classmate struct {
	class  *class
	member string // the id that the room gave
	seats  int

	conn    *websocket.Conn
	writing sync.Mutex

	mu     sync.Mutex
	lastID uint64
	asked  map[uint64]chan reply
	waits  []*awaited
	said   []saying // what has come of the chat, in the order of coming
	flown  int      // danmaku
	over   error

	offers, needs, renegotiations atomic.Int64
	packets, lost, keyless        atomic.Int64
}

type reply struct {
	OK    bool
	Data  json.RawMessage
	Error struct {
		Code, Message string
		RetryAfterMS  int64 `json:"retry_after_ms"`
	}
}

func (r reply) err() error {
	if r.OK {
		return nil
	}
	return refused{r.Error.Code, r.Error.Message}
}

type refused struct{ code, message string }

func (r refused) Error() string { return r.code + ": " + r.message }

// awaited is one event to come.
type awaited struct {
	typ, text string
	came      chan json.RawMessage
}

// saying is a message of the chat.
type saying struct {
	number int
	late   time.Duration
}

// enterClass opens a socket and says hello.
func (c *class) enterClass(invite, name string) (*classmate, error) {
	header := http.Header{"Origin": {c.server.url}}
	dialer := websocket.Dialer{HandshakeTimeout: patience, Subprotocols: []string{"room.v1"}}
	conn, _, err := dialer.Dial("ws"+strings.TrimPrefix(c.server.url, "http")+"/api/v1/rooms/"+c.room+"/ws", header)
	if err != nil {
		return nil, fmt.Errorf("enter: %w", err)
	}
	m := &classmate{class: c, conn: conn, asked: map[uint64]chan reply{}}
	c.running.Go(m.read)
	c.t.Cleanup(func() { _ = conn.Close() })
	var welcome struct {
		Self struct{ Member string }
		RTC  struct{ Seats int }
	}
	if err := m.ask("hello", map[string]any{"invite": invite, "name": name}, &welcome); err != nil {
		return nil, err
	}
	m.member, m.seats = welcome.Self.Member, welcome.RTC.Seats
	return m, nil
}

func (m *classmate) read() {
	for {
		_, raw, err := m.conn.ReadMessage()
		at := time.Now()
		if err != nil {
			m.end(err)
			return
		}
		var f struct {
			reply
			Re   uint64
			Type string
		}
		if err := json.Unmarshal(raw, &f); err != nil {
			m.end(err)
			return
		}
		if f.Re != 0 {
			m.mu.Lock()
			answer := m.asked[f.Re]
			delete(m.asked, f.Re)
			m.mu.Unlock()
			if answer != nil {
				answer <- f.reply
			}
			continue
		}
		m.hear(f.Type, f.Data, at)
	}
}

// end tells all who wait that nothing comes any more.
func (m *classmate) end(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.over = err
	for id, answer := range m.asked {
		delete(m.asked, id)
		close(answer)
	}
}

func (m *classmate) hear(typ string, data json.RawMessage, at time.Time) {
	switch typ {
	case "ping":
		m.write(map[string]any{"type": "pong"})
		return
	case "rtc.need":
		m.needs.Add(1)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch typ {
	case "chat.message":
		m.note(data, at)
	case "danmaku":
		var d struct{ Items []struct{} }
		_ = json.Unmarshal(data, &d)
		m.flown += len(d.Items)
	}
	m.waits = slices.DeleteFunc(m.waits, func(w *awaited) bool {
		if w.typ != typ || !strings.Contains(string(data), w.text) {
			return false
		}
		w.came <- data
		return true
	})
}

// note keeps when a message came, by the number and the time in it.
func (m *classmate) note(data json.RawMessage, at time.Time) {
	var message struct{ Text string }
	var number int
	var sent int64
	if json.Unmarshal(data, &message) != nil {
		return
	}
	if _, err := fmt.Sscanf(message.Text, "message %d at %d", &number, &sent); err == nil {
		m.said = append(m.said, saying{number, at.Sub(time.Unix(0, sent))})
	}
}

func (m *classmate) write(v any) {
	m.writing.Lock()
	defer m.writing.Unlock()
	_ = m.conn.WriteJSON(v) // the reader finds out
}

// expect returns what gets the next event of a type with a text in it.
func (m *classmate) expect(typ, text string) *awaited {
	w := &awaited{typ, text, make(chan json.RawMessage, 1)}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waits = append(m.waits, w)
	return w
}

func (w *awaited) arrive() error {
	select {
	case <-w.came:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%s %s does not come", w.typ, w.text)
	}
}

// ask sends a request, and returns a refusal as an error of type refused.
func (m *classmate) ask(typ string, data, into any) error {
	answer := make(chan reply, 1)
	m.mu.Lock()
	if m.over != nil {
		m.mu.Unlock()
		return fmt.Errorf("%s: %w", typ, m.over)
	}
	m.lastID++
	id := m.lastID
	m.asked[id] = answer
	m.mu.Unlock()
	m.write(map[string]any{"id": id, "type": typ, "data": data})
	select {
	case r, ok := <-answer:
		if !ok {
			return fmt.Errorf("%s: the connection has ended", typ)
		}
		if err := r.err(); err != nil {
			return fmt.Errorf("%s: %w", typ, err)
		}
		if into == nil {
			return nil
		}
		return json.Unmarshal(r.Data, into)
	case <-time.After(patience):
		return fmt.Errorf("%s: no reply", typ)
	}
}

// newMedia returns a PeerConnection that knows VP8 and Opus, and asks for
// nothing that was lost.
func (c *class) newMedia() (*webrtc.PeerConnection, error) {
	media := &webrtc.MediaEngine{}
	feedback := []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}}
	err := errors.Join(
		media.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 96, RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, RTCPFeedback: feedback}}, webrtc.RTPCodecTypeVideo),
		media.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 111, RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"}}, webrtc.RTPCodecTypeAudio),
	)
	if err != nil {
		return nil, err
	}
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(&interceptor.Registry{}), webrtc.WithSettingEngine(settings))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, err
	}
	c.t.Cleanup(func() { _ = pc.Close() })
	return pc, nil
}

// offer makes one connection of the two, and returns when it is there.
func (m *classmate) offer(pc *webrtc.PeerConnection, which string, tracks []map[string]string) error {
	connected := make(chan struct{})
	var once sync.Once
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(connected) })
		}
	})
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		return err
	}
	<-gathered
	for i, transceiver := range pc.GetTransceivers()[:len(tracks)] {
		tracks[i]["mid"] = transceiver.Mid()
	}
	var answer struct{ SDP string }
	if err := m.ask("rtc.offer", map[string]any{"pc": which, "sdp": pc.LocalDescription().SDP, "tracks": tracks}, &answer); err != nil {
		return err
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer.SDP}); err != nil {
		return err
	}
	select {
	case <-connected:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%s does not connect", which)
	}
}

// watch opens the connection on which every seat has its place.
func (m *classmate) watch() error {
	pc, err := m.class.newMedia()
	if err != nil {
		return err
	}
	for range m.seats + 1 {
		for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
			if _, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
				return err
			}
		}
	}
	pc.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { m.see(remote) })
	m.offers.Add(1)
	if err := m.offer(pc, "sub", nil); err != nil {
		return err
	}
	pc.OnNegotiationNeeded(func() { m.renegotiations.Add(1) })
	return nil
}

// see counts what comes of a seat, and tells the class who it shows from which
// key frame on.
func (m *classmate) see(remote *webrtc.TrackRemote) {
	var last uint16
	shown := uint16(0)
	for first := true; ; first = false {
		p, _, err := remote.ReadRTP()
		if err != nil {
			return
		}
		at := time.Now()
		m.packets.Add(1)
		gap := p.SequenceNumber - last - 1
		if !first && gap != 0 {
			m.lost.Add(int64(int16(gap)))
		}
		last = p.SequenceNumber
		if remote.Kind() != webrtc.RTPCodecTypeVideo || len(p.Payload) < 16 {
			continue
		}
		mark := p.Payload[len(p.Payload)-2:]
		turn := uint16(mark[0])<<8 | uint16(mark[1])
		if turn == shown {
			continue
		}
		shown = turn
		if !beginsVP8(p.Payload) {
			m.keyless.Add(1)
			continue
		}
		m.class.seen(m, turn, at)
	}
}

// beginsVP8 reports whether a packet is the first of a key frame (RFC 7741 §4.3).
func beginsVP8(payload []byte) bool {
	var vp8 codecs.VP8Packet
	rest, err := vp8.Unmarshal(payload)
	return err == nil && vp8.S == 1 && vp8.PID == 0 && len(rest) > 0 && rest[0]&1 == 0
}

// show is somebody's sound and picture on the way to the server.
type show struct {
	pc      *webrtc.PeerConnection
	stop    chan struct{}
	stopped sync.WaitGroup
}

// publish sends pictures that bear a number, and sound if it is wanted, until
// the show is ended. The member is on stage.
func (m *classmate) publish(turn uint16, sound bool) (*show, error) {
	pc, err := m.class.newMedia()
	if err != nil {
		return nil, err
	}
	camera, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "camera", "s")
	if err != nil {
		return nil, err
	}
	mic, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus}, "mic", "s")
	if err != nil {
		return nil, err
	}
	sendonly := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}
	transceiver, err := pc.AddTransceiverFromTrack(camera, sendonly)
	if err != nil {
		return nil, err
	}
	if _, err := pc.AddTransceiverFromTrack(mic, sendonly); err != nil {
		return nil, err
	}
	if err := m.ask("media.state", map[string]bool{"mic": sound, "camera": true}, nil); err != nil {
		return nil, err
	}
	if err := m.offer(pc, "pub", []map[string]string{{"kind": "video", "source": "camera"}, {"kind": "audio", "source": "mic"}}); err != nil {
		return nil, err
	}
	s := &show{pc: pc, stop: make(chan struct{})}
	wanted := make(chan struct{}, 1)
	s.stopped.Go(func() { keyFramesWanted(transceiver.Sender(), wanted) })
	s.stopped.Go(func() { sendPictures(camera, turn, wanted, s.stop) })
	if sound {
		s.stopped.Go(func() { sendSound(mic, s.stop) })
	}
	return s, nil
}

func (s *show) end() {
	close(s.stop)
	_ = s.pc.Close()
	s.stopped.Wait()
}

// keyFramesWanted passes on what the server asks for.
func keyFramesWanted(sender *webrtc.RTPSender, wanted chan<- struct{}) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if _, ok := p.(*rtcp.PictureLossIndication); !ok {
				continue
			}
			select {
			case wanted <- struct{}{}:
			default: // it has been asked for
			}
		}
	}
}

// What each on stage sends. It is little, so that the crowd, which decrypts
// three hundred times as much, is not what is measured.
const (
	picturesPerSecond = 5 // of one packet
	pictureBytes      = 600
	soundEvery        = 60 * time.Millisecond
	soundBytes        = 120
	keyFrameEvery     = 20 // pictures
)

func sendPictures(track *webrtc.TrackLocalStaticRTP, turn uint16, wanted <-chan struct{}, stop <-chan struct{}) {
	beat := time.NewTicker(time.Second / picturesPerSecond)
	defer beat.Stop()
	began := time.Now()
	key := true
	for n := uint16(0); ; n++ {
		payload := make([]byte, pictureBytes)
		payload[0], payload[1] = 0x10, 0x01
		if key || n%keyFrameEvery == 0 {
			copy(payload, []byte{0x10, 0, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0})
		}
		payload[pictureBytes-2], payload[pictureBytes-1] = byte(turn>>8), byte(turn)
		ticks := uint32(time.Since(began).Milliseconds() * 90)
		_ = track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, SequenceNumber: n, Timestamp: ticks}, Payload: payload})
		select {
		case <-stop:
			return
		case <-beat.C:
			key = false
		case <-wanted: // it comes at once
			key = true
		}
	}
}

func sendSound(track *webrtc.TrackLocalStaticRTP, stop <-chan struct{}) {
	beat := time.NewTicker(soundEvery)
	defer beat.Stop()
	for n := uint16(0); ; n++ {
		select {
		case <-stop:
			return
		case <-beat.C:
		}
		_ = track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 2880}, Payload: make([]byte, soundBytes)})
	}
}
