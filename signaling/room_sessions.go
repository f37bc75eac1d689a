package signaling

import (
	"net/http"

	"lectern/internal/auth"
	"lectern/internal/classroom"
)

// present lets the owner of the server see who is in rooms, and ends their
// sessions when what they rest on is taken back, as it ends those of WHIP and WHEP.
func (s *Server) present(r *http.Request, from client) func(classroom.Pass) (<-chan struct{}, func()) {
	if s.options.Owner == nil || s.options.Owner.Sessions == nil {
		return nil
	}
	sessions, agent := s.options.Owner.Sessions, r.UserAgent()
	return func(p classroom.Pass) (<-chan struct{}, func()) {
		asked := Access{
			Action: auth.Join, Room: p.Room, Session: p.Session, Protocol: "room",
			Loopback: from.loopback, Remote: from.ip, Agent: agent,
		}
		revoked := sessions.Begin(asked, Grant{Identity: p.Identity, Sub: p.Sub, Name: p.Name, Proof: p.Proof})
		return revoked, func() { sessions.End(asked) }
	}
}
