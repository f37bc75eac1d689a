package app

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"lectern/docs"
	"lectern/sfu"
)

// withDocs serves the explanations of codes besides everything else.
func withDocs(rest http.Handler) http.Handler {
	explained := docs.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, docs.Path) {
			explained.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	})
}

// warn says at the start what will not work as people expect it.
func (a *App) warn() {
	if ip := a.ports.addr.Addr(); !a.config.HTTP.TLS() && len(a.config.HTTP.TrustedProxies) == 0 && !ip.IsLoopback() {
		a.log.Warn("pages from other machines get no camera and no microphone: browsers want HTTPS for that", "code", "insecure_context",
			"fix", "set http.tls_cert and http.tls_key; or put an HTTPS proxy in front and name it in http.trusted_proxies")
	}
	got, known := receiveBuffer(a.ports.udp)
	if known && got < mediaBuffer {
		a.log.Warn("the kernel gives less buffer for media than was asked for: packets are lost when many watch", "code", "udp_buffer",
			"wanted", mediaBuffer, "given", got, "fix", "sysctl -w net.core.rmem_max=8388608 net.core.wmem_max=8388608")
	}
}

// receiveBuffer is what the kernel has given a socket, in bytes, without what
// it counts for itself (socket(7): Linux says the double).
func receiveBuffer(c *net.UDPConn) (int, bool) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, false
	}
	size, known := 0, false
	err = raw.Control(func(fd uintptr) { size, known = bufferOf(fd) })
	return size, known && err == nil
}

// streamEvents is how many changes of streams wait to be logged; with more the
// log begins anew.
const streamEvents = 256

// tellInterruptions logs that a stream's publisher is gone while somebody
// watches, and that there is one again, until ctx ends.
func (a *App) tellInterruptions(ctx context.Context) {
	for ctx.Err() == nil {
		a.follow(ctx, a.router.Observe(streamEvents))
		timer := time.NewTimer(time.Second)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

func (a *App) follow(ctx context.Context, o *sfu.Observer) {
	defer o.Close()
	waiting := map[string]bool{}
	for {
		var e sfu.Event
		var more bool
		select {
		case e, more = <-o.Events():
		case <-ctx.Done():
			return
		}
		switch {
		case !more:
			return
		case e.Type == sfu.EventWaiting && e.Viewers > 0:
			waiting[e.Stream] = true
			a.log.Warn("the publisher is gone; viewers wait for it", "code", "publisher_gone", "source", e.Stream, "viewers", e.Viewers,
				"at_most", a.config.Streams.Grace.String(), "fix", "restart the encoder with the same key; when it happens again and again, look at its network")
		case e.Type == sfu.EventLive && waiting[e.Stream]:
			delete(waiting, e.Stream)
			a.log.Info("the publisher is back", "source", e.Stream, "viewers", e.Viewers)
		case e.Type == sfu.EventContested:
			a.log.Warn("two encoders share this key: each takes the stream from the other, again and again", "code", "two_encoders", "source", e.Stream, "viewers", e.Viewers,
				"fix", "end one of them, or give each a key and a name of its own")
		case e.Type == sfu.EventEnded:
			delete(waiting, e.Stream)
		}
	}
}
