package rtmp

import (
	"errors"
	"fmt"
	"testing"

	"lectern/bridge/rtmp/wire"
	"lectern/internal/auth"
	"lectern/internal/ffmpeg"
	"lectern/internal/limit"
	"lectern/sfu"
)

func TestSessionsAreCountedByHowTheyEnd(t *testing.T) {
	l := newLab(t, func(o *Options) { o.Limits.PerAddress = 1 })
	p := publish(t, l.at, "cam1")
	if s := l.server.Stats(); s.Publishers != 1 || s.Players != 0 || s.Began["publish"] != 1 || len(s.Ended) != 0 {
		t.Errorf("while one publishes: %+v", s)
	}
	other := dial(t, l.at)
	other.call(t, 0, "connect", 1, wire.Object{{Name: "app", Value: "live"}})
	other.expect(t, "_error")
	other.expectEnd(t)
	p.call(t, 1, "deleteStream", 5, nil, 1.0)
	p.expect(t, "_result")
	if s := l.server.Stats(); s.Publishers != 0 || s.Ended[End{"publish", "deleted"}] != 1 || s.Limits[limit.RTMPAddress] == 0 {
		t.Errorf("when it has ended: %+v", s)
	}
	p.net.Close()
}

func TestRefusedAttemptsMeetALimit(t *testing.T) {
	l := newLab(t, func(o *Options) { o.Limits.RefusedPerSecond, o.Limits.RefusedBurst = 1e-9, 1 })
	l.access.decides(func(auth.Request) (auth.Grant, error) { return auth.Grant{}, auth.ErrInvalidToken })
	for range 3 {
		ask(t, l.at, "publish", "live", "cam1?k=bad").expectEnd(t)
	}
	if got := l.server.Stats().Limits[limit.RefusedRate]; got != 2 {
		t.Errorf("met %d times, want 2", got)
	}
}

func TestCausesAreWords(t *testing.T) {
	for cause, want := range map[error]string{
		errGone:                                "left",
		fmt.Errorf("%w: broken pipe", errGone): "left",
		sfu.ErrReplaced:                        "replaced",
		auth.ErrRevoked:                        "revoked",
		errNoMedia:                             "timeout",
		errors.New("cam1 has said something"):  "error",
	} {
		if got := causes.Word(cause); got != want {
			t.Errorf("%v is %q, want %q", cause, got, want)
		}
	}
}

func TestTranscodersThatHaveEndedStayInTheCounts(t *testing.T) {
	places := newTranscoders(1)
	if !places.take() || places.take() {
		t.Fatal("there is not one place")
	}
	p := ffmpeg.New(ffmpeg.Options{})
	p.Write([]byte("without a key unit"), false) // which is dropped
	places.use(p)
	during, missed := places.stats()
	places.give(p)
	after, _ := places.stats()
	if during != after || after.Dropped != 1 || missed != 1 {
		t.Errorf("%+v, and afterwards %+v, %d in vain", during, after, missed)
	}
	if !places.take() {
		t.Error("the place is not given back")
	}
}
