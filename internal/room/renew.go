package room

// Renew says what a newer token makes of a member. What a teacher has made of
// him in this class stays.
type Renew struct {
	Member  MemberID
	Role    Role     // unknown ones are observers
	Caps    []string // changes of the role's
	Reserve bool     // keeps a seat, as a teacher has it
}

// Expel ends a member's stay, because what he came by was taken back.
type Expel struct {
	Member MemberID
	Reason string
}

func (Renew) needs() Cap { return capSystem }
func (Expel) needs() Cap { return capSystem }

func (c Renew) do(t *turn) error {
	m := t.Members[c.Member]
	if m == nil || m.Where == gone {
		return refuse(CodeNotFound, "%s is not here", c.Member)
	}
	if m.RoleSet {
		return nil
	}
	was, wasStaff := m.Role, t.isStaff(m)
	m.Role, m.Reserve = c.Role.Known(), c.Reserve
	m.Plus, m.Minus = delta(c.Caps)
	t.capsChanged, t.stageChanged = true, true
	isStaff := t.isStaff(m)
	if m.Where == waiting {
		if isStaff {
			t.admit(m)
		}
		return nil
	}
	t.announce(m)
	if m.Role != was {
		t.effect(Became{m.someone()})
	}
	if isStaff != wasStaff { // much of what one sees is another's from now on
		t.settle()
		t.emit("room.snapshot", only(m.ID), ClassVital, t.snapshot(m, t.at))
	}
	return nil
}

func (c Expel) do(t *turn) error {
	m := t.Members[c.Member]
	if m == nil || m.Where == gone {
		return refuse(CodeNotFound, "%s is not here", c.Member)
	}
	if m.Hand != nil {
		t.lowerHand(m)
	}
	t.effect(Close{Member: m.ID, Status: StatusRemoved, Reason: c.Reason})
	t.leave(m, "ended")
	return nil
}

// Self is what a member is told about itself; the zero Self of a stranger.
func (r *Room) Self(id MemberID) Self {
	m := r.Members[id]
	if m == nil || m.Where == gone {
		return Self{Caps: []Cap{}}
	}
	self := r.self(m)
	if m.Where == waiting {
		self.Caps = []Cap{}
	}
	return self
}
