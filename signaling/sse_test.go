package signaling_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

// events is a connection to a stream of events.
type events struct {
	t      *testing.T
	lines  chan [2]string // name and data
	ended  chan struct{}
	cancel context.CancelFunc
}

func listen(t *testing.T, url string) *events {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("status %d, type %q", response.StatusCode, got)
	}
	e := &events{t: t, lines: make(chan [2]string, 1024), ended: make(chan struct{}), cancel: cancel}
	go e.read(response.Body)
	t.Cleanup(func() { cancel(); <-e.ended })
	return e
}

// read takes an event apart as a browser does.
func (e *events) read(body io.ReadCloser) {
	defer close(e.ended)
	defer body.Close()
	var event [2]string
	for lines := bufio.NewScanner(body); lines.Scan(); {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "event":
			event[0] = value
		case "data":
			event[1] += value
		case "":
			if event[0] != "" {
				e.lines <- event
			}
			event = [2]string{}
		}
	}
}

// want waits for the next event, which has to have the name, and returns what
// it says.
func (e *events) want(name string) string {
	e.t.Helper()
	select {
	case got := <-e.lines:
		if got[0] != name {
			e.t.Fatalf("event %q, want %q", got, name)
		}
		if !json.Valid([]byte(got[1])) {
			e.t.Errorf("%s says %q", name, got[1])
		}
		return got[1]
	case <-e.ended:
		e.t.Fatalf("the connection has ended, want %q", name)
	case <-time.After(10 * time.Second):
		e.t.Fatalf("no event, want %q", name)
	}
	return ""
}

// wantEnd waits for the server to end the connection.
func (e *events) wantEnd() {
	e.t.Helper()
	select {
	case <-e.ended:
	case <-time.After(10 * time.Second):
		e.t.Fatal("the connection has not ended")
	}
}

// serve is the lab behind a real listener; its requests time out soon, as
// those of a careful server do.
func serve(t *testing.T, l *lab) string {
	t.Helper()
	server := httptest.NewUnstartedServer(l.handler)
	server.Config.ReadTimeout = 300 * time.Millisecond
	server.Config.WriteTimeout = 300 * time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return server.URL
}

// subscribed makes a viewer's session and an event stream for it.
func subscribed(t *testing.T, l *lab, names string) (session, stream string) {
	t.Helper()
	w := l.post("/whep/demo", offer(t, "whep-chromium156.sdp"))
	session = w.Header().Get("Location")
	w = l.do("POST", session+"/events", names, "Content-Type", "application/json")
	if w.Code != http.StatusCreated {
		t.Fatalf("status %d, %s", w.Code, w.Body)
	}
	return session, w.Header().Get("Location")
}

