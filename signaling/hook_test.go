package signaling_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lectern/sfu"
	"lectern/signaling"
)

// questions are what an Authorizer is asked. It says yes.
type questions struct {
	last  *signaling.Access
	grant signaling.Grant
}

func (q *questions) Decide(_ context.Context, a signaling.Access) (signaling.Grant, error) {
	q.last = &a
	return q.grant, nil
}

func TestFrontsAskForTheirClients(t *testing.T) {
	const form = "app=live&addr=198.51.100.1&clientid=7&call=publish&name=cam1&type=live&token=abc&psk=def"
	for _, c := range []struct {
		name    string
		headers []string
		remote  string
	}{
		{"from this machine", []string{"From", "127.0.0.1:1"}, "198.51.100.1"},
		{"by a page elsewhere", []string{"From", "127.0.0.1:1", "Origin", "https://page.example"}, "127.0.0.1"},
		{"by a page's picture", []string{"From", "127.0.0.1:1", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}, "127.0.0.1"},
		{"through a proxy here", []string{"From", "127.0.0.1:1", "Via", "1.1 proxy"}, "127.0.0.1"},
		{"from anywhere", nil, "192.0.2.7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := &questions{}
			l := newLab(t, func(o *setup) { o.Authorizer = q })
			w := l.do("POST", "/hook/publish", form, append(c.headers, "Content-Type", "application/x-www-form-urlencoded")...)
			if w.Code != http.StatusNoContent || q.last == nil {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			want := signaling.Access{Action: signaling.Publish, Stream: "live/cam1", Token: "abc", Remote: q.last.Remote}
			if a := *q.last; a.Action != want.Action || a.Stream != want.Stream || a.Token != want.Token || a.Loopback || a.Session != "" || a.Remote.String() != c.remote {
				t.Errorf("asked %+v, want %+v from %s", a, want, c.remote)
			}
		})
	}
}

func TestFrontsAreToldOfOtherNames(t *testing.T) {
	for rename, want := range map[string]string{"live/other": "302 other", "live/a/b": "302 a/b", "app/other": "403 "} {
		t.Run(rename, func(t *testing.T) {
			l := newLab(t, func(o *setup) { o.Authorizer = &questions{grant: signaling.Grant{Rename: rename}} })
			w := l.do("GET", "/hook/publish?app=live&name=cam1", "")
			status, location, _ := strings.Cut(want, " ")
			if http.StatusText(w.Code) == "" || status != strings.Fields(w.Result().Status)[0] || w.Header().Get("Location") != location {
				t.Errorf("%d, Location %q, want %s", w.Code, w.Header().Get("Location"), want)
			}
		})
	}
}

// Whatever a form says, it asks for a stream that there may be, for somebody
// who is not on this machine.
func FuzzFront(f *testing.F) {
	f.Add("publish", "app=live&name=cam1&token=x&addr=198.51.100.1")
	f.Add("play", "app=a/b/c&name=d&addr=::1")
	f.Add("update", "app=live&name=cam1&call=update_play&addr=127.0.0.1&name=x")
	f.Add("connect", "app=live&k=x;y&%zz")
	f.Add("publish_done", "&&=&")
	q := &questions{}
	unlimited := signaling.Rate{PerSecond: -1}
	l := newLab(f, func(o *setup) { o.Authorizer, o.Limits.Watch, o.Limits.Refused = q, unlimited, unlimited })
	f.Fuzz(func(t *testing.T, call, form string) {
		switch call {
		case "connect", "publish", "publish_done", "play", "play_done", "update":
		default:
			return
		}
		for _, from := range []string{"127.0.0.1:1", "192.0.2.7:1"} {
			q.last = nil
			w := l.do("POST", "/hook/"+call, form, "Content-Type", "application/x-www-form-urlencoded", "From", from)
			switch w.Code {
			case http.StatusNoContent:
			case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
				wantRefusal(t, w)
				continue
			default:
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			fields, err := url.ParseQuery(form)
			if err != nil {
				t.Fatalf("taken, and yet %v", err)
			}
			a := q.last
			switch {
			case a == nil && (call == "publish" || call == "play" || call == "update"):
				t.Fatal("nobody was asked")
			case a == nil:
			case a.Loopback || a.Session != "":
				t.Fatalf("asked %+v", a)
			case call != "connect" && a.Stream != fields.Get("app")+"/"+fields.Get("name"):
				t.Fatalf("asked for %q", a.Stream)
			case call != "connect":
				if name, err := sfu.ParseName(a.Stream); err != nil || name != a.Stream {
					t.Fatalf("asked for %q", a.Stream)
				}
			}
		}
	})
}

func FuzzStart(f *testing.F) {
	f.Add("key=cam1", "video.example:8080")
	f.Add("key=app%2Fcam1%3Ftoken%3Dx&k=y", "[::1]:80")
	f.Add("key=cam1", "a b\r\nX: y")
	l := newLab(f, func(o *setup) {
		o.Info.RTMP = 1936
		o.Limits.Watch, o.Limits.Refused = signaling.Rate{PerSecond: -1}, signaling.Rate{PerSecond: -1}
	})
	f.Fuzz(func(t *testing.T, form, host string) {
		w := l.do("POST", "/start", form, "Content-Type", "application/x-www-form-urlencoded", "Host", host)
		if w.Code != http.StatusOK {
			wantRefusal(t, w)
			return
		}
		line, ok := strings.CutSuffix(w.Body.String(), "\n")
		u, err := url.Parse(line)
		if !ok || err != nil || u.Scheme != "rtmp" || u.Port() != "1936" || u.User != nil || u.Fragment != "" {
			t.Fatalf("%q: %v", line, err)
		}
		if name, err := sfu.ParseName(strings.TrimPrefix(u.Path, "/")); err != nil || "/"+name != u.Path {
			t.Fatalf("%q names no stream", line)
		}
	})
}
