package room

import "time"

// maxIntervals of one person are told apart; more are one.
const maxIntervals = 64

// presence is what attendance lists say of a person.
type presence struct {
	Intervals []Interval // the last one has no end while the person is here
	StageFor  time.Duration
	StageAt   time.Time // since when on stage, or zero
	Hands     int
	Messages  int
	Answers   int
	Kept      bool // a guest of whom something outlasts the class
}

// arrive begins an interval, or goes on with one that ended a moment ago.
func (p *presence) arrive(at time.Time, grace time.Duration) {
	if n := len(p.Intervals); n > 0 && (at.Sub(p.Intervals[n-1].To) <= grace || n == maxIntervals) {
		p.Intervals[n-1].To = time.Time{}
		return
	}
	p.Intervals = append(p.Intervals, Interval{From: at})
}

func (p *presence) depart(at time.Time) {
	if n := len(p.Intervals); n > 0 && p.Intervals[n-1].To.IsZero() {
		last := &p.Intervals[n-1]
		last.To = at
		if at.Before(last.From) {
			last.To = last.From
		}
	}
}

// maxGuestsKept bounds the guests of one class whose presence outlasts it: each
// visit of somebody without a name that anybody vouches for is another one.
const maxGuestsKept = 2000

// saveAttendance keeps what is known of somebody's presence. Of more guests than
// are kept nothing is.
func (t *turn) saveAttendance(m *member) {
	if m.Guest && !m.Kept {
		if t.GuestsKept >= maxGuestsKept {
			t.effect(Unkept{})
			return
		}
		t.GuestsKept++
		m.Kept = true
	}
	t.effect(SaveAttendance{t.attendance(m, t.at)})
}

// Times are when the class was first live and when it was over; zero while that
// is not so.
func (r *Room) Times() (began, ended time.Time) {
	if r.State == Ended {
		ended = r.Since
	}
	return r.Began, ended
}

// Attendance is everybody's presence so far, in the order of first arrival.
func (r *Room) Attendance(at time.Time) []Attendance {
	all := make([]Attendance, 0, len(r.Order))
	for _, id := range r.Order {
		if m := r.Members[id]; len(m.Intervals) > 0 {
			all = append(all, r.attendance(m, at))
		}
	}
	return all
}

func (r *Room) attendance(m *member, at time.Time) Attendance {
	a := Attendance{
		Identity: m.Identity, Member: m.ID, Name: m.Name, Role: m.Role, Guest: m.Guest,
		Intervals: newest(m.Intervals, maxIntervals), Hands: m.Hands, Messages: m.Messages, Answers: m.Answers - r.secret(m),
	}
	var there, inClass time.Duration
	for i := range a.Intervals {
		span := &a.Intervals[i]
		if span.To.IsZero() {
			span.To = at
		}
		there += span.To.Sub(span.From)
		if !r.Began.IsZero() && span.To.After(r.Began) {
			from := span.From
			if from.Before(r.Began) {
				from = r.Began
			}
			inClass += span.To.Sub(from)
		}
	}
	onStage := m.StageFor
	if !m.StageAt.IsZero() {
		onStage += at.Sub(m.StageAt)
	}
	a.Minutes, a.Stage = minutes(there), minutes(onStage)
	a.Seconds, a.StageS = seconds(there), seconds(onStage)
	if class := at.Sub(r.Began); !r.Began.IsZero() && class > 0 {
		a.Percent = min(100, tenths(100*float64(inClass)/float64(class)))
	}
	return a
}

// secret is how many answers of somebody's are to anonymous polls that are open:
// a number that grows together with a bar would tell who answered what.
func (r *Room) secret(m *member) (n int) {
	for _, p := range r.Asked {
		if p.State == PollOpen && p.Voted[m.Identity] {
			n++
		}
	}
	return n
}

func seconds(d time.Duration) int { return int(d.Round(time.Second) / time.Second) }

func minutes(d time.Duration) float64 { return tenths(d.Minutes()) }

// tenths leaves one digit after the point.
func tenths(x float64) float64 { return float64(int64(x*10+0.5)) / 10 }
