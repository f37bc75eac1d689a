package classroom

import (
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
