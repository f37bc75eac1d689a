package room

import "time"

// Person is a member as the staff sees one; to peers only Member, Name, Role, Since and Seat are given.
type Person struct {
	Member  MemberID  `json:"member"`
	Name    string    `json:"name"`
	Role    Role      `json:"role"`
	Since   time.Time `json:"since"`
	Hand    bool      `json:"hand,omitempty"`
	Seat    int       `json:"seat,omitempty"` // from 1; 0 is none
	Lost    bool      `json:"lost,omitempty"` // the connection is gone, the place is kept
	Quality string    `json:"quality,omitempty"`
	Device  string    `json:"device,omitempty"`
	Guest   bool      `json:"guest,omitempty"`   // nobody vouches for the name
	Blocked []string  `json:"blocked,omitempty"` // kinds of media
	Board   bool      `json:"board,omitempty"`   // may draw
}

// PeopleList asks who is there (people.list).
type PeopleList struct {
	Q      string `json:"q,omitempty"`      // part of a name
	Cursor string `json:"cursor,omitempty"` // of the page before
	Limit  int    `json:"limit,omitempty"`  // 1 to 200; 0 is 100
}

// PeoplePage is its reply, in the order of first arrival.
type PeoplePage struct {
	People []Person `json:"people"`
	Cursor string   `json:"cursor,omitempty"` // of the next page; absent on the last
	Total  int      `json:"total"`            // in the room, whatever was asked for
}

// PeopleEvent is who came, went and changed (people.event), for the staff, at most every 500 ms.
type PeopleEvent struct {
	Joined  []Person `json:"joined,omitempty"`
	Left    []Left   `json:"left,omitempty"`
	Changed []Person `json:"changed,omitempty"`
}

// Left is somebody who is no longer there.
type Left struct {
	Member MemberID `json:"member"`
	Reason string   `json:"reason"` // "left", "lost", "kicked", "moved" or "ended"
}

// PeopleKick sends somebody away (people.kick).
type PeopleKick struct {
	Member MemberID `json:"member"`
	Reason string   `json:"reason,omitempty"` // for the person, at most 200 characters
	Ban    string   `json:"ban,omitempty"`    // "none" (or ""), "class" or "24h"
}

// PeopleRole changes a role for this class (people.role).
type PeopleRole struct {
	Member MemberID `json:"member"`
	Role   Role     `json:"role"`
}

// Self is what a member is told about itself (self.update).
type Self struct {
	Member MemberID `json:"member"`
	Name   string   `json:"name"`
	Role   Role     `json:"role"`
	Caps   []Cap    `json:"caps"`
	Seat   int      `json:"seat,omitempty"` // from 1; 0 is none
}

// Ban keeps somebody out.
type Ban struct {
	Identity string    `json:"identity"`
	Device   string    `json:"device,omitempty"` // a cookie of the browser, when there was one
	Name     string    `json:"name"`
	By       string    `json:"by"`
	Reason   string    `json:"reason,omitempty"`
	Until    time.Time `json:"until,omitzero"` // zero: until the class ends
}

func (PeopleList) needs() Cap { return capAny } // CapModerate, or the policy's roster is "all"
func (PeopleKick) needs() Cap { return CapModerate }
func (PeopleRole) needs() Cap { return CapTeach }
