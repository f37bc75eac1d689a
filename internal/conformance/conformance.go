// Package conformance tries out a server of room.v1 from the outside.
//
// Its one invariant: it knows a server by what docs/room.v1.md promises and by
// nothing else, so that another program's server can be tried out as well.
package conformance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"
)

// Options say what to try out.
type Options struct {
	// URL is the WebSocket of a room, ws: or wss:.
	URL string
	// Teacher and Student are invites to it.
	Teacher, Student string
	// Origin is what to send as such; "" is the server's own address.
	Origin string
	// Patience is how long an answer may take. Default 10 s.
	Patience time.Duration
}

// rule is one promise of the protocol.
type rule struct {
	promise string
	try     func(ctx context.Context, t *trial)
}

// broken ends a rule that does not hold.
type broken struct{ error }

// Run tries each rule, and writes to w a line for each. It returns how many do
// not hold; the error says why nothing could be tried.
func Run(ctx context.Context, o Options, w io.Writer) (failed int, err error) {
	o.Patience = cmp.Or(o.Patience, 10*time.Second)
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "" {
		return 0, fmt.Errorf("%q: want the address of a room's WebSocket, as wss://HOST/api/v1/rooms/ID/ws", o.URL)
	}
	if o.Teacher == "" || o.Student == "" {
		return 0, errors.New("invites of a teacher and of a student are needed")
	}
	if o.Origin == "" {
		o.Origin = map[string]string{"ws": "http://", "wss": "https://"}[u.Scheme] + u.Host
	}
	for _, r := range rules {
		if err := r.run(ctx, o); err != nil {
			if ctx.Err() != nil {
				return failed, ctx.Err()
			}
			failed++
			fmt.Fprintf(w, "FAIL  %s\n      %v\n", r.promise, err)
			continue
		}
		fmt.Fprintf(w, "ok    %s\n", r.promise)
	}
	return failed, nil
}

func (r rule) run(ctx context.Context, o Options) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := &trial{options: o}
	defer t.close()
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case broken:
			err = cause.error
		default:
			panic(cause)
		}
	}()
	r.try(ctx, t)
	return nil
}

// trial is what a rule is tried with.
type trial struct {
	options Options
	opened  []*client
}

func (t *trial) close() {
	for _, c := range t.opened {
		c.close()
	}
}

func fail(format string, args ...any) { panic(broken{fmt.Errorf(format, args...)}) }
