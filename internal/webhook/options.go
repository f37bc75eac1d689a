package webhook

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"lectern/internal/event"
	"lectern/internal/hook"
)

// Options say who is told. The zero Options tell nobody.
type Options struct {
	Targets []Target
	// AllowPrivate is as hook.Options has it.
	AllowPrivate []netip.Prefix
	// Timeout is how long an answer may take. Default 5 s.
	Timeout time.Duration
	// Tries is how often something is told until the answer is 2xx. Default 3.
	Tries int
	// Queue is how many events may wait for one target. Default 64.
	Queue int
	// Transport makes the requests. Default: hook.Transport.
	Transport http.RoundTripper
	// Log gets a line when a target stops taking what it is told, and when it
	// takes it again. Default: none.
	Log *slog.Logger
}

// Target is one address.
type Target struct {
	URL string // http or https, without a user's name
	// Secret signs each request, see hook.Sign; "" signs nothing.
	Secret string
	// Events are patterns of what it is told (event.Type.Matches). Default: all
	// but those in Frequent.
	Events []string
}

// Frequent are the events that are told to nobody who has not asked for them.
var Frequent = []event.Type{event.StreamViewers, event.StreamTracks}

// wants says whether a target is told of an event. Everybody is told of what is
// missing.
func (t Target) wants(typ event.Type) bool {
	switch {
	case typ == event.Gap:
		return true
	case len(t.Events) == 0:
		return !slices.Contains(Frequent, typ)
	}
	return slices.ContainsFunc(t.Events, typ.Matches)
}

// CheckPattern says why a pattern is for no event.
func CheckPattern(pattern string) error {
	if pattern == string(event.Gap) || slices.ContainsFunc(event.Types(), func(t event.Type) bool { return t.Matches(pattern) }) {
		return nil
	}
	return fmt.Errorf("there is no event %.80q: use stream.live, stream.*, room.*, person.*, stage.changed or *", pattern)
}

func (o Options) withDefaults() Options {
	o.Timeout = cmp.Or(o.Timeout, 5*time.Second)
	o.Tries = cmp.Or(o.Tries, 3)
	o.Queue = cmp.Or(o.Queue, 64)
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	if o.Transport == nil {
		o.Transport = hook.Transport(o.AllowPrivate)
	}
	return o
}

func (o Options) check() error {
	for _, t := range o.Targets {
		u, err := url.Parse(t.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
			return errors.New("an address is none: want one such as https://school.example/lectern")
		}
		for _, p := range t.Events {
			if err := CheckPattern(p); err != nil {
				return err
			}
		}
	}
	if o.Timeout < 0 || o.Tries < 0 || o.Queue < 0 {
		return errors.New("a time or number below zero")
	}
	return nil
}
