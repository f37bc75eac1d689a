package classroom

import (
	"context"
	"errors"
	"strconv"

	"lectern/internal/room"
)

var _ StageEvents = (*class)(nil)

// Connected implements StageEvents.
func (c *class) Connected(member string, connection Connection) {
	if connection == Pub {
		c.system(room.MediaUp{Member: room.MemberID(member)})
	}
}

// Lost implements StageEvents.
func (c *class) Lost(member string, connection Connection, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.endPanickedLocked()
	if c.over != nil {
		return
	}
	id := room.MemberID(member)
	if connection == Pub {
		c.systemLocked(room.MediaDown{Member: id})
	}
	state := room.RTCState{PC: string(connection), State: "failed", Code: "ice_failed"}
	if e, ok := errors.AsType[*MediaError](err); ok {
		state.Code, state.Hint = e.Code, e.Error()
	}
	c.toldLocked(id, room.Event{Type: "rtc.state", Data: state, Class: room.ClassVital})
}

// Sending implements StageEvents.
func (c *class) Sending(member string, m Medium, sends bool) {
	if m == Camera || m == Mic {
		c.system(room.Sends{Member: room.MemberID(member), Medium: room.Medium(m), On: sends})
	}
}

// Live implements StageEvents.
func (c *class) Live(seat int, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.endPanickedLocked()
	if c.over == nil {
		c.systemLocked(room.StreamUp{Seat: seat})
		c.systemLocked(room.Shown{Seat: seat, Epoch: int(epoch)})
	}
}

// Stalled implements StageEvents.
func (c *class) Stalled(seat int, epoch uint64, stalled bool) {
	c.system(room.Stalled{Seat: seat, Epoch: int(epoch), On: stalled})
}

// Ended implements StageEvents.
func (c *class) Ended(seat int, _ uint64, err error) {
	c.system(room.StreamDown{Seat: seat, Reason: err.Error()})
}

// Speaking implements StageEvents.
func (c *class) Speaking(active []Level, dominant string) {
	s := room.Speakers{Active: make([]room.Speaker, len(active)), Dominant: room.MemberID(dominant)}
	for i, l := range active {
		s.Active[i] = room.Speaker{Member: room.MemberID(l.Member), Level: l.Level}
	}
	c.system(room.Heard{Speakers: s})
}

// Layer implements StageEvents.
func (c *class) Layer(member string, seat int, layer, why string) {
	if layer == "" {
		layer = "paused"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.toldLocked(room.MemberID(member), room.Event{
		Type: "sub.layer", Data: room.SubLayer{Seat: seat, Layer: layer, Why: why},
		Class: room.ClassEphemeral, Key: "sub.layer " + strconv.Itoa(seat),
	})
}

// Quality implements StageEvents.
func (c *class) Quality(member, direction, score, hint string) {
	c.system(room.Measured{Quality: room.MemberQuality{Member: room.MemberID(member), Dir: direction, Score: score, Hint: hint}})
}

// toldLocked sends one member what the rules have no part in.
func (c *class) toldLocked(id room.MemberID, e room.Event) {
	if s := c.members[id]; s != nil && s.line != nil {
		s.line.Send(c.messageLocked(e))
	}
}

// offer answers an offer that the rules allow.
func (c *class) offer(ctx context.Context, v *Visit, o room.Offer) (any, error) {
	tracks := make([]Track, len(o.Offer.Tracks))
	for i, t := range o.Offer.Tracks {
		tracks[i] = Track{t.Mid, Medium(t.Source)}
		if t.Source == string(Screen) && t.Kind == "audio" {
			tracks[i].Medium = ScreenSound
		}
	}
	answer, err := c.stage.Offer(ctx, Offer{
		Member: string(o.Member), Connection: Connection(o.Offer.PC), SDP: o.Offer.SDP, Tracks: tracks, Reached: v.visitor.Reached,
	})
	if err != nil {
		return nil, err
	}
	if err := c.stillHere(v, o); err != nil {
		return nil, err
	}
	reply := room.RTCAnswer{SDP: answer.SDP}
	for _, s := range answer.Seats {
		reply.Map = append(reply.Map, room.SeatMid{Seat: s.Seat, Audio: s.Audio, Video: s.Video})
	}
	return reply, nil
}

// stillHere closes the connection that an offer has made when its member has
// gone in the meantime: what was closed then was the connections of before.
func (c *class) stillHere(v *Visit, o room.Offer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	member, connection := string(o.Member), Connection(o.Offer.PC)
	switch {
	case c.over != nil:
	case !c.room.Reaches(room.Audience{Kind: room.ToEveryone}, o.Member):
		c.laterLocked(func() { c.stage.Leave(member) })
	case c.members[o.Member] != v.session || v.session.line != nil && v.session.line != v.line:
		c.laterLocked(func() { c.stage.Hangup(member, connection) })
		c.toldLocked(o.Member, room.Event{
			Type: "rtc.state", Class: room.ClassVital, Data: room.RTCState{PC: string(connection), State: "failed", Code: "ice_failed"},
		})
	default:
		return nil
	}
	return closeWith(CloseMoved, "this connection is over")
}

// noMedia is the stage of a server without media: everything but offers works.
type noMedia struct{}

func (noMedia) Offer(context.Context, Offer) (Answer, error) {
	return Answer{}, &MediaError{"unavailable", errors.New("this server moves no media")}
}
func (noMedia) Trickle(string, Connection, string) {}
func (noMedia) Hangup(string, Connection)          {}
func (noMedia) Leave(string)                       {}
func (noMedia) Assign(int, Occupant)               {}
func (noMedia) Gate(string, Medium, bool)          {}
func (noMedia) Prefer(string, []Wish)              {}
func (noMedia) Request(int)                        {}
func (noMedia) Close()                             {}
