package room

import "time"

// Snapshot is what a member's welcome needs, right after the Do that brought the
// member in: its events are in it. Of somebody in the lobby it is nil, and the
// LobbyUpdate is there instead; of a stranger both are nil.
func (r *Room) Snapshot(of MemberID, at time.Time) (*Snapshot, *LobbyUpdate) {
	m := r.Members[of]
	switch {
	case m == nil || m.Where == gone:
		return nil, nil
	case m.Where == waiting:
		return nil, &LobbyUpdate{Pos: index(r.Lobby, of) + 1, Message: r.LobbyText}
	}
	return r.snapshot(m, at), nil
}

func index(ids []MemberID, id MemberID) int {
	for i := range ids {
		if ids[i] == id {
			return i
		}
	}
	return -1
}

func (r *Room) snapshot(m *member, at time.Time) *Snapshot {
	isStaff := r.isStaff(m)
	count := r.count()
	info := r.info()
	info.People = count.People
	s := &Snapshot{
		Self:   r.self(m),
		Room:   info,
		Seats:  r.seatViews(),
		Stage:  r.stageView(m, isStaff, at),
		Hand:   &HandView{HandOwn: HandOwn{Raised: m.Hand != nil, Pos: r.place(m)}, Waiting: len(r.Queue)},
		Chat:   r.chatPage(m),
		Polls:  r.pollsFor(m),
		Boards: r.boardViews(),
		Count:  &count,
		Limits: Limits{
			FrameBytes: large, ChatChars: maxText, ChatPer10s: r.chatRate.per(10),
			DanmakuChars: maxDanmaku, DanmakuPer2s: r.danmakuRate.per(2),
			BoardOpsPerS: int(time.Second / boardRate.every), BoardLivePerS: int(time.Second / liveRate.every),
		},
	}
	if m.Seat > 0 {
		s.Media = &MediaView{MediaState: m.Media, Blocked: kindsOf(m.Blocked)}
		if r.Policy.Unmute == "ask" && !isStaff {
			s.Media.Muted = kindsOf(m.Held)
		}
	}
	if isStaff {
		lobby := r.lobbyList()
		s.Lobby, s.Hand.Queue = &lobby, r.queue()
	} else {
		count.Waiting = 0
	}
	return s
}

func (r *Room) stageView(m *member, isStaff bool, at time.Time) *StageView {
	v := &StageView{}
	for _, i := range r.Invites {
		if i.Member == m.ID {
			invited := i.view(at)
			v.Invited = &invited
		}
	}
	if isStaff {
		v.Invites = r.invitations(at)
	}
	return v
}
