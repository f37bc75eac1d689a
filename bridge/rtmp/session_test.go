package rtmp

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"lectern/bridge/rtmp/wire"
	"lectern/internal/auth"
	"lectern/internal/testlog"
	"lectern/sfu"
)

func TestPublishing(t *testing.T) {
	l := newLab(t)
	p := dial(t, l.at)
	p.connect(t, "live?a=1")
	p.call(t, 0, "releaseStream", 2, nil, "cam1")
	p.expect(t, "_result")
	p.call(t, 0, "FCPublish", 3, nil, "cam1")
	p.expect(t, "onFCPublish")
	p.call(t, 0, "createStream", 4, nil)
	p.expect(t, "_result")
	p.send(t, wire.Video, "too early")
	p.call(t, 1, "publish", 5, nil, "cam1?k=secret&b=2", "live")
	if code, text := p.expect(t, "onStatus"); code != "NetStream.Publish.Start" || !isSentence(text) {
		t.Fatalf("%s %s", code, text)
	}
	in := l.publisher(t)
	if in.stream != "live/cam1" || in.identity != "somebody" || in.encoder != "FMLE/3.0 (test)" {
		t.Errorf("published %q for %q by %q", in.stream, in.identity, in.encoder)
	}
	if n := l.server.Sessions(); n != 1 {
		t.Errorf("%d sessions, want 1", n)
	}
	metadata := wire.Object{{Name: "encoder", Value: "tester"}}
	if err := p.Write(wire.Data(1, "@setDataFrame", "onMetaData", metadata)); err != nil {
		t.Fatal(err)
	}
	in.wait(t, "metadata tester")
	p.send(t, wire.Video, "picture")
	p.send(t, wire.Audio, "sound")
	in.wait(t, "video picture")
	in.wait(t, "audio sound")
	p.send(t, wire.DataAMF0, "\xff") // what cannot be read is left out
	p.send(t, wire.Video, strings.Repeat("x", 1<<20))
	in.wait(t, "video xxxxxxxxxxxxxxxxxxxx")

	p.call(t, 0, "FCUnpublish", 6, nil, "cam1")
	p.expect(t, "onFCUnpublish")
	p.call(t, 0, "deleteStream", 7, nil, 1)
	if code, _ := p.expect(t, "onStatus"); code != "NetStream.Unpublish.Success" {
		t.Errorf("unpublished: %s", code)
	}
	in.waitEnd(t)

	// The connection can be used again.
	p.call(t, 1, "publish", 8, nil, "cam2", "live")
	p.expect(t, "onStatus")
	again := l.publisher(t)
	if again.stream != "live/cam2" {
		t.Errorf("published %q", again.stream)
	}
	p.net.Close()
	again.waitEnd(t)

	asked, _ := l.access.requests()
	if len(asked) != 2 {
		t.Fatalf("asked %d times", len(asked))
	}
	r := asked[0]
	if r.Action != auth.Publish || r.Stream != "live/cam1" || r.Token != "secret" || r.Args.Encode() != "a=1&b=2" ||
		!r.Loopback || r.Remote != netip.MustParseAddr("127.0.0.1") || r.Protocol != "rtmp" || r.Agent != "FMLE/3.0 (test)" || r.URL != "rtmp://host/live" {
		t.Errorf("asked %+v", r)
	}
	if len(r.Session) < 22 || r.Session == asked[1].Session {
		t.Errorf("sessions %q and %q", r.Session, asked[1].Session)
	}
}

// Each session that was let in ends once for who let it in, whatever ends it.
func TestWhoDecidedHearsOfEachEnd(t *testing.T) {
	l := newLab(t)
	check := func(want int) {
		t.Helper()
		deadline := time.After(10 * time.Second)
		for {
			asked, ended := l.access.requests()
			if len(asked) == want && len(ended) == want {
				break
			}
			select {
			case <-deadline:
				t.Fatalf("asked %d, ended %d, want %d", len(asked), len(ended), want)
			case <-time.After(time.Millisecond):
			}
		}
		asked, ended := l.access.requests()
		for i := range asked {
			if asked[i].Session != ended[i].Session {
				t.Errorf("%d: %q began and %q ended", i, asked[i].Session, ended[i].Session)
			}
		}
	}
	p := publish(t, l.at, "gone")
	p.net.Close()
	check(1)
	p = publish(t, l.at, "deleted")
	p.call(t, 0, "deleteStream", 7, nil, 1)
	check(2)
	p.net.Close()
	p = publish(t, l.at, "panicked")
	p.send(t, wire.Video, "panic")
	check(3)
	l.refuse = sfu.ErrTaken
	ask(t, l.at, "publish", "live", "taken").expectEnd(t)
	check(4)
}

