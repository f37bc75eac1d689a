package stage

import (
	"slices"
	"time"

	"lectern/internal/classroom"
	"lectern/internal/speaker"
	"lectern/sfu"
)

const (
	// lookEvery is the time between two looks at who speaks, and layersEvery at
	// the rest, which nobody waits for.
	lookEvery   = 100 * time.Millisecond
	layersEvery = time.Second
	// sendsFor is how long a medium counts as sent after a packet: sound that is
	// silent comes every 400 ms (RFC 6716 §2.1.9).
	sendsFor = time.Second
)

// run tells what happens, until the stage is closed.
func (s *stage) run() {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var layers time.Time
	for {
		select {
		case <-s.quit:
			return
		case <-s.wake:
		case <-look.C:
		}
		at := time.Now()
		news := s.happened(at)
		if at.Sub(layers) >= layersEvery {
			layers = at
			news = append(news, s.shown(at)...)
		}
		for _, tell := range news {
			tell(s.events)
		}
		s.speaking(at)
	}
}

// tidings is one call of what a stage tells.
type tidings func(classroom.StageEvents)

// happened collects what has happened since the last time.
func (s *stage) happened(at time.Time) (news []tidings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.news {
		id, kind, err := n.connection.member.id, n.connection.kind, n.err
		switch {
		case n.connection.hushed:
		case err == nil:
			news = append(news, func(e classroom.StageEvents) { e.Connected(id, kind) })
		default:
			news = append(news, func(e classroom.StageEvents) { e.Lost(id, kind, loss(err)) })
		}
	}
	s.news = nil
	for _, x := range s.seats {
		news = append(news, x.happenedLocked(at)...)
	}
	for _, m := range s.members {
		news = append(news, m.sendingLocked(at)...)
	}
	return news
}

func (x *seat) happenedLocked(at time.Time) (news []tidings) {
	number := x.number
	if o, err := x.failureLocked(); err != nil {
		news = append(news, func(e classroom.StageEvents) { e.Ended(number, o.Epoch, err) })
	}
	t := x.tenure.Load()
	if t == nil {
		return news
	}
	epoch := t.occupant.Epoch
	if x.liveLocked(t, at) {
		news = append(news, func(e classroom.StageEvents) { e.Live(number, epoch) })
	}
	if stalled := x.stallsLocked(t, at); stalled != x.stalled {
		x.stalled = stalled
		news = append(news, func(e classroom.StageEvents) { e.Stalled(number, epoch, stalled) })
	}
	return news
}

func (m *member) sendingLocked(at time.Time) (news []tidings) {
	for medium := range kinds {
		sends := false
		if m.pub != nil {
			_, last := m.pub.tracks.Arrived(m.pub.mids[medium])
			sends = !last.IsZero() && at.Sub(last) < sendsFor
		}
		if sends != m.told[medium] {
			m.told[medium] = sends
			id := m.id
			news = append(news, func(e classroom.StageEvents) { e.Sending(id, medium, sends) })
		}
	}
	return news
}

// shown collects which layers members are sent.
func (s *stage) shown(at time.Time) (news []tidings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.members {
		news = append(news, s.qualityLocked(m, at)...)
		if m.sub == nil || !m.sub.up {
			continue
		}
		for i := range s.seats {
			now := s.layerLocked(m, i, at)
			if now == m.layers[i] {
				continue
			}
			m.layers[i] = now
			id, seat := m.id, i
			news = append(news, func(e classroom.StageEvents) { e.Layer(id, seat, now.layer, now.why) })
		}
	}
	return news
}

// layerLocked is what a member is sent of a seat's picture, and why. The zero
// value is a seat without a picture.
func (s *stage) layerLocked(m *member, number int, at time.Time) shown {
	if m.wishes[number].NoVideo {
		return shown{"", "wanted"}
	}
	_, video := m.sub.seats.Subscriptions(number)
	if video == nil || !video.Active(at) {
		return shown{}
	}
	if m.sub.seats.Dark(number) {
		return shown{"", "codec"}
	}
	if video.Starved() {
		return shown{"", "bandwidth"}
	}
	why := "wanted"
	if video.Limited() {
		why = "bandwidth"
	}
	return shown{s.seats[number].layerLocked(video.Layer()), why}
}

// layerLocked is what a room calls the layer with a RID: "l", "m" or "h", by its
// place among those of the occupant. The only one is "h".
func (x *seat) layerLocked(rid string) string {
	t := x.tenure.Load()
	if t == nil || rid == "" {
		return "h"
	}
	var layers []sfu.TrackStats
	for _, track := range t.publication.Tracks() {
		if track.Kind == sfu.Video {
			layers = append(layers, track.Stats())
		}
	}
	slices.SortStableFunc(layers, func(a, b sfu.TrackStats) int { return a.Width*a.Height - b.Width*b.Height })
	switch i := slices.IndexFunc(layers, func(l sfu.TrackStats) bool { return l.RID == rid }); {
	case i < 0 || i == len(layers)-1:
		return "h"
	case i == 0:
		return "l"
	}
	return "m"
}

// speaking tells who speaks.
func (s *stage) speaking(at time.Time) {
	s.voices.Lock()
	who, changed := s.voices.detector.Speaking(at)
	s.voices.Unlock()
	if changed {
		s.events.Speaking(levels(who), who.Dominant)
	}
}

func levels(who speaker.Speakers) []classroom.Level {
	list := make([]classroom.Level, 0, len(who.Active))
	for _, v := range who.Active {
		list = append(list, classroom.Level{Member: v.Member, Level: v.Level})
	}
	return list
}