// goLive publishes to the core; close ends it.
func goLive(t *testing.T, l *lab) *sfu.Publication {
	t.Helper()
	publication, err := l.router.Publish("live/demo", sfu.PublishOptions{Identity: "source", Protocol: "whip"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { publication.Close(nil) })
	publishOnce(t, publication)
	return publication
}

// publishOnce is one key frame of video.
func publishOnce(t *testing.T, publication *sfu.Publication) {
	t.Helper()
	track, err := publication.AddTrack(sfu.TrackInfo{Kind: sfu.Video, Codec: sfutest.VP8})
	if err == nil {
		err = track.Write(sfutest.VP8Packet(1, 1, true))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// EXT §4: only types that were subscribed to are sent.
func onlyWhatWasSubscribed(t *testing.T) {
	l := newLab(t)
	url := serve(t, l)
	_, stream := subscribed(t, l, `["inactive","viewercount"]`)
	_, other := subscribed(t, l, `["active"]`)
	e, live := listen(t, url+stream), listen(t, url+other)
	e.want("viewercount")
	source := goLive(t, l)
	live.want("active")
	source.Close(nil)
	e.want("inactive")
}

// EXT §4: a stream that was deleted sends nothing more, and one of a session
// that has ended neither.
func deleteEndsTheEvents(t *testing.T) {
	l := newLab(t)
	url := serve(t, l)
	session, stream := subscribed(t, l, `["active"]`)
	e := listen(t, url+stream)
	if w := l.do("DELETE", stream, ""); w.Code != http.StatusOK {
		t.Errorf("status %d", w.Code)
	}
	e.wantEnd()
	w := l.do("POST", session+"/events", "")
	e = listen(t, url+w.Header().Get("Location"))
	l.do("DELETE", session, "")
	e.wantEnd()
	if w := l.do("GET", w.Header().Get("Location"), ""); w.Code != http.StatusNotFound {
		t.Errorf("status %d, want 404", w.Code)
	}
}

// EXT §4.1, §4.2: active when it starts and at creation if it has; inactive
// when it stops, and never first.
func activeAndInactive(t *testing.T) {
	l := newLab(t)
	url := serve(t, l)
	_, early := subscribed(t, l, `["active","inactive"]`)
	first := listen(t, url+early)
	source := goLive(t, l)
	if got := first.want("active"); got != "{}" {
		t.Errorf("active says %s", got)
	}
	_, late := subscribed(t, l, `["active","inactive"]`)
	second := listen(t, url+late)
	second.want("active")

	_, never := subscribed(t, l, `["active","inactive"]`)
	source.Close(nil)
	if got := first.want("inactive"); got != "{}" {
		t.Errorf("inactive says %s", got)
	}
	second.want("inactive")
	third := listen(t, url+never)

	// Who comes back is told what he may have missed.
	second.cancel()
	<-second.ended
	second = listen(t, url+late)
	second.want("inactive")

	goLive(t, l)
	first.want("active")
	second.want("active")
	third.want("active")
}

// A connection that is opened again takes the events over.
func TestNewerConnectionTakesTheEvents(t *testing.T) {
	l := newLab(t)
	url := serve(t, l)
	_, stream := subscribed(t, l, `["active"]`)
	old := listen(t, url+stream)
	next := listen(t, url+stream)
	old.wantEnd()
	goLive(t, l)
	next.want("active")
}

type layers map[string][]struct {
	RID           string
	Bitrate       int
	Width, Height int
}

// EXT §4: layers by index of the section, with what is known of them.
func layersAreListed(t *testing.T) {
	l := newLab(t)
	url := serve(t, l)
	simulcastSource(t, l, "live/demo", "h", "m")
	_, stream := subscribed(t, l, `["layers"]`)
	e := listen(t, url+stream)
	for {
		var got layers
		if err := json.Unmarshal([]byte(e.want("layers")), &got); err != nil {
			t.Fatal(err)
		}
		video := got["1"]
		if len(got) != 1 || len(video) != 2 || video[0].RID != "h" || video[1].RID != "m" {
			continue // they come one after the other
		}
		if video[0].Bitrate > 0 && video[1].Bitrate > 0 {
			if video[0].Width != 1280 || video[0].Height != 720 || video[1].Width != 640 || video[1].Height != 360 {
				t.Errorf("got %+v", got)
			}
			return
		}
	}
}

// EXT §4.3: viewercount counts connected viewers.
func viewersAreCounted(t *testing.T) {
	l := newLab(t)
	url := serve(t, l)
	_, stream := subscribed(t, l, `["viewercount"]`)
	e := listen(t, url+stream)
	if got := e.want("viewercount"); got != `{"viewercount":0}` {
		t.Errorf("at first %s", got)
	}
	viewer, err := l.router.Join("live/demo")
	if err != nil {
		t.Fatal(err)
	}
	if got := e.want("viewercount"); got != `{"viewercount":1}` {
		t.Errorf("then %s", got)
	}
	viewer.Close()
	if got := e.want("viewercount"); got != `{"viewercount":0}` {
		t.Errorf("then %s", got)
	}
}

// EXT §5: what is chosen is what comes, also when it is chosen before there is
// a connection; what there is not is refused.
func layerIsChosen(t *testing.T) {
	l := newLab(t)
	simulcastSource(t, l, "live/demo", "h", "m", "l")
	viewer := watch(t, l, "/whep/demo")
	choose := func(choice string, want int) {
		t.Helper()
		w := l.do("POST", viewer.location+"/layer", choice, "Content-Type", "application/json")
		if w.Code != want {
			t.Errorf("%s: status %d, want %d; %s", choice, w.Code, want, w.Body)
		}
	}
	choose(`{"rid":"l"}`, http.StatusOK)
	viewer.wantMedia(10, marked(2))
	choose(`{"mediaId":"0","rid":"m"}`, http.StatusOK)
	viewer.wantMedia(10, marked(1))
	choose(`{"rid":"x"}`, http.StatusUnprocessableEntity)
	choose(`{"mediaId":"1","rid":"m"}`, http.StatusUnprocessableEntity)
	viewer.wantMedia(10, marked(1))
	choose(`{"maxHeight":400}`, http.StatusOK)
	viewer.wantMedia(10, marked(1))
	choose(`{"maxWidth":100}`, http.StatusUnprocessableEntity)
	choose(`{"maxWidth":320}`, http.StatusOK)
	viewer.wantMedia(10, marked(2))
	choose(`{"mediaId":"0"}`, http.StatusOK)
	viewer.wantMedia(10, marked(0))
	choose(`{"rid":"m"}`, http.StatusOK)
	viewer.wantMedia(10, marked(1))
	if w := l.do("DELETE", viewer.location+"/layer", ""); w.Code != http.StatusOK {
		t.Errorf("DELETE: status %d", w.Code)
	}
	viewer.wantMedia(10, marked(0))
}

// EXT §5, ours: no picture at all is small enough for one that may have no
// lines. The picture comes back with the next choice.
func TestASessionWithoutItsPicture(t *testing.T) {
	l := newLab(t)
	simulcastSource(t, l, "live/demo", "h", "l")
	viewer := watch(t, l, "/whep/demo")
	choose := func(choice string) {
		t.Helper()
		if w := l.do("POST", viewer.location+"/layer", choice, "Content-Type", "application/json"); w.Code != http.StatusOK {
			t.Fatalf("%s: status %d, %s", choice, w.Code, w.Body)
		}
	}
	for _, back := range []string{`{"rid":"l"}`, `{}`} {
		viewer.wantMedia(5, anything)
		choose(`{"maxHeight":0}`)
		viewer.wantSilence(500 * time.Millisecond)
		choose(back)
	}
	viewer.wantMedia(10, marked(0))
}

// EXT §4, ours: the layer that the viewer gets is marked.
func TestTheViewersLayerIsMarked(t *testing.T) {
	l := newLab(t)
	url := serve(t, l)
	simulcastSource(t, l, "live/demo", "h", "l")
	viewer := watch(t, l, "/whep/demo")
	w := l.do("POST", viewer.location+"/events", `["layers"]`, "Content-Type", "application/json")
	e := listen(t, url+w.Header().Get("Location"))
	wantMarked := func(rid string) {
		t.Helper()
		for {
			var got map[string][]struct {
				RID     string
				Current bool
			}
			if err := json.Unmarshal([]byte(e.want("layers")), &got); err != nil {
				t.Fatal(err)
			}
			for _, layer := range got["0"] {
				if layer.Current && layer.RID == rid {
					return
				}
			}
		}
	}
	wantMarked("h")
	l.do("POST", viewer.location+"/layer", `{"rid":"l"}`, "Content-Type", "application/json")
	wantMarked("l")
	l.do("DELETE", viewer.location+"/layer", "")
	wantMarked("h")
}
