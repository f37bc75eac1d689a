package room

// Apply returns the policy that a change makes of another, where the zero
// Policy is a lecture. The error is an *Error.
func (c RoomPolicy) Apply(p Policy) (Policy, error) { return c.on(p.whole()) }

// People lists who is in the room as the staff sees them, in the order of first
// arrival.
func (r *Room) People() []Person {
	people := []Person{}
	for _, id := range r.Order {
		if m := r.Members[id]; m.Where == here {
			people = append(people, r.person(m))
		}
	}
	return people
}
