package rtmp

import (
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"lectern/internal/testlog"
)

// from is the place of a connection from an address.
func from(ip string) *place {
	p := &place{ip: netip.MustParseAddr(ip)}
	p.network = network(p.ip)
	return p
}

func TestRequestsHaveARate(t *testing.T) {
	exempt := from("192.0.2.1")
	exempt.exempt = true
	for name, c := range map[string]struct {
		place *place
		play  bool
		token string
		want  int // of a thousand at once
	}{
		"publishing":           {from("192.0.2.1"), false, "key", 10},
		"publishing, no token": {from("192.0.2.1"), false, "", 10},
		"playing":              {from("192.0.2.1"), true, "", 300},
		"from this machine":    {from("127.0.0.1"), false, "", 1000},
		"with a key from here": {from("127.0.0.1"), false, "key", 10},
		"exempt":               {exempt, true, "", 1000},
	} {
		t.Run(name, func(t *testing.T) {
			a, at, got := newAttempts(Limits{}.orDefaults(), nil), time.Unix(0, 0), 0
			for range 1000 {
				if !a.hasty(c.place, c.play, c.token, at) {
					got++
				}
			}
			if got != c.want {
				t.Errorf("%d requests, want %d", got, c.want)
			}
			if a.hasty(c.place, c.play, c.token, at.Add(time.Second)) {
				t.Error("none a second later")
			}
		})
	}
	a := newAttempts(Limits{}.orDefaults(), nil)
	for range 100 {
		a.hasty(from("192.0.2.1"), false, "key", time.Unix(0, 0))
	}
	if a.hasty(from("192.0.2.1"), false, "another key", time.Unix(0, 0)) {
		t.Error("another key waits for it")
	}
}

// One connection can begin again and again, and each time the operator's
// program may be asked.
func TestBeginningAgainAndAgainIsSlowedDown(t *testing.T) {
	l := newLab(t)
	p := dial(t, l.at)
	p.connect(t, "live")
	ended := false
	for i := range 100 {
		p.call(t, streamID, "publish", 0, nil, "cam1?k=key", "live")
		code, text := p.expect(t, "onStatus")
		if code != "NetStream.Publish.Start" {
			if !isSentence(text) || !strings.Contains(text, "too many requests") {
				t.Errorf("refused with %q: %q", code, text)
			}
			ended = true
			break
		}
		p.call(t, streamID, "deleteStream", 0, nil, float64(streamID))
		if code, _ = p.expect(t, "onStatus"); code != "NetStream.Unpublish.Success" {
			t.Fatalf("turn %d: %q", i, code)
		}
	}
	asked, _ := l.access.requests()
	if !ended || len(asked) > 20 {
		t.Errorf("it was asked %d times", len(asked))
	}
}

func TestStrangersDoNotFillTheLog(t *testing.T) {
	var log testlog.Log
	l := newLab(t, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	for range 30 {
		ask(t, l.at, "publish", "live", "no name!").expectEnd(t)
	}
	if n := strings.Count(log.String(), "refused"); n == 0 || n > 20 {
		t.Errorf("%d lines", n)
	}
}

func TestPlayersKeepNoRoomFromPublishers(t *testing.T) {
	l := newLab(t, func(o *Options) { o.Limits.Players = 2 })
	var first *peer
	for range 2 {
		p := ask(t, l.at, "play", "live", "cam1")
		if code, text := p.expect(t, "onStatus"); code != "NetStream.Play.Reset" {
			t.Fatalf("play: %q %q", code, text)
		}
		first = p
	}
	if code, text := ask(t, l.at, "play", "live", "cam1").expect(t, "onStatus"); code != "NetStream.Play.Failed" || !isSentence(text) {
		t.Errorf("a third one: %q %q", code, text)
	}
	publish(t, l.at, "cam1")
	first.call(t, streamID, "deleteStream", 0, nil, float64(streamID))
	for code := ""; code != "NetStream.Play.Stop"; {
		code, _ = first.expect(t, "onStatus")
	}
	if code, text := ask(t, l.at, "play", "live", "cam1").expect(t, "onStatus"); code != "NetStream.Play.Reset" {
		t.Errorf("in the place of one that has left: %q %q", code, text)
	}
}
