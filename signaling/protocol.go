package signaling

import (
	"lectern/internal/limit"
	"lectern/sfu"
	"lectern/sfu/peer"
)

// protocol is what tells WHIP from WHEP; the rest is the same.
type protocol struct {
	name   string // in URLs
	action Action
	open   func(s *Server, stream, identity string, offer peer.Offer) (*peer.Peer, error)
}

var whip = protocol{"whip", Publish, func(s *Server, stream, identity string, offer peer.Offer) (*peer.Peer, error) {
	return s.options.Peers.Publish(s.options.Router, stream, identity, offer)
}}

var whep = protocol{"whep", Watch, func(s *Server, stream, _ string, offer peer.Offer) (*peer.Peer, error) {
	return s.options.Peers.Watch(s.options.Router, stream, offer)
}}

// admit spends a token of those who may open sessions.
func (s *Server) admit(p protocol, from client, token string) error {
	if from.exempt {
		return nil
	}
	if p.action == Publish {
		if wait := s.publishing.take(from.key+" "+token, s.options.Now()); wait > 0 {
			return s.tooMany(limit.PublishRate, "publishing requests", wait)
		}
		return nil
	}
	return s.knock(from)
}

// knock spends a token of the address alone.
func (s *Server) knock(from client) error {
	if wait := s.watching.take(from.key, s.options.Now()); wait > 0 && !from.exempt {
		return s.tooMany(limit.JoinRate, "requests", wait)
	}
	return nil
}

// setup counts a session until it is connected or gone.
func (s *Server) setup(p protocol, from client, stream, token string) (end func(), err error) {
	if s.full() {
		return nil, errNoRoom
	}
	if s.overloaded() {
		s.counts.limits.Add(limit.HalfOpenTotal)
		return nil, peer.ErrBusy
	}
	of, limits := []allowance{{everywhere, s.options.Limits.Setups}}, []limit.Name{limit.HalfOpenTotal}
	if p.action == Publish {
		if token == nobody {
			token = from.key // those without a token must not shut each other out
		}
		of = append(of, allowance{stream + " " + token, s.options.Limits.PublishSetups})
		limits = append(limits, limit.HalfOpenPublish)
	}
	if !from.exempt {
		of = append(of, allowance{from.key, s.options.Limits.AddressSetups})
		limits = append(limits, limit.HalfOpenAddress)
	}
	end, ok := s.setups.begin(of...)
	if !ok {
		s.counts.limits.Add(limits[s.setups.full(of)])
		return nil, errSetups
	}
	return end, nil
}

// everywhere is the key of what is counted for the server as a whole.
const everywhere = "*"

// overloaded says that no more sessions can be set up now.
func (s *Server) overloaded() bool {
	return s.setups.of(everywhere) >= s.options.Limits.Setups
}

// full says that the machine has no room for more.
func (s *Server) full() bool { return s.options.Full != nil && s.options.Full() }

// live says whether the stream has media now.
func (s *Server) live(stream string) bool {
	info, ok := s.options.Router.Info(stream)
	return ok && info.State == sfu.StateLive
}