func TestRefusalsAreSentences(t *testing.T) {
	deny := func(err error) func(l *lab) {
		return func(l *lab) {
			l.access.decides(func(auth.Request) (auth.Grant, error) { return auth.Grant{}, err })
		}
	}
	for _, c := range []struct {
		name      string
		prepare   func(*lab)
		what, key string
		code      string
		text      string // a part of it
	}{
		{"no key", deny(auth.ErrNoToken), "publish", "cam1", "NetStream.Publish.Unauthorized", "needed"},
		{"a wrong key", deny(fmt.Errorf("%w: unknown", auth.ErrInvalidToken)), "publish", "cam1?k=x", "NetStream.Publish.Unauthorized", "not valid"},
		{"not this stream", deny(auth.ErrDenied), "publish", "cam1?k=x", "NetStream.Publish.Unauthorized", "not allow"},
		{"nobody to ask", deny(errors.New("dial tcp 10.0.0.1: connection refused")), "publish", "cam1", "NetStream.Publish.Rejected", "again"},
		{"somebody else is live", func(l *lab) { l.refuse = sfu.ErrTaken }, "publish", "cam1", "NetStream.Publish.BadName", "another"},
		{"a malformed name", func(*lab) {}, "publish", "my camera", "NetStream.Publish.BadName", "letters, digits"},
		{"no name", func(*lab) {}, "publish", "", "NetStream.Publish.BadName", "stream key is empty"},
		{"may not watch", deny(auth.ErrDenied), "play", "cam1", "NetStream.Play.Failed", "not allow"},
		{"a malformed name to watch", func(*lab) {}, "play", "my camera", "NetStream.Play.StreamNotFound", "letters, digits"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			c.prepare(l)
			p := ask(t, l.at, c.what, "live", c.key)
			code, text := p.expect(t, "onStatus")
			if code != c.code || !strings.Contains(strings.ToLower(text), c.text) || !isSentence(text) {
				t.Errorf("got %s %q, want %s with %q", code, text, c.code, c.text)
			}
			if strings.Contains(text, "10.0.0.1") {
				t.Errorf("%q tells what is not the client's business", text)
			}
			p.expectEnd(t)
		})
	}
}

func TestWhatEndsASession(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits Limits
		grant  auth.Grant
		do     func(t *testing.T, p *peer, in *fakeIngest)
		cause  error
		code   string
	}{
		{"the media", Limits{}, auth.Grant{}, func(t *testing.T, p *peer, in *fakeIngest) {
			in.fail = errors.New("video of the codec VP6 cannot be played")
			p.send(t, wire.Video, "vp6")
		}, nil, "NetStream.Publish.Rejected"},
		{"a newer session of the same publisher", Limits{}, auth.Grant{}, func(t *testing.T, p *peer, in *fakeIngest) {
			in.close(sfu.ErrReplaced)
		}, sfu.ErrReplaced, "NetStream.Publish.BadName"},
		{"the token's time", Limits{}, auth.Grant{Expires: time.Now().Add(-time.Hour)}, func(*testing.T, *peer, *fakeIngest) {},
			auth.ErrExpired, "NetStream.Publish.Unauthorized"},
		{"the permission that is taken back", Limits{}, auth.Grant{Revoked: closed()}, func(*testing.T, *peer, *fakeIngest) {},
			auth.ErrRevoked, "NetStream.Publish.Unauthorized"},
		{"nothing that comes", Limits{Silence: 50 * time.Millisecond}, auth.Grant{}, func(*testing.T, *peer, *fakeIngest) {},
			errSilent, "NetStream.Publish.Rejected"},
		{"no media, with other messages", Limits{Silence: 300 * time.Millisecond}, auth.Grant{}, func(t *testing.T, p *peer, in *fakeIngest) {
			for range 1000 {
				if p.Write(wire.Data(1, "nothing")) != nil {
					return
				}
				select {
				case <-in.ended:
					return
				case <-time.After(10 * time.Millisecond):
				}
			}
		}, errNoMedia, "NetStream.Publish.Rejected"},
		{"a message that is too long", Limits{}, auth.Grant{}, func(t *testing.T, p *peer, in *fakeIngest) {
			p.net.Write([]byte{6, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0})
		}, wire.ErrLimit, "NetStream.Publish.Rejected"},
		{"a second publish", Limits{}, auth.Grant{}, func(t *testing.T, p *peer, in *fakeIngest) {
			p.call(t, 1, "publish", 9, nil, "cam2", "live")
		}, errTwice, "NetStream.Publish.BadName"},
		{"more than is accepted", Limits{BitsPerSecond: 80_000, Excess: 50 * time.Millisecond}, auth.Grant{}, func(t *testing.T, p *peer, in *fakeIngest) {
			for range 1000 {
				if p.Write(wire.Message{Type: wire.Video, Stream: 1, Body: make([]byte, 2000)}) != nil {
					return
				}
			}
		}, errExcess, "NetStream.Publish.Rejected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, func(o *Options) { o.Limits = c.limits })
			c.grant.Identity = "somebody"
			l.access.decides(func(auth.Request) (auth.Grant, error) { return c.grant, nil })
			p := publish(t, l.at, "cam1")
			in := l.publisher(t)
			go c.do(t, p, in)
			if cause := in.waitEnd(t); c.cause != nil && !errors.Is(cause, c.cause) {
				t.Errorf("ended by %v, want %v", cause, c.cause)
			}
			if code, text := p.expect(t, "onStatus"); code != c.code || !isSentence(text) {
				t.Errorf("got %s %q, want %s", code, text, c.code)
			}
			p.expectEnd(t)
		})
	}
}

