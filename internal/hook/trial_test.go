package hook

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"lectern/internal/auth"
	"lectern/internal/trial"
)

// owned is a rule by which one token is the owner's.
type owned struct{ rule }

func (o *owned) Decide(ctx context.Context, r auth.Request) (auth.Grant, error) {
	if r.Action == auth.Admin && r.Token != "owners" {
		return auth.Grant{}, auth.ErrDenied
	}
	return o.rule.Decide(ctx, r)
}

// Nobody is asked or told of the owner's tests; who merely has a stream of such a
// name is asked about as everybody.
func TestTheOwnersTestsAreNoCalls(t *testing.T) {
	test := "live/" + trial.Name()
	for name, c := range map[string]struct {
		stream, token string
		asked         bool
	}{
		"the owner's test":       {test, "owners", false},
		"the owner's stream":     {"live/cam1", "owners", true},
		"somebody else's":        {test, "other", true},
		"somebody without a key": {test, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			p := &program{reply: func(int, call) (int, string) { return http.StatusForbidden, "" }}
			h := newHooks(t, &owned{}, everywhere(p))
			for _, r := range []auth.Request{publish, watch("S2")} {
				r.Stream, r.Token = c.stream, c.token
				if _, err := h.Decide(t.Context(), r); errors.Is(err, auth.ErrDenied) != c.asked {
					t.Errorf("%s: %v", r.Action, err)
				}
				h.End(r)
			}
			h.Close()
			p.mu.Lock()
			defer p.mu.Unlock()
			if calls := len(p.calls); (calls > 0) != c.asked {
				t.Errorf("%d calls", calls)
			}
		})
	}
}
