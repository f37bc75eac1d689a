package signaling_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lectern/sfu"
)

// memory is a ResponseWriter that may be read while it is written.
type memory struct {
	mu     sync.Mutex
	header http.Header
	text   strings.Builder
}

func (m *memory) Header() http.Header { return m.header }
func (m *memory) WriteHeader(int)     {}
func (m *memory) Flush()              {}

func (m *memory) Write(b []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.text.Write(b)
}

func (m *memory) take() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.text.Reset()
	return m.text.String()
}

// follow asks for the events in the bubble, and returns what is written.
func follow(t *testing.T, router *sfu.Router) *memory {
	t.Helper()
	handler := newIdle(t, router)
	m := &memory{header: http.Header{}}
	ctx, cancel := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() {
		handler.ServeHTTP(m, httptest.NewRequestWithContext(ctx, "GET", "/api/v1/events", nil))
	})
	t.Cleanup(func() { cancel(); serving.Wait() })
	synctest.Wait()
	return m
}

func TestQuietConnectionsAreKeptAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		router := sfu.NewRouter(sfu.Options{})
		defer router.Close()
		m := follow(t, router)
		begin := regexp.MustCompile(`^retry: 2000\n\nevent: stream.list\n(id: \w+-0)\ndata: \{`).FindStringSubmatch(m.take())
		if begin == nil {
			t.Fatal("does not begin with the list")
		}
		time.Sleep(15*time.Second - time.Millisecond)
		synctest.Wait()
		if got := m.take(); got != "" {
			t.Errorf("early: %q", got)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if got := m.take(); got != begin[1]+"\n\n" {
			t.Errorf("after 15 s: %q", got)
		}
	})
}

// However many come and go, one number a second is told.
func TestViewerCountsAreToldOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		router := sfu.NewRouter(sfu.Options{})
		defer router.Close()
		m := follow(t, router)
		m.take()
		for range 500 {
			viewer, err := router.Join("live/demo")
			if err != nil {
				t.Fatal(err)
			}
			defer viewer.Close()
			synctest.Wait()
		}
		if got := m.take(); got != "" {
			t.Errorf("at once: %q", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := m.take(); strings.Count(got, "event:") != 1 || !strings.Contains(got, `"viewers":500`) {
			t.Errorf("after a second: %q", got)
		}
	})
}

// A connection that is slow for a while holds nobody up, and misses nothing.
func TestSlowConnectionsCatchUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		router := sfu.NewRouter(sfu.Options{})
		defer router.Close()
		handler := newIdle(t, router)
		m := &blocked{memory: memory{header: http.Header{}}, release: make(chan struct{}, 2)}
		m.release <- struct{}{} // the beginning
		m.release <- struct{}{} // and the list
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			handler.ServeHTTP(m, httptest.NewRequestWithContext(ctx, "GET", "/api/v1/events", nil))
		}()
		synctest.Wait()
		const times = 1000
		for range times {
			p, err := router.Publish("live/demo", sfu.PublishOptions{})
			if err != nil {
				t.Fatal(err)
			}
			publishOnce(t, p)
			p.Close(nil)
			synctest.Wait()
		}
		close(m.release)
		synctest.Wait()
		got := m.take()
		for _, name := range []string{"stream.live", "stream.waiting"} {
			if n := strings.Count(got, "event: "+name+"\n"); n != times {
				t.Errorf("%d times %s, want %d", n, name, times)
			}
		}
		if strings.Contains(got, "events.gap") {
			t.Error("there is a gap")
		}
		cancel()
		<-ended
	})
}

// blocked is a client that reads nothing until it is released, but for as many
// writes as release has room for.
type blocked struct {
	memory
	release chan struct{}
}

func (b *blocked) Write(p []byte) (int, error) {
	<-b.release
	return b.memory.Write(p)
}