func closed() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

func TestGrantMayRename(t *testing.T) {
	l := newLab(t)
	l.access.decides(func(auth.Request) (auth.Grant, error) { return auth.Grant{Rename: "school/math"}, nil })
	p := publish(t, l.at, "cam1")
	if in := l.publisher(t); in.stream != "school/math" {
		t.Errorf("published %q", in.stream)
	}
	p.net.Close()
}

func TestUnfinishedSetupsEnd(t *testing.T) {
	l := newLab(t, func(o *Options) { o.Limits.Setup = 100 * time.Millisecond })
	p := dial(t, l.at) // says nothing
	if code, text := p.expect(t, "_error"); code != "NetConnection.Connect.Rejected" || !isSentence(text) {
		t.Errorf("got %s %q", code, text)
	}
	p.expectEnd(t)

	p = dial(t, l.at)
	p.connect(t, "live")
	if code, text := p.expect(t, "onStatus"); code != "NetStream.Publish.Rejected" || !isSentence(text) {
		t.Errorf("got %s %q", code, text)
	}
	p.expectEnd(t)

	p = publish(t, l.at, "cam1")
	p.call(t, 0, "closeStream", 0, nil)
	p.expect(t, "onStatus")
	if code, _ := p.expect(t, "onStatus"); code != "NetStream.Publish.Rejected" {
		t.Errorf("after the stream was closed: got %s", code)
	}
	p.expectEnd(t)
}

func TestCommandsOfAllKinds(t *testing.T) {
	l := newLab(t)
	p := dial(t, l.at)
	p.connect(t, "live")
	for _, name := range []string{"getStreamLength", "pause", "_checkbw", "createStream", "seek", "deleteStream", "FCSubscribe"} {
		p.call(t, 0, name, 9, nil, "x", 1)
		p.expect(t, "_result")
	}
	p.call(t, 0, "noSuchThing", 10, nil)
	if code, _ := p.expect(t, "_error"); code != "NetConnection.Call.Failed" {
		t.Errorf("an unknown command: %s", code)
	}
	p.call(t, 0, "noSuchThing", 0, nil) // wants no answer
	p.call(t, 0, "_result", 4, nil)
	p.call(t, 1, "publish", 11, nil, "cam1", "live")
	if code, _ := p.expect(t, "onStatus"); code != "NetStream.Publish.Start" {
		t.Errorf("publish after all of them: %s", code)
	}
	p.net.Close()
}

func TestOrderOfCommands(t *testing.T) {
	l := newLab(t)
	for name, do := range map[string]func(p *peer){
		"before connect": func(p *peer) { p.call(t, 1, "publish", 5, nil, "cam1", "live") },
		"malformed":      func(p *peer) { p.send(t, wire.CommandAMF0, "\xff") },
		"deep": func(p *peer) {
			p.send(t, wire.CommandAMF0, "\x02\x00\x07connect\x00\x3f\xf0\x00\x00\x00\x00\x00\x00"+strings.Repeat("\x03\x00\x01a", 1000))
		},
		"too long": func(p *peer) { p.net.Write([]byte{3, 0, 0, 0, 1, 0, 0, 20, 0, 0, 0, 0}) },
	} {
		p := dial(t, l.at)
		do(p)
		if code, text := p.expect(t, "_error"); code != "NetConnection.Connect.Rejected" || !isSentence(text) {
			t.Errorf("%s: got %s %q", name, code, text)
		}
		p.expectEnd(t)
	}
	p := dial(t, l.at)
	p.connect(t, "live")
	p.call(t, 0, "connect", 2, wire.Object{{Name: "app", Value: "again"}})
	if code, _ := p.expect(t, "onStatus"); code != "NetStream.Publish.Rejected" {
		t.Errorf("a second connect: %s", code)
	}
	p.expectEnd(t)
}

