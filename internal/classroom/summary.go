package classroom

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"lectern/internal/room"
)

// Report is what a teacher wants to know of one class.
type Report struct {
	Room  string `json:"room"`
	Title string `json:"title"`
	// State is "live" while the class goes on, "ended" after it, and "none" when
	// nothing is known of any.
	State string `json:"state"`
	// Began is when it was first live, and Ended when it was over; absent while
	// that is not so.
	Began   time.Time      `json:"began,omitzero"`
	Ended   time.Time      `json:"ended,omitzero"`
	Seconds int            `json:"seconds"` // that it lasted, so far
	Totals  ReportTotals   `json:"totals"`
	People  []ReportPerson `json:"people"` // in the order of first arrival
	Polls   []ReportPoll   `json:"polls"`  // the oldest first
}

// ReportTotals are numbers over all.
type ReportTotals struct {
	People   int `json:"people"` // who have been there
	Most     int `json:"most"`   // of them at one time
	Hands    int `json:"hands"`  // raised
	Messages int `json:"messages"`
	Polls    int `json:"polls"`
	Answers  int `json:"answers"` // to polls
}

// ReportPerson is one person's part in a class.
type ReportPerson struct {
	Member       room.MemberID `json:"member"`
	Name         string        `json:"name"`
	Role         room.Role     `json:"role"`
	Guest        bool          `json:"unverified"` // nobody vouches for the name
	First        time.Time     `json:"first"`      // came in
	Last         time.Time     `json:"last"`       // went out, or now
	Seconds      int           `json:"seconds"`    // there, without the time away
	Percent      float64       `json:"percent"`    // of the class, one digit after the point
	StageSeconds int           `json:"stage_seconds"`
	Hands        int           `json:"hands"`
	Messages     int           `json:"messages"`
	Answers      int           `json:"answers"` // to polls, of Asked
	Asked        int           `json:"asked"`   // polls that there were
	Right        int           `json:"right"`   // answers, of Scored
	Scored       int           `json:"scored"`  // polls with a right answer and names
}

// ReportPoll is a poll and how many have answered it right; of one without a
// right answer, or without names, Right is absent.
type ReportPoll struct {
	room.Poll
	Right *int `json:"right,omitempty"`
}

// Report tells of a class of a room. The error is ErrNotFound, or the store's.
func (r *Rooms) Report(ctx context.Context, name string, number int64) (Report, error) {
	d, err := r.Definition(name)
	if err != nil {
		return Report{}, err
	}
	report := Report{Room: name, Title: d.Title, State: "none", People: []ReportPerson{}, Polls: []ReportPoll{}}
	if c := r.goingOn(name, number); c != nil {
		return c.report(report), nil
	}
	was, err := r.keptClass(ctx, name, number)
	if err != nil || was.ID == 0 {
		return report, err
	}
	people, err := r.options.Store.Attendance(ctx, was.ID)
	if err != nil {
		return Report{}, err
	}
	polls, err := r.options.Store.Polls(ctx, was.ID)
	if err != nil {
		return Report{}, err
	}
	report.Began, report.Ended = was.Began, was.Ended
	report.fill(people, polls, lastSeen(people))
	return report, nil
}

// report tells of a class that goes on, or has just ended.
func (c *class) report(r Report) Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.now()
	r.Title = c.room.Facts().Title
	r.Began, r.Ended = c.room.Times()
	r.fill(c.room.Attendance(at), c.room.Polls(), at)
	return r
}

// lastSeen is when somebody was there for the last time.
func lastSeen(people []room.Attendance) (last time.Time) {
	for _, a := range people {
		for _, span := range a.Intervals {
			last = later(last, span.To)
		}
	}
	return last
}

// fill counts. at is now, or when more is not known.
func (r *Report) fill(people []room.Attendance, polls []room.PollResult, at time.Time) {
	r.State = "live"
	if !r.Ended.IsZero() {
		r.State, at = "ended", r.Ended
	}
	if !r.Began.IsZero() {
		r.Seconds = whole(at.Sub(r.Began))
	}
	r.Totals = ReportTotals{People: len(people), Most: most(people), Polls: len(polls)}
	right, scored := map[string]int{}, 0
	for _, p := range polls {
		poll := ReportPoll{Poll: p.Poll}
		if len(p.Poll.Correct) > 0 && !p.Poll.Anonymous {
			scored++
			n := 0
			for _, a := range p.Answers {
				if p.Poll.Right(a.Choice) {
					right[a.Identity]++
					n++
				}
			}
			poll.Right = &n
		}
		r.Polls = append(r.Polls, poll)
	}
	for _, a := range people {
		person := r.person(a, at)
		person.Asked, person.Scored, person.Right = len(polls), scored, right[a.Identity]
		r.People = append(r.People, person)
		r.Totals.Hands += a.Hands
		r.Totals.Messages += a.Messages
		r.Totals.Answers += a.Answers
	}
}

// person is somebody's part in the class, which lasted until at.
func (r *Report) person(a room.Attendance, at time.Time) ReportPerson {
	p := ReportPerson{
		Member: a.Member, Name: a.Name, Role: a.Role, Guest: a.Guest, StageSeconds: a.StageS,
		Hands: a.Hands, Messages: a.Messages, Answers: a.Answers,
	}
	var there, inClass time.Duration
	for i, span := range a.Intervals {
		if i == 0 {
			p.First = span.From
		}
		p.Last = span.To
		there += span.To.Sub(span.From)
		if from := later(span.From, r.Began); !r.Began.IsZero() && span.To.After(from) {
			inClass += span.To.Sub(from)
		}
	}
	p.Seconds = whole(there)
	if class := at.Sub(r.Began); !r.Began.IsZero() && class > 0 {
		p.Percent = min(100, math.Round(1000*float64(inClass)/float64(class))/10)
	}
	return p
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func whole(d time.Duration) int { return int(max(0, d).Round(time.Second) / time.Second) }

// most is how many were there at one time. Who goes makes room for who comes in
// the same moment.
func most(people []room.Attendance) (most int) {
	type step struct {
		at time.Time
		by int
	}
	var steps []step
	for _, a := range people {
		for _, span := range a.Intervals {
			steps = append(steps, step{span.From, 1}, step{span.To, -1})
		}
	}
	slices.SortFunc(steps, func(a, b step) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.by, b.by)) })
	there := 0
	for _, s := range steps {
		there += s.by
		most = max(most, there)
	}
	return most
}
