package doctor

import (
	"context"
	_ "embed" // the film
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"lectern/bridge/rtmp/wire"
	"lectern/internal/trial"
)

// film is FLV: three seconds of H.264 and AAC (data/make.sh).
//
//go:embed data/film.flv
var film []byte

const rtmpPatience = 15 * time.Second

// rtmpTrip pushes the film by RTMP, as an encoder does, and looks whether
// browsers would get picture and sound of it.
func (e *exam) rtmpTrip(ctx context.Context) {
	const id, title = "rtmp", "RTMP"
	if e.url == "" {
		return
	}
	if e.rtmp == "" {
		e.add(id, OK, title, "turned off", "")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, rtmpPatience)
	defer cancel()
	name := trial.Name()
	began := time.Now()
	s, err := e.push(ctx, name)
	switch refused, isRefusal := errors.AsType[rtmpRefusal](err); {
	case isRefusal && refused.code == "NetStream.Publish.Unauthorized":
		e.add(id, Warn, title, "not tried: publishing needs a key here", "give one with --token")
	case errors.Is(err, errKeyNeeded):
		e.add(id, OK, title, "H.264 and AAC are taken at "+e.rtmp+"; what viewers get of it is not seen without a key (--token)", "")
	case isRefusal:
		e.add(id, Fail, title, "refused: "+refused.Error(), "the server's log names the cause")
	case err != nil:
		e.add(id, Fail, title, fmt.Sprintf("%s: %v", e.rtmp, err), "let that TCP port through: in Docker -p 1935:1935; encoders can also use the web port, "+"rtmp://HOST:WEB-PORT/live")
	case !s.has("video/h264"):
		e.add(id, Fail, title, "the film was taken, and no picture came of it", "the server's log names the cause")
	case !s.has("audio/opus"):
		e.add(id, Fail, title, "H.264 is taken, and the sound (AAC) does not become Opus, so that browsers are silent", "the server's log names the cause")
	default:
		e.add(id, OK, title, fmt.Sprintf("H.264 taken, AAC made Opus, after %s at %s", short(time.Since(began)), e.rtmp), "")
	}
}

func (s stream) has(mimeType string) bool {
	for _, t := range s.Tracks {
		if strings.EqualFold(t.Codec, mimeType) {
			return true
		}
	}
	return false
}

// rtmpRefusal is what a server says in place of yes.
type rtmpRefusal struct{ code, text string }

func (r rtmpRefusal) Error() string { return r.code + ": " + r.text }

// push publishes the film at its own pace, and returns what the server says
// of the stream by the time that it has both kinds, or the film is over.
func (e *exam) push(ctx context.Context, name string) (stream, error) {
	u, err := url.Parse(e.rtmp)
	if err != nil {
		return stream{}, err
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return stream{}, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	_ = conn.SetDeadline(time.Now().Add(rtmpPatience))
	c, err := wire.Open(conn, wire.Limits{})
	if err != nil {
		return stream{}, err
	}
	key := name
	if e.Token != "" {
		key += "?k=" + url.QueryEscape(e.Token)
	}
	if err := introduce(c, e.rtmp+"/live", key); err != nil {
		return stream{}, err
	}
	var last stream
	began := time.Now()
	for m := range messages(film) {
		if err := sleepUntil(ctx, began.Add(time.Duration(m.Timestamp)*time.Millisecond)); err != nil {
			return last, err
		}
		if err := c.Write(m); err != nil {
			return last, err
		}
		if m.Type == wire.Video && m.Timestamp >= 1000 {
			if last, err = e.streamOf(ctx, name); errors.Is(err, errKeyNeeded) || err == nil && last.has("video/h264") && last.has("audio/opus") {
				return last, err
			}
		}
	}
	return last, err
}

func sleepUntil(ctx context.Context, at time.Time) error {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// introduce connects and asks to publish, as encoders do.
func introduce(c *wire.Conn, at, key string) error {
	calls := []struct {
		stream      uint32
		transaction float64
		name        string
		object      wire.Object
		args        []any
		answer      string
	}{
		{0, 1, "connect", wire.Object{{Name: "app", Value: "live"}, {Name: "flashVer", Value: "FMLE/3.0 (lectern doctor)"}, {Name: "tcUrl", Value: at}}, nil, "_result"},
		{0, 4, "createStream", nil, nil, "_result"},
		{1, 5, "publish", nil, []any{key, "live"}, "onStatus"},
	}
	for _, call := range calls {
		m := wire.Command{Name: call.name, Transaction: call.transaction, Object: call.object, Args: call.args}
		if err := c.Write(m.Message(call.stream)); err != nil {
			return err
		}
		if err := await(c, call.answer); err != nil {
			return fmt.Errorf("%s: %w", call.name, err)
		}
	}
	return nil
}

// await reads until the answer, which must not be an error.
func await(c *wire.Conn, answer string) error {
	for {
		m, err := c.Read()
		if err != nil {
			return err
		}
		if m.Type != wire.CommandAMF0 {
			continue
		}
		got, err := wire.ParseCommand(m, wire.Limits{})
		if err != nil {
			return err
		}
		if got.Name != answer && got.Name != "_error" && got.Name != "onStatus" {
			continue
		}
		for _, arg := range got.Args {
			if o, ok := arg.(wire.Object); ok && (got.Name == "_error" || o.String("level") == "error") {
				return rtmpRefusal{o.String("code"), o.String("description")}
			}
		}
		if got.Name == answer {
			return nil
		}
	}
}

// messages are the tags of an FLV file as RTMP messages.
func messages(file []byte) func(yield func(wire.Message) bool) {
	return func(yield func(wire.Message) bool) {
		const fileHeader, tagHeader, trailer = 9 + 4, 11, 4
		if len(file) < fileHeader {
			return
		}
		for rest := file[fileHeader:]; len(rest) >= tagHeader; {
			size := int(binary.BigEndian.Uint32(rest) & 0xffffff)
			at := binary.BigEndian.Uint32(rest[4:])>>8 | uint32(rest[7])<<24
			if len(rest) < tagHeader+size+trailer {
				return
			}
			m := wire.Message{Type: wire.Type(rest[0]), Stream: 1, Timestamp: at, Body: rest[tagHeader : tagHeader+size]}
			if (m.Type == wire.Video || m.Type == wire.Audio) && !yield(m) {
				return
			}
			rest = rest[tagHeader+size+trailer:]
		}
	}
}

// errKeyNeeded says that streams are shown to nobody without a key.
var errKeyNeeded = errors.New("a key is needed to see the stream")

// streamOf asks for one stream.
func (e *exam) streamOf(ctx context.Context, name string) (stream, error) {
	status, _, body, err := e.request(ctx, http.MethodGet, e.url+"/api/v1/streams/"+name, "", nil)
	var s stream
	switch {
	case err != nil:
		return s, err
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return s, errKeyNeeded
	case status != http.StatusOK:
		return s, fmt.Errorf("GET /api/v1/streams/%s gives %d", name, status)
	}
	return s, json.Unmarshal(body, &s)
}
