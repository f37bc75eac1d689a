package rtmp

import (
	"context"
	"testing"
	"time"

	"lectern/internal/auth"
)

// slowDecider takes its time, as a hook does whose program gives no answer.
type slowDecider time.Duration

func (d slowDecider) Decide(ctx context.Context, _ auth.Request) (auth.Grant, error) {
	select {
	case <-time.After(time.Duration(d)):
		return auth.Grant{Identity: "somebody"}, nil
	case <-ctx.Done():
		return auth.Grant{}, auth.ErrUnavailable
	}
}

// What to do when a program gives no answer is for who asks it, and no matter
// of how fast the client was.
func TestDecisionsHaveTheirOwnTime(t *testing.T) {
	l := newLab(t, func(o *Options) {
		o.Limits.Setup = 500 * time.Millisecond
		o.Access = slowDecider(800 * time.Millisecond)
	})
	publish(t, l.at, "cam1")
	l = newLab(t, func(o *Options) {
		o.Limits.Decision = 100 * time.Millisecond
		o.Access = slowDecider(time.Minute)
	})
	if code, text := ask(t, l.at, "publish", "live", "cam1").expect(t, "onStatus"); code != "NetStream.Publish.Rejected" || !isSentence(text) {
		t.Errorf("got %q, %q", code, text)
	}
}
