package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"lectern/internal/bench"
	"lectern/internal/trial"
)

// tripTime bounds one way of media, with the time that a server gives up in.
const tripTime = 25 * time.Second

// media publishes the test film by WHIP and watches it by WHEP, over UDP and
// over TCP, each way by itself.
func (e *exam) media(ctx context.Context) {
	if e.url == "" {
		return
	}
	udp, err := e.trip(ctx, false)
	if e.served {
		e.announced = udp.Announced
	}
	if refusal, ok := errors.AsType[*bench.Refusal](err); ok {
		e.refused(refusal)
		return
	}
	if err == nil {
		e.add("media.udp", OK, "media over UDP", fmt.Sprintf("%d pictures, %s late, connected after %s, at %s", udp.Pictures, short(udp.Delay), short(udp.Connected), udp.Used), "")
	}
	if len(udp.Announced) > 0 && !announces(udp.Announced, "tcp") {
		if err != nil {
			e.failedUDP(udp, err, false)
		}
		e.add("media.tcp", Warn, "media over TCP", "the server announces no TCP address: who has UDP blocked sees nothing", "set rtc.tcp to true")
		return
	}
	tcp, terr := e.trip(ctx, true)
	if err != nil {
		e.failedUDP(udp, err, terr == nil)
	}
	switch {
	case terr == nil:
		e.add("media.tcp", OK, "media over TCP", fmt.Sprintf("%d pictures, %s late, connected after %s, at %s", tcp.Pictures, short(tcp.Delay), short(tcp.Connected), tcp.Used), "")
	default:
		e.add("media.tcp", Warn, "media over TCP", fmt.Sprintf("%v; announced: %s", terr, strings.Join(tcp.Announced, ", ")),
			"let the web port through as plain TCP: a proxy that speaks only HTTP cannot pass media; announce the server's own address (rtc.public_ip)")
	}
}

// failedUDP says why, as far as can be seen from here.
func (e *exam) failedUDP(p bench.Passage, err error, overTCP bool) {
	fix := "let UDP through: in Docker publish it under the same number (-p 8080:8080/udp), in a firewall open it"
	if len(p.Announced) > 0 {
		if at, ok := firstOf(p.Announced, "udp"); ok {
			_, port, _ := net.SplitHostPort(strings.TrimSuffix(at, "/udp"))
			fix = fmt.Sprintf("let UDP %s through: in Docker publish it under the same number (-p %s:%s/udp), in a firewall open it; if %s is not the server's address as seen from here, set rtc.public_ip", port, port, port, at)
		}
	}
	detail := err.Error()
	if errors.Is(err, bench.ErrNoMedia) {
		detail = "no packet passes; announced: " + strings.Join(p.Announced, ", ")
	}
	if overTCP {
		detail += " (over TCP it works)"
	}
	e.add("media.udp", Fail, "media over UDP", detail, fix)
}

// refused says what is missing to try it out.
func (e *exam) refused(r *bench.Refusal) {
	if r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden {
		e.add("media.udp", Warn, "media", fmt.Sprintf("not tried: publishing needs a key here (%s)", r.Detail), "give one with --token")
		return
	}
	e.add("media.udp", Fail, "media", r.Error(), "the server's log names the cause")
}

func (e *exam) trip(ctx context.Context, tcp bool) (bench.Passage, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, tripTime, errors.New("it takes too long"))
	defer cancel()
	name := trial.Name()
	return bench.Trip{
		WHIP: e.url + "/whip/" + name, WHEP: e.url + "/whep/" + name, Token: e.Token, WatchToken: e.Token,
		TCP: tcp, Transport: e.HTTP.Transport,
	}.Run(ctx)
}

func announces(list []string, transport string) bool {
	_, ok := firstOf(list, transport)
	return ok
}

func firstOf(list []string, transport string) (string, bool) {
	for _, a := range list {
		if strings.HasSuffix(a, "/"+transport) {
			return a, true
		}
	}
	return "", false
}

// short is a duration as people read it.
func short(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}
