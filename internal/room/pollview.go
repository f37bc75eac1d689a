package room

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

func (t *turn) sendPoll(p *poll) {
	p.dirty = false
	t.emit("poll.update", staff, ClassState, t.pollView(p, true))
	t.emit("poll.update", peers, ClassState, t.pollView(p, false))
}

func (r *Room) pollView(p *poll, isStaff bool) Poll {
	v := Poll{Poll: p.ID, Q: p.Q, Options: p.Options, Multi: p.Multi, Anonymous: p.Anonymous, State: p.State, At: p.At, Ends: p.Ends}
	if isStaff || p.Reveal {
		v.Correct = p.Correct
	}
	if !isStaff && p.State != PollPublished {
		return v
	}
	v.Voted = p.voted()
	v.Tally = slices.Clone(p.Tally)
	v.Words = p.words()
	// While an anonymous poll is open, a name that goes from the list together
	// with a bar that grows would tell who answered what.
	switch {
	case !isStaff:
	case p.State != PollOpen:
		v.Missing = p.Left
	case !p.Anonymous:
		v.Missing = r.missing(p)
	}
	return v
}

// missing is who could answer and has not.
func (r *Room) missing(p *poll) []Ref {
	var refs []Ref
	for _, id := range r.Order {
		m := r.Members[id]
		if m.Where != here || r.isStaff(m) || !r.caps(m).has(CapVote) || p.Voted[m.Identity] {
			continue
		}
		if _, ok := p.Votes[m.Identity]; !ok {
			refs = append(refs, m.ref())
		}
	}
	return refs
}

// words are the answers in words, most frequent first.
func (p *poll) words() []Word {
	var words []Word
	for text, n := range p.Words {
		words = append(words, Word{text, n})
	}
	slices.SortFunc(words, func(a, b Word) int { return cmp.Or(b.N-a.N, strings.Compare(a.Text, b.Text)) })
	return words[:min(len(words), maxWords)]
}

// Polls are all polls of the class with their answers.
func (r *Room) Polls() []PollResult {
	all := make([]PollResult, 0, len(r.Asked))
	for _, p := range r.Asked {
		all = append(all, r.result(p))
	}
	return all
}

func (r *Room) result(p *poll) PollResult {
	result := PollResult{Poll: r.pollView(p, true)}
	for _, identity := range slices.Sorted(maps.Keys(p.Votes)) {
		v := p.Votes[identity]
		result.Answers = append(result.Answers, PollAnswer{Identity: identity, Name: v.Name, Choice: v.Choice, Text: v.Text})
	}
	return result
}

// pollsFor are the polls as one member sees them.
func (r *Room) pollsFor(m *member) []Poll {
	views := make([]Poll, 0, len(r.Asked))
	for _, p := range r.Asked {
		v := r.pollView(p, r.isStaff(m))
		if mine, ok := p.Votes[m.Identity]; ok {
			v.Mine = &PollMine{Choice: mine.Choice, Text: mine.Text}
		} else if p.Voted[m.Identity] {
			v.Mine = &PollMine{}
		}
		views = append(views, v)
	}
	return views
}
