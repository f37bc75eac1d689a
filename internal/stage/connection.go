package stage

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"lectern/internal/classroom"
	"lectern/sfu"
	"lectern/sfu/peer"
)

// member is somebody in the room. All of it is guarded by stage.mu.
type member struct {
	id       string
	gates    map[classroom.Medium]bool
	wishes   map[int]peer.SeatWish
	sub, pub *connection
	before   *connection // a pub that goes on until pub is connected
	told     map[classroom.Medium]bool
	layers   map[int]shown
	travel   travel
	offers   *rate.Limiter
}

// A member may make offersBurst connections at once, and then one in
// offerInterval: one for watching and one for the stage, and those that replace
// them on a bad network. Each costs some ten milliseconds.
const (
	offersBurst   = 10
	offerInterval = 2 * time.Second
)

// errOften is what somebody is told who makes more of them.
var errOften = errors.New("too many connections in a short time")

// shown is what a member was told of a seat's layer.
type shown struct{ layer, why string }

// connection is one PeerConnection of a member.
type connection struct {
	member *member
	kind   classroom.Connection
	seats  *peer.Seats  // of a Sub
	tracks *peer.Tracks // of a Pub
	peer   *peer.Peer   // of either
	mids   map[classroom.Medium]string
	up     bool // guarded by stage.mu, as is
	hushed bool // nothing is told of its end
}

// connectionNews is that a connection is up, or with an error that it has ended.
type connectionNews struct {
	connection *connection
	err        error
}

// kinds are the kinds of the media.
var kinds = map[classroom.Medium]sfu.Kind{
	classroom.Mic: sfu.Audio, classroom.Camera: sfu.Video, classroom.Screen: sfu.Video, classroom.ScreenSound: sfu.Audio,
}

// memberLocked returns a member, who is one as soon as he is named; nil after
// Close.
func (s *stage) memberLocked(id string) *member {
	m := s.members[id]
	if m == nil && !s.closed {
		m = &member{
			id: id, gates: map[classroom.Medium]bool{}, wishes: map[int]peer.SeatWish{},
			told: map[classroom.Medium]bool{}, layers: map[int]shown{},
			offers: rate.NewLimiter(rate.Every(offerInterval), offersBurst),
		}
		s.members[id] = m
	}
	return m
}

// watch answers the offer of a member who watches.
func (s *stage) watch(o classroom.Offer) (classroom.Answer, error) {
	seats, err := s.media.Engine.WatchSeats(s.router, s.names, watched(), s.offer(o))
	if err != nil {
		return classroom.Answer{}, refusal(err)
	}
	c := &connection{kind: classroom.Sub, seats: seats, peer: seats.Peer}
	return classroom.Answer{SDP: seats.Answer(), Seats: s.sections(c)}, s.connect(o.Member, c)
}

// publish answers the offer of a member who publishes.
func (s *stage) publish(o classroom.Offer) (classroom.Answer, error) {
	tracks, err := s.media.Engine.PublishTracks([]string{"audio/opus", s.codec}, s.offer(o))
	if err != nil {
		return classroom.Answer{}, refusal(err)
	}
	c := &connection{kind: classroom.Pub, tracks: tracks, peer: tracks.Peer}
	if c.mids, err = named(tracks.Sections(), o.Tracks); err != nil {
		tracks.Close(nil)
		return classroom.Answer{}, &classroom.MediaError{Code: "sdp_rejected", Err: err}
	}
	return classroom.Answer{SDP: tracks.Answer()}, s.connect(o.Member, c)
}

// mayOffer says whether a member may make one more connection.
func (s *stage) mayOffer(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.memberLocked(id)
	return m != nil && m.offers.Allow()
}

// renew answers an offer of the PeerConnection that there is already, as a
// browser makes it whose network has changed. It is false for any other.
func (s *stage) renew(o classroom.Offer) (answer classroom.Answer, ok bool, err error) {
	s.mu.Lock()
	var c *connection
	if m := s.members[o.Member]; m != nil {
		if c = m.sub; o.Connection == classroom.Pub {
			c = m.pub
		}
	}
	s.mu.Unlock()
	if c == nil {
		return answer, false, nil
	}
	answer.SDP, ok, err = c.peer.Renew(o.SDP)
	switch {
	case !ok:
		return classroom.Answer{}, false, nil
	case err != nil:
		return classroom.Answer{}, true, refusal(err)
	}
	answer.Seats = s.sections(c)
	return answer, true, nil
}

// sections names those by which the seats come to a viewer.
func (s *stage) sections(c *connection) (list []classroom.SeatSections) {
	if c.seats == nil {
		return nil
	}
	for i := range s.names {
		if audio, video := c.seats.Sections(i); audio != "" || video != "" {
			list = append(list, classroom.SeatSections{Seat: i, Audio: audio, Video: video})
		}
	}
	return list
}

