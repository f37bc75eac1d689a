package room

import (
	"slices"
	"time"
)

// How often things that come in numbers are sent.
const (
	peopleEvery    = 500 * time.Millisecond
	pollsEvery     = 500 * time.Millisecond
	queueEvery     = 250 * time.Millisecond // hands and lobby, and
	queueMore      = time.Millisecond       // for each who is in such a list: the whole of it is sent
	countEvery     = time.Second
	danmakuEvery   = 100 * time.Millisecond
	reactionsEvery = time.Second
)

// gathered is what waits to be sent together.
type gathered struct {
	hands, lobby, count, people, polls, danmaku, reactions batch

	joined, changed []MemberID
	left            []Left
	lines           lines
	claps           Reactions
}

// batch holds back what came too soon after the last time.
type batch struct {
	dirty bool
	last  time.Time
}

// due reports whether there is something to send now, and then it counts as sent.
func (b *batch) due(at time.Time, every time.Duration) bool {
	if !b.dirty || at.Sub(b.last) < every {
		return false
	}
	b.dirty, b.last = false, at
	return true
}

// flush sends what is due. The first of a kind goes at once, the next wait for their turn.
func (t *turn) flush() {
	g := &t.gathered
	if g.hands.due(t.at, queueEvery+time.Duration(len(t.Queue))*queueMore) {
		t.sendQueue()
	}
	if g.lobby.due(t.at, queueEvery+time.Duration(len(t.Lobby))*queueMore) {
		t.sendLobby()
	}
	if g.people.due(t.at, peopleEvery) {
		t.sendPeople()
	}
	if g.polls.due(t.at, pollsEvery) {
		t.sendPolls()
	}
	if g.danmaku.due(t.at, danmakuEvery) {
		t.sendDanmaku()
	}
	if g.reactions.due(t.at, reactionsEvery) {
		t.sendReactions()
	}
	if g.count.due(t.at, countEvery) {
		t.sendCount()
	}
}

func (t *turn) sendCount() {
	now := t.count()
	t.pass("room.count", staff, "room.count", now)
	now.Waiting = 0
	t.pass("room.count", peers, "room.count", now)
}

// announce puts somebody into the staff's next people.event.
func (t *turn) announce(m *member) {
	if m.Where != here {
		return
	}
	g := &t.gathered
	if !slices.Contains(g.joined, m.ID) && !slices.Contains(g.changed, m.ID) {
		g.changed = append(g.changed, m.ID)
	}
	g.people.dirty = true
}

func (t *turn) announceJoined(m *member) {
	g := &t.gathered
	g.changed = without(g.changed, m.ID)
	g.joined = append(g.joined, m.ID)
	g.people.dirty, g.count.dirty = true, true
}

func (t *turn) announceLeft(m *member, reason string) {
	g := &t.gathered
	g.count.dirty = true
	g.changed = without(g.changed, m.ID)
	g.joined = without(g.joined, m.ID) // yet a list may have been fetched meanwhile
	g.left = append(g.left, Left{Member: m.ID, Reason: reason})
	g.people.dirty = true
}

func (t *turn) sendPeople() {
	g := &t.gathered
	var e PeopleEvent
	for _, id := range g.joined {
		e.Joined = append(e.Joined, t.person(t.Members[id]))
	}
	for _, id := range g.changed {
		e.Changed = append(e.Changed, t.person(t.Members[id]))
	}
	e.Left = g.left
	g.joined, g.changed, g.left = nil, nil, nil
	if len(e.Joined)+len(e.Changed)+len(e.Left) > 0 {
		t.emit("people.event", staff, ClassState, e)
	}
}
