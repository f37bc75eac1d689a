package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/websocket"

	"lectern/internal/trial"
)

// answer is what has come back to one step of the walk.
type answer struct {
	status int
	header http.Header
	code   string // of problem details (RFC 9457), which no proxy writes
	body   string
}

// whepOffer asks for a stream that is not there, and never connects.
const whepOffer = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n" +
	"m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=recvonly\r\na=rtcp-mux\r\n" +
	"a=ice-ufrag:dctr\r\na=ice-pwd:doctordoctordoctordoctor\r\n" +
	"a=fingerprint:sha-256 " + fingerprint + "\r\na=setup:actpass\r\na=rtpmap:96 VP8/90000\r\n"

const fingerprint = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

// fragment has a candidate for the offer above (RFC 8840).
const fragment = "a=ice-ufrag:dctr\r\na=ice-pwd:doctordoctordoctordoctor\r\nm=video 9 RTP/AVP 0\r\na=mid:0\r\n" +
	"a=candidate:1 1 udp 2130706431 192.0.2.1 9 typ host\r\na=end-of-candidates\r\n"

// walk sends what players and publishers send: whether each method, each
// header that matters and the WebSocket come through what stands in between.
func (e *exam) walk(ctx context.Context) {
	if e.url == "" {
		return
	}
	endpoint := e.url + "/whep/" + trial.Name()
	problems := e.walkPreflight(ctx, endpoint)
	session, more := e.walkOffer(ctx, endpoint)
	problems = append(problems, more...)
	problems = append(problems, e.walkSession(ctx, session)...)
	problems = append(problems, e.walkSocket(ctx)...)
	if len(problems) == 0 {
		e.add("http.walk", OK, "requests", "OPTIONS, POST, PATCH, DELETE and WebSocket come through", "")
		return
	}
	e.found = append(e.found, problems...)
}

func blocked(id, title, detail, fix string) Check {
	return Check{ID: "http." + id, Level: Fail, Title: title, Detail: detail, Fix: fix}
}

const passFix = "let the proxy pass on every method and all paths below its prefix (docs/troubleshooting.md)"

// walkPreflight is what a page of another origin asks first.
func (e *exam) walkPreflight(ctx context.Context, endpoint string) []Check {
	a, err := e.send(ctx, http.MethodOptions, endpoint, map[string]string{
		"Origin": "https://doctor.invalid", "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization, if-match",
	}, "")
	switch {
	case err != nil:
		return []Check{blocked("options", "OPTIONS", err.Error(), passFix)}
	case a.status >= 300:
		return []Check{blocked("options", "OPTIONS", fmt.Sprintf("answered with %d, which Lectern does not", a.status), passFix)}
	case a.header.Get("Access-Control-Allow-Origin") == "":
		return nil // other origins are not let in (http.cors_origins)
	case !strings.Contains(a.header.Get("Access-Control-Allow-Methods"), "PATCH"):
		return []Check{blocked("options", "OPTIONS", fmt.Sprintf("Access-Control-Allow-Methods is %q and has no PATCH", a.header.Get("Access-Control-Allow-Methods")),
			"let the proxy answer no OPTIONS and add no CORS headers by itself: Lectern does both")}
	}
	return nil
}