func (s *stage) offer(o classroom.Offer) peer.Offer {
	return peer.Offer{SDP: o.SDP, Reached: o.Reached, Log: s.log.With("member", o.Member, "connection", string(o.Connection))}
}

// named finds the sections of the media, of which there is one each at the most,
// and which have to be all that there are.
func named(sections []peer.Section, tracks []classroom.Track) (map[classroom.Medium]string, error) {
	mids := map[classroom.Medium]string{}
	for _, section := range sections {
		i := slices.IndexFunc(tracks, func(t classroom.Track) bool { return t.MID == section.MID })
		if i < 0 {
			return nil, fmt.Errorf("tracks does not say what the section with a=mid:%s is", section.MID)
		}
		medium := tracks[i].Medium
		if kind, ok := kinds[medium]; !ok || kind != section.Kind {
			return nil, fmt.Errorf("the section with a=mid:%s is %s, which %.20q is not", section.MID, section.Kind, medium)
		}
		if mids[medium] != "" {
			return nil, fmt.Errorf("two sections are %s", medium)
		}
		mids[medium] = section.MID
	}
	return mids, nil
}

// connect puts a connection in the place of the one before.
func (s *stage) connect(id string, c *connection) error {
	if !s.put(id, c) {
		c.peer.Close(nil)
		return &classroom.MediaError{Code: "unavailable", Err: peer.ErrClosed}
	}
	return nil
}

// put says whether the stage is still there to take it.
func (s *stage) put(id string, c *connection) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.memberLocked(id)
	if m == nil {
		return false
	}
	c.member = m
	if c.kind == classroom.Sub {
		s.dropLocked(m.sub)
		m.sub = c
		clear(m.layers)
		for i, w := range m.wishes {
			c.seats.Prefer(i, w)
		}
	} else {
		if m.pub != nil && m.pub.up {
			s.dropLocked(m.before)
			m.before = m.pub
			m.before.hushed = true
		} else {
			s.dropLocked(m.pub)
		}
		m.pub = c
		for medium, mid := range c.mids {
			c.tracks.Open(mid, m.gates[medium])
		}
	}
	s.running.Go(func() { s.follow(c) })
	return true
}

// follow sees what becomes of a connection.
func (s *stage) follow(c *connection) {
	select {
	case <-c.peer.Connected():
		s.mu.Lock()
		s.connectedLocked(c)
		s.mu.Unlock()
	case <-c.peer.Done():
	}
	<-c.peer.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	m := c.member
	switch c {
	case m.sub:
		m.sub = nil
	case m.pub:
		m.pub = nil
	case m.before:
		m.before = nil
	}
	if !c.hushed {
		s.news = append(s.news, connectionNews{c, c.peer.Err()})
		s.tell()
	}
}

// connectedLocked lets the media of a connection come to its member's seats.
func (s *stage) connectedLocked(c *connection) {
	m := c.member
	if c.hushed || c != m.sub && c != m.pub {
		return
	}
	c.up = true
	s.news = append(s.news, connectionNews{connection: c})
	s.tell()
	if c.kind == classroom.Sub {
		return
	}
	for _, x := range s.seats {
		if x.occupant.Member == m.id {
			x.takeLocked(c)
		}
	}
	s.dropLocked(m.before)
	m.before = nil
}

// hangupLocked closes a member's connection.
func (s *stage) hangupLocked(m *member, kind classroom.Connection) {
	if kind == classroom.Sub {
		s.dropLocked(m.sub)
		m.sub = nil
		return
	}
	s.dropLocked(m.before)
	s.dropLocked(m.pub)
	m.before, m.pub = nil, nil
	for _, x := range s.seats {
		if t := x.tenure.Load(); t != nil && t.by != nil && t.by.member == m {
			x.vacateLocked()
		}
	}
}

// dropLocked closes a connection of which nothing is to be told any more.
func (s *stage) dropLocked(c *connection) {
	if c == nil {
		return
	}
	c.hushed = true
	s.closeLater(c.peer)
}

// closeLater closes without waiting; Close waits.
func (s *stage) closeLater(p *peer.Peer) { s.running.Go(func() { p.Close(nil) }) }

// direct lets the media of an occupant go to a publication, nil being nowhere.
func (c *connection) direct(o classroom.Occupant, to *sfu.Publication) {
	for _, medium := range []classroom.Medium{o.Audio, o.Video} {
		if mid := c.mids[medium]; mid != "" {
			c.tracks.Direct(mid, to)
		}
	}
}

// sizes are what the names of layers stand for, in pixels: what is enough for a
// tile of a strip, and of a grid.
var sizes = map[string][2]int{"l": {320, 180}, "m": {640, 360}, "h": {0, 0}}

func seatWish(w classroom.Wish) peer.SeatWish {
	wish := peer.SeatWish{NoVideo: w.Video == "off", NoAudio: !w.Audio, Width: w.Width, Height: w.Height}
	if size, ok := sizes[w.Video]; ok {
		wish.Width, wish.Height = size[0], size[1]
	}
	return wish
}
