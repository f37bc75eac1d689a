package stage

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"lectern/internal/classroom"
	"lectern/internal/speaker"
	"lectern/sfu"
)

// stage is the media of one room.
type stage struct {
	media  *Media
	codec  string // of pictures that members publish, as a MIME type
	events classroom.StageEvents
	log    *slog.Logger
	router *sfu.Router // of this room alone
	names  []string    // of the seats' sources

	wake    chan struct{} // something has happened
	quit    chan struct{}
	closing sync.Once
	running sync.WaitGroup

	mu      sync.Mutex
	seats   []*seat
	members map[string]*member
	news    []connectionNews // connections that have come or ended, in that order
	closed  bool

	voices struct {
		sync.Mutex
		detector speaker.Detector
	}
}

func open(m *Media, o classroom.StageOptions, codec string) (*stage, error) {
	s := &stage{
		media:   m,
		codec:   codec,
		events:  o.Events,
		log:     m.Log.With("room", o.Room),
		router:  sfu.NewRouter(sfu.Options{Grace: sfu.Forever, Counts: m.Streams.Counts(), Limits: m.Streams.Limits(), Inner: true}),
		wake:    make(chan struct{}, 1),
		quit:    make(chan struct{}),
		members: map[string]*member{},
	}
	for i := range o.Seats + 1 {
		x := &seat{stage: s, number: i, name: fmt.Sprintf("room/seat%d", i)}
		if err := x.monitor(); err != nil {
			s.router.Close()
			return nil, err
		}
		s.seats = append(s.seats, x)
		s.names = append(s.names, x.name)
	}
	s.running.Go(s.run)
	return s, nil
}

// Assign implements classroom.Stage.
func (s *stage) Assign(number int, o classroom.Occupant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || number < 0 || number >= len(s.seats) {
		return
	}
	x := s.seats[number]
	if x.occupant == o && o != (classroom.Occupant{}) {
		return
	}
	x.vacateLocked()
	x.occupant = o
	x.occupyLocked()
}

// Gate implements classroom.Stage.
func (s *stage) Gate(id string, medium classroom.Medium, open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.members[id] == nil && !open {
		return // all are closed at first: of who has left nothing is kept
	}
	m := s.memberLocked(id)
	if m == nil || m.gates[medium] == open {
		return
	}
	m.gates[medium] = open
	for _, c := range []*connection{m.pub, m.before} {
		if c != nil {
			c.tracks.Open(c.mids[medium], open)
		}
	}
	if medium == classroom.Mic && !open {
		s.silence(id)
	}
}

// Prefer implements classroom.Stage.
func (s *stage) Prefer(id string, wishes []classroom.Wish) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.memberLocked(id)
	if m == nil {
		return
	}
	for _, w := range wishes {
		if w.Seat < 0 || w.Seat >= len(s.seats) {
			continue
		}
		m.wishes[w.Seat] = seatWish(w)
		if m.sub != nil {
			m.sub.seats.Prefer(w.Seat, seatWish(w))
		}
	}
}

// Request implements classroom.Stage.
func (s *stage) Request(number int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if number < 0 || number >= len(s.seats) || s.seats[number].tenure.Load() == nil {
		return
	}
	for _, t := range s.seats[number].tenure.Load().publication.Tracks() {
		t.RequestKeyFrame(time.Now())
	}
}

// Trickle implements classroom.Stage. The client's candidates are not used: it
// reaches us, at the address from which its checks come.
func (s *stage) Trickle(string, classroom.Connection, string) {}

// Hangup implements classroom.Stage.
func (s *stage) Hangup(id string, kind classroom.Connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.members[id]; m != nil {
		s.hangupLocked(m, kind)
	}
}

// Leave implements classroom.Stage.
func (s *stage) Leave(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.members[id]
	if m == nil {
		return
	}
	s.hangupLocked(m, classroom.Sub)
	s.hangupLocked(m, classroom.Pub)
	delete(s.members, id)
	s.silence(id)
}

// Offer implements classroom.Stage.
func (s *stage) Offer(ctx context.Context, o classroom.Offer) (classroom.Answer, error) {
	if err := ctx.Err(); err != nil {
		return classroom.Answer{}, err
	}
	if !s.mayOffer(o.Member) {
		return classroom.Answer{}, &classroom.MediaError{Code: "unavailable", Err: errOften}
	}
	if answer, ok, err := s.renew(o); ok {
		return answer, err
	}
	if o.Connection == classroom.Pub {
		return s.publish(o)
	}
	return s.watch(o)
}

// Close implements classroom.Stage.
func (s *stage) Close() {
	s.closing.Do(func() {
		s.mu.Lock()
		s.closed = true
		for _, m := range s.members {
			s.hangupLocked(m, classroom.Sub)
			s.hangupLocked(m, classroom.Pub)
		}
		for _, x := range s.seats {
			x.vacateLocked()
		}
		s.mu.Unlock()
		close(s.quit)
	})
	s.running.Wait()
	s.router.Close()
}

// tell wakes the goroutine that tells what has happened. It never waits.
func (s *stage) tell() {
	select {
	case s.wake <- struct{}{}:
	default: // it is awake already
	}
}

func (s *stage) silence(id string) {
	s.voices.Lock()
	defer s.voices.Unlock()
	s.voices.detector.Forget(id)
}