// walkOffer sends an offer, and looks at the address of the session.
func (e *exam) walkOffer(ctx context.Context, endpoint string) (session string, found []Check) {
	a, err := e.send(ctx, http.MethodPost, endpoint, map[string]string{"Content-Type": "application/sdp"}, whepOffer)
	switch {
	case err != nil:
		return "", []Check{blocked("post", "POST", err.Error(), passFix)}
	case a.code != "": // refused by Lectern itself: it came through
		return "", nil
	case a.status != http.StatusCreated:
		return "", []Check{blocked("post", "POST", fmt.Sprintf("answered with %d, and not by Lectern", a.status), passFix)}
	}
	base, err := url.Parse(endpoint)
	if err != nil {
		return "", nil
	}
	at, err := base.Parse(a.header.Get("Location"))
	if err != nil || a.header.Get("Location") == "" {
		return "", []Check{blocked("location", "Location", "the answer to an offer has none, so that no player can end or restart its session", "let the proxy pass on the header Location as it is")}
	}
	if at.Scheme != base.Scheme || at.Host != base.Host || !strings.HasPrefix(at.String(), e.url+"/") {
		found = append(found, blocked("location", "Location", fmt.Sprintf("sessions are at %s://%s%s, which is not below %s", at.Scheme, at.Host, at.Path, e.url),
			"give Lectern a name of its own without a path; or let the proxy put its prefix in front of Location (nginx: proxy_redirect / /PREFIX/)"))
	}
	if a.header.Get("ETag") == "" {
		found = append(found, blocked("etag", "ETag", "the answer to an offer has none, so that connections cannot be restarted", "let the proxy pass on the header ETag as it is"))
	}
	return at.String(), found
}

// walkSession changes and ends the session; without one, one that never was:
// that Lectern says so shows that the method comes through.
func (e *exam) walkSession(ctx context.Context, session string) []Check {
	if session == "" {
		session = e.url + "/sessions/whep/" + trial.Name()
	}
	var found []Check
	for _, step := range []struct {
		method, id string
		header     map[string]string
		body       string
	}{
		{http.MethodPatch, "patch", map[string]string{"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": "*"}, fragment},
		{http.MethodDelete, "delete", nil, ""},
	} {
		a, err := e.send(ctx, step.method, session, step.header, step.body)
		switch {
		case err != nil:
			found = append(found, blocked(step.id, step.method, err.Error(), passFix))
		case a.status >= 300 && a.code == "":
			found = append(found, blocked(step.id, step.method, fmt.Sprintf("answered with %d, and not by Lectern: players cannot %s", a.status,
				map[string]string{"patch": "restart a connection", "delete": "end a session"}[step.id]), passFix))
		}
	}
	return found
}

// walkSocket opens a room's WebSocket and closes it.
func (e *exam) walkSocket(ctx context.Context) []Check {
	u, err := url.Parse(e.url)
	if err != nil {
		return nil
	}
	origin := u.Scheme + "://" + u.Host
	u.Scheme = map[string]string{"http": "ws", "https": "wss"}[u.Scheme]
	d := websocket.Dialer{HandshakeTimeout: patience, Subprotocols: []string{"room.v1"}}
	if t, ok := e.HTTP.Transport.(*http.Transport); ok && t != nil {
		d.TLSClientConfig = t.TLSClientConfig
	}
	conn, resp, err := d.DialContext(ctx, u.String()+"/api/v1/rooms/doctor/ws", http.Header{"Origin": {origin}})
	if err == nil {
		_ = conn.Close()
		return nil
	}
	if resp == nil {
		return []Check{blocked("websocket", "WebSocket", err.Error(), passFix)}
	}
	defer resp.Body.Close()
	a := readAnswer(resp)
	switch a.code {
	case "upgrade_required", "":
		return []Check{blocked("websocket", "WebSocket", fmt.Sprintf("the upgrade does not come through (%d)", a.status),
			"nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_read_timeout 1h")}
	case "forbidden":
		return []Check{blocked("websocket", "WebSocket", "refused, because the name by which the browser came does not arrive",
			"nginx: proxy_set_header Host $host; or send X-Forwarded-Host and name the proxy in http.trusted_proxies")}
	}
	return nil // another refusal of Lectern's own, which has come through
}

// send is one step.
func (e *exam) send(ctx context.Context, method, at string, header map[string]string, body string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, at, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if e.Token != "" {
		r.Header.Set("Authorization", "Bearer "+e.Token)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	resp, err := e.HTTP.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	return readAnswer(resp), nil
}

func readAnswer(resp *http.Response) answer {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // the part that has come is looked at
	a := answer{status: resp.StatusCode, header: resp.Header, body: string(body)}
	var problem struct{ Code string }
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/problem+json") && json.Unmarshal(body, &problem) == nil {
		a.code = problem.Code
	}
	return a
}