func TestEnhancedClientsHearWhatIsKnown(t *testing.T) {
	l := newLab(t)
	p := dial(t, l.at)
	p.call(t, 0, "connect", 1, wire.Object{{Name: "app", Value: "live"}, {Name: "fourCcList", Value: []any{"hvc1"}}})
	m, err := p.Read()
	if err != nil {
		t.Fatal(err)
	}
	c, err := wire.ParseCommand(m, wire.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	info, _ := c.Args[0].(wire.Object)
	if list, _ := info.Get("fourCcList").([]any); len(list) == 0 {
		t.Errorf("the server's list is %v", info.Get("fourCcList"))
	}
}

func TestDrainingTurnsNewSessionsAway(t *testing.T) {
	l := newLab(t)
	old := publish(t, l.at, "cam1")
	in := l.publisher(t)
	l.server.Drain()
	p := dial(t, l.at)
	p.call(t, 0, "connect", 1, wire.Object{{Name: "app", Value: "live"}})
	if code, text := p.expect(t, "_error"); code != "NetConnection.Connect.Rejected" || !strings.Contains(text, "shutting down") {
		t.Errorf("got %s %q", code, text)
	}
	p.expectEnd(t)
	old.send(t, wire.Video, "goes on")
	in.wait(t, "video goes on")
	old.net.Close()
	in.waitEnd(t)
}

func TestAddressesHaveSoManyConnections(t *testing.T) {
	l := newLab(t, func(o *Options) { o.Limits.PerAddress = 2 })
	publish(t, l.at, "cam1")
	publish(t, l.at, "cam2")
	p := dial(t, l.at)
	p.call(t, 0, "connect", 1, wire.Object{{Name: "app", Value: "live"}})
	if code, text := p.expect(t, "_error"); code != "NetConnection.Connect.Rejected" || !strings.Contains(text, "too many connections") {
		t.Errorf("got %s %q", code, text)
	}
	p.expectEnd(t)
}

func TestGuessingIsSlowedDown(t *testing.T) {
	l := newLab(t, func(o *Options) { o.Limits.RefusedPerSecond, o.Limits.RefusedBurst = 1e-9, 3 })
	l.access.decides(func(r auth.Request) (auth.Grant, error) {
		if r.Token != "good" {
			return auth.Grant{}, auth.ErrInvalidToken
		}
		return auth.Grant{Identity: "somebody"}, nil
	})
	known := publish(t, l.at, "cam1?k=good")
	for range 3 {
		ask(t, l.at, "publish", "live", "cam1?k=bad").expectEnd(t)
	}
	p := ask(t, l.at, "publish", "live", "cam1?k=another")
	if code, text := p.expect(t, "onStatus"); code != "NetStream.Publish.Unauthorized" || !strings.Contains(text, "refused attempts") {
		t.Errorf("got %s %q", code, text)
	}
	if asked, _ := l.access.requests(); len(asked) != 4 {
		t.Errorf("asked %d times, want 4", len(asked))
	}
	publish(t, l.at, "cam2?k=good").net.Close() // is known from here
	known.net.Close()
}

func TestNoSecretReachesTheLog(t *testing.T) {
	var log testlog.Log
	l := newLab(t, func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	publish(t, l.at, "cam1?k=topsecret").net.Close()
	l.publisher(t).waitEnd(t)
	l.access.decides(func(auth.Request) (auth.Grant, error) { return auth.Grant{}, auth.ErrInvalidToken })
	for _, key := range []string{"cam1?k=topsecret", "cam1&k=topsecret", "topsecret!", "cam1?token=topsecret&x=topsecret"} {
		ask(t, l.at, "publish", "live?k=topsecret", key).expectEnd(t)
	}
	if got := log.String(); strings.Contains(got, "topsecret") || !strings.Contains(got, "publish began") || !strings.Contains(got, "refused") {
		t.Errorf("the log:\n%s", got)
	}
}
