package signaling

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"

	"github.com/gin-gonic/gin"

	"lectern/internal/auth"
	"lectern/internal/classroom"
	"lectern/internal/room"
	"lectern/sfu/peer"
)

// seat is a place on the stage of a room, as /whep/room/ID/seat/N names it.
type seat struct {
	room   string
	number int
}

// seatForm is the canonical name that such a path would be for a stream. No
// stream is reached by it, and no seat by anything but WHEP.
var seatForm = regexp.MustCompile(`^room/([A-Za-z0-9_-]{1,64})/seat/([0-9]{1,2})$`)

// seatOf says which seat a name stands for.
func (s *Server) seatOf(name string) (seat, bool) {
	parts := seatForm.FindStringSubmatch(name)
	if parts == nil || s.options.Rooms == nil {
		return seat{}, false
	}
	number, _ := strconv.Atoi(parts[2]) // two digits
	return seat{parts[1], number}, true
}

// errSeat is told to who publishes under the name of a seat.
var errSeat = fmt.Errorf("%w: what is on a seat of a room comes from its members", ErrDenied)

// taking is the right to take a seat's media: that to come into its room.
const taking = auth.Join

// openSeat makes a session of WHEP that takes one seat. Who may come into the
// room may do so with the token for it: being on this machine is not enough,
// since every page in its browsers is there too.
func (s *Server) openSeat(c *gin.Context, p protocol, stream string, at seat) (*session, error) {
	r, from := c.Request, s.client(c.Request)
	if p.action != Watch {
		return nil, errSeat
	}
	if s.draining.Load() {
		return nil, errDraining
	}
	grant, err := s.decide(r, from, taking, stream)
	if err != nil {
		return nil, err
	}
	if err := s.admit(p, from, digest(s.bearer(r))); err != nil {
		return nil, err
	}
	if err := wantType(r, typeSDP); err != nil {
		return nil, err
	}
	sdp, err := readBody(c, s.options.Limits.OfferBytes)
	if err != nil {
		return nil, err
	}
	p.action = taking
	id, asked := newID(), s.options.Now()
	access := s.beginning(r, from, p, stream, labelOf(id))
	view, err := s.view(at, grant)
	if err != nil {
		return nil, err
	}
	if o := s.options.Owner; o != nil && o.Sessions != nil { // programs that are asked about streams have no part in it
		grant.Revoked = o.Sessions.Begin(access, grant)
	}
	p.open = func(s *Server, _, _ string, offer peer.Offer) (*peer.Peer, error) {
		return s.options.Peers.Watch(view.Router, view.Source, offer)
	}
	o := owner{action: taking, stream: stream, asked: stream, identity: grant.Identity, token: digest(access.Token)}
	ses, err := s.begin(from, r, sdp, newSession(p, id, o, access, grant, s.options.Limits.Session, asked))
	if err != nil {
		view.End()
		s.ended(access)
		return nil, err
	}
	s.watchWhile(view, ses.peer)
	return ses, nil
}

// watchWhile ends what takes a seat with the right to see the class.
func (s *Server) watchWhile(v *classroom.View, p *peer.Peer) {
	if !s.gate.enter() {
		v.End() // the sessions are being closed
		return
	}
	go func() {
		defer s.gate.leave()
		defer v.End()
		select {
		case <-v.Gone():
			p.Close(ErrRevoked)
		case <-p.Done():
		}
	}()
}

// view asks the room.
func (s *Server) view(at seat, g Grant) (*classroom.View, error) {
	view, err := s.options.Rooms.View(at.room, at.number, room.Join{
		Identity: g.Identity, Role: room.Role(g.Role), Caps: g.Caps, Lobby: g.Lobby,
	})
	if errors.Is(err, classroom.ErrNobody) {
		return nil, fmt.Errorf("%w: %w", errNotLive, err)
	}
	if e, ok := errors.AsType[*room.Error](err); ok {
		return nil, fmt.Errorf("%w: %s", ErrDenied, e.Message)
	}
	return view, err
}

// accessToSeat is what the Authorizer is asked about a request for a seat.
func (s *Server) accessToSeat(r *http.Request, from client, name string) Access {
	at, _ := s.seatOf(name)
	return Access{Action: taking, Room: at.room, Token: s.bearer(r), Remote: from.ip}
}
