package classroom

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/time/rate"

	"lectern/internal/auth"
	"lectern/internal/limit"
	"lectern/internal/room"
	"lectern/internal/trace"
)

// requestBytes are what one request may have; a longer one counts as several.
const requestBytes = 8 << 10

// Visit is what one connection says, from its hello on. Its methods are called
// by one goroutine.
type Visit struct {
	rooms   *Rooms
	name    string
	line    Line
	visitor Visitor

	requests, refusals, refreshes *rate.Limiter

	class   *class // nil before the hello
	session *session
	trace   trace.Mark // of the join
	right   right      // by which it entered
}

// Visit begins a conversation with a client about one room, whether there is
// such a room or not. The caller calls Lost in the end.
func (r *Rooms) Visit(name string, line Line, v Visitor) *Visit {
	asks := r.options.Requests // what is more is refused, and twice as much more ends it
	return &Visit{
		rooms: r, name: name, line: line, visitor: v,
		requests:  rate.NewLimiter(rate.Limit(asks.PerSecond), asks.Burst),
		refusals:  rate.NewLimiter(rate.Limit(asks.PerSecond), 2*asks.Burst),
		refreshes: rate.NewLimiter(rate.Every(refreshEvery), refreshBurst),
	}
}

// Lost says that the connection has ended. It may be called again.
func (v *Visit) Lost() {
	if v.session != nil {
		v.class.lost(v.session, v.line)
	}
}

// Hear takes one message of the client's. Replies go out by the Line. An error
// ends the connection: a *CloseError says how.
func (v *Visit) Hear(ctx context.Context, frame []byte) error {
	r, err := parseRequest(frame)
	if err != nil {
		return closeWith(CloseProtocol, "%v", err)
	}
	if v.session == nil {
		return v.hello(ctx, r)
	}
	cost := 1 + len(frame)/requestBytes
	if wait := v.limit(cost); wait != nil {
		v.rooms.limits.Add(limit.RoomRate)
		if !v.refusals.AllowN(v.rooms.options.Now(), cost) {
			v.rooms.limits.Add(limit.RoomFlood)
			return closeWith(CloseTooFast, "too many messages: resume in a while")
		}
		v.refuse(r.ID, wait)
		return nil
	}
	if r.Type == "pong" {
		return nil
	}
	if r.Type == "room.leave" {
		return v.leave(r.ID)
	}
	if r.Type == "token.refresh" {
		return v.refresh(ctx, r)
	}
	return v.command(ctx, r)
}

// leave takes the client at its word: nothing of it is kept for its return.
func (v *Visit) leave(re uint64) error {
	v.class.leave(v.session, v.line)
	if re != 0 {
		v.line.Send(newReply(re, nil))
	}
	return closeWith(CloseLeft, "goodbye")
}

// limit returns nil while the client keeps within what it may ask.
func (v *Visit) limit(cost int) error {
	now := v.rooms.options.Now()
	reservation := v.requests.ReserveN(now, cost)
	wait := reservation.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	reservation.CancelAt(now)
	return &room.Error{Code: room.CodeRateLimited, Message: "too many messages", RetryAfter: wait}
}

func (v *Visit) command(ctx context.Context, r request) error {
	command, err := room.Decode(r.Type, r.Data)
	ctx, span := v.commanded(ctx, r.Type, command)
	defer span.End()
	var outside any
	if err == nil {
		err = v.mayShow(ctx, command)
	}
	if err == nil {
		outside, err = v.class.do(v.session, v.line, r.ID, command)
	}
	var reply any
	if err == nil && outside != nil {
		reply, err = v.answer(ctx, outside)
	}
	answered(span, err)
	switch {
	case err != nil:
		if c := (*CloseError)(nil); errors.As(err, &c) {
			return c
		}
		v.rooms.met(r.Type, err)
		v.refuse(r.ID, err)
	case outside != nil && r.ID != 0:
		v.line.Send(newReply(r.ID, reply))
	}
	return nil
}

// mayShow keeps a room from being a way around the right to watch: whoever
// brings a stream to it shows it to everybody there.
func (v *Visit) mayShow(ctx context.Context, command room.Command) error {
	bring, ok := command.(room.StageBring)
	if !ok || v.visitor.Watch == nil || bring.Stream == "" {
		return nil
	}
	if !v.class.may(v.session, room.CapModerate) {
		return nil // the room refuses it, and nobody learns more
	}
	err := v.visitor.Watch(ctx, v.class.token(v.session), bring.Stream)
	if errors.Is(err, auth.ErrNoToken) || errors.Is(err, auth.ErrDenied) || errors.Is(err, auth.ErrPast) {
		return &room.Error{Code: room.CodeForbidden, Field: "stream", Hint: "watch", Message: "you may not watch this stream yourself"}
	}
	return err
}

// answer sees to what a room leaves to others, without holding anybody up but
// this client.
func (v *Visit) answer(ctx context.Context, outside any) (any, error) {
	switch o := outside.(type) {
	case room.Offer:
		return v.class.offer(ctx, v, o)
	case room.FetchChat:
		return v.rooms.history(ctx, v.class, o)
	}
	return nil, fmt.Errorf("nobody answers a %T", outside)
}

// refuse answers with an error, where an answer is wanted.
func (v *Visit) refuse(re uint64, err error) {
	told := refused(err)
	if told.Code == room.CodeInternal {
		v.rooms.options.Log.ErrorContext(v.trace.Context(context.Background()), "request failed", "room", v.name, "error", err)
	}
	if re != 0 {
		v.line.Send(newRefusal(re, told))
	}
}

// hello takes the first message. Who is refused is told why, and disconnected.
func (v *Visit) hello(ctx context.Context, r request) error {
	if r.Type != "hello" {
		return closeWith(CloseProtocol, "the first message is hello")
	}
	ctx, span := v.arriving(ctx)
	h, err := parseHello(r)
	if err == nil {
		err = v.enter(ctx, h, r.ID)
	}
	v.arrived(span, err)
	if err == nil {
		return nil
	}
	v.rooms.met(r.Type, err)
	v.refuse(r.ID, err)
	told := refused(err)
	return closeWith(closeFor(told.Code), "%s", told.Message)
}
