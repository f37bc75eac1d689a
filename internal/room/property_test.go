package room

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// script makes commands out of numbers, whatever the numbers.
type script struct {
	*class
	pick   func(n int) int
	people []Join
	ids    map[string]MemberID // by identity
	held   map[MemberID][3]bool
	shapes int
}

func newScript(t testing.TB, pick func(int) int) *script {
	s := &script{class: newClass(t, Settings{Seats: 3, MaxPeople: 9, Manual: pick(4) == 0}), pick: pick,
		ids: make(map[string]MemberID), held: make(map[MemberID][3]bool)}
	roles := []Role{Teacher, Teacher, Assistant, Student, Student, Student, Student, Student, Student, Student, Observer, "admin"}
	for i, role := range roles {
		name := fmt.Sprintf("%s%d", role, i)
		s.people = append(s.people, Join{Identity: name, Name: name, Role: role, Cookie: "c" + name, Reserve: i == 4, Guest: i > 6, Origin: []string{"", "here"}[i%2]})
	}
	return s
}

func (s *script) bool() bool { return s.pick(2) == 0 }

func one[T any](s *script, list ...T) T { return list[s.pick(len(list))] }

// somebody is anybody who has ever been there, or nobody.
func (s *script) somebody() MemberID {
	if len(s.r.Order) == 0 || s.pick(30) == 0 {
		return "p_nobody"
	}
	return s.r.Order[s.pick(len(s.r.Order))]
}

func (s *script) message() string {
	if len(s.r.Chat) == 0 || s.pick(9) == 0 {
		return one(s, "", "m_1", "x")
	}
	return s.r.Chat[s.pick(len(s.r.Chat))].Msg
}

func (s *script) poll() string {
	if len(s.r.Asked) == 0 || s.pick(9) == 0 {
		return "q_1"
	}
	return s.r.Asked[s.pick(len(s.r.Asked))].ID
}

func (s *script) kind() string { return one(s, "audio", "video", "screen", "audio", "video", "smell") }

// command is any command that people can send.
func (s *script) command() Command {
	on := s.bool()
	seat := s.pick(5) - s.pick(2)
	switch s.pick(47) {
	case 0, 1:
		return RTCOffer{PC: one(s, "sub", "pub", "main"), SDP: "v=0", Tracks: []Track{{"0", "audio", "mic"}, {"1", "video", one(s, "camera", "screen")}}}
	case 2:
		return one[Command](s, RTCICE{PC: "sub"}, RTCClose{PC: "pub"}, SubPrefs{Seats: []SeatPrefs{{Seat: seat}}}, StatsReport{})
	case 3, 4, 5:
		return HandRaise{Mood: one(s, "", "done", "lost", "bored"), Note: one(s, "", "a note")}
	case 6:
		return HandLower{Member: one(s, "", "*", s.somebody())}
	case 7, 8, 9, 10:
		return StageInvite{Member: s.somebody(), Swap: one(s, "", "", s.somebody()), Media: one(s, nil, []string{"mic", "screen"}, []string{"hat"})}
	case 11, 12, 13:
		return StageAccept{}
	case 14:
		return one[Command](s, StageDecline{}, StageCancel{s.somebody()})
	case 15:
		return StageLeave{}
	case 16:
		return one(s, StageRemove{Member: s.somebody()}, StageRemove{Seat: &seat})
	case 17:
		return StageBring{Stream: one(s, "live/obs", "obs2", "../x"), Seat: seat}
	case 18, 19, 20, 21, 22:
		return MediaState{Mic: on, Camera: s.bool(), Screen: s.pick(3) == 0}
	case 23, 24:
		return MediaMute{Member: one(s, "*", s.somebody(), s.somebody()), Kind: s.kind(), Except: one(s, nil, []MemberID{s.somebody()})}
	case 25:
		return MediaBlock{Member: s.somebody(), Kind: s.kind(), Blocked: on}
	case 26:
		return MediaAsk{Member: s.somebody(), Kind: s.kind()}
	case 27:
		slow, minutes := one(s, 0, 5, -1), one(s, 15, 1, 300)
		return one(s, RoomPolicy{Preset: orNil(one(s, Lecture, Seminar, Exam, Open, Broadcast, Custom, "party"))},
			RoomPolicy{Lobby: &on}, RoomPolicy{Chat: orNil(one(s, "all", "staff", "off", "x")), SlowS: &slow, PrivateChat: &on},
			RoomPolicy{Unmute: orNil(one(s, "free", "ask")), Stage: orNil(one(s, "free", "invite")), Roster: orNil(one(s, "all", "staff"))},
			RoomPolicy{UnattendedMin: &minutes, Danmaku: &on, Links: &on})
	case 28:
		return RoomLayout{Mode: one(s, "content", "grid", "pile"), Spotlight: one(s, "", s.somebody()), Keep: one(s, nil, []MemberID{s.somebody()})}
	case 29:
		return one[Command](s, RoomLock{on}, RoomStart{}, RoomTitle{one(s, "", "Algebra")})
	case 30:
		return PeopleList{Q: one(s, "", "stud"), Limit: s.pick(4)}
	case 31:
		if s.pick(4) > 0 {
			return PeopleList{}
		}
		return PeopleKick{Member: s.somebody(), Ban: one(s, "", "class", "24h", "life")}
	case 32:
		return PeopleRole{Member: s.somebody(), Role: one(s, Teacher, Assistant, Student, Student, Observer, "king")}
	case 33:
		return one[Command](s, LobbyAdmit{[]MemberID{"*"}}, LobbyAdmit{[]MemberID{s.somebody()}}, LobbyDeny{Member: s.somebody()}, LobbySay{"soon"})
	case 34, 35, 36:
		return ChatSend{Text: fmt.Sprint(one(s, "hello ", "see www.example.org ", ""), s.pick(50)), To: one(s, "", "", "staff", string(s.somebody())),
			Nonce: one(s, "", "", "n"), ReplyTo: one(s, "", s.message())}
	case 37:
		return one[Command](s, ChatDelete{s.message()}, ChatPin{s.message()}, ChatHistoryGet{Before: s.message()}, ChatHistoryGet{}, ChatClear{})
	case 38, 39:
		return one[Command](s, DanmakuSend{Text: "wow"}, React{"clap"}, React{"boo"}, DanmakuSend{Text: ""})
	case 40:
		return one(s, PollStart{Q: "?", Options: []string{"a", "b"}, Correct: []int{1}, Anonymous: on},
			PollStart{Q: "words", Seconds: s.pick(60)}, PollStart{Text: "? 1+1\n- 1\n* 2\n* two"}, PollStart{Q: "one", Options: []string{"a"}})
	case 41, 42:
		return PollVote{Poll: s.poll(), Choice: one(s, []int{0}, []int{1}, []int{0, 1}, []int{7}, nil), Text: one(s, "", "Word")}
	case 43:
		return one[Command](s, PollClose{s.poll()}, PollPublish{s.poll(), on})
	case 44:
		s.shapes++
		id := one(s, fmt.Sprint(s.shapes), "1", "2")
		op := one(s, Op{T: "stroke", ID: id, D: json.RawMessage(`[1,2]`)}, Op{T: "stroke", ID: id, D: json.RawMessage(`[1,2]`)}, Op{T: "move", ID: id, DX: 5},
			Op{T: "del", ID: id}, Op{T: "clear"}, Op{T: "undo"}, Op{T: "page", Page: s.pick(4)})
		return BoardOp{Board: one(s, "b1", "b1", "b1", "b2"), Ops: []Op{op, op}[:1+s.pick(2)]}
	case 45:
		return one[Command](s, BoardGrant{one(s, "*", "stage", s.somebody()), on}, BoardLive{Board: "b1", ID: "x"}, BoardGet{Board: "b1", Since: &seat})
	default:
		return one[Command](s, AppSend{To: one(s, "staff", "*", string(s.somebody())), Kind: "x-test"}, CaptionLine{Member: s.somebody(), Text: "so"})
	}
}

// outside is anything that the owner sees happen.
func (s *script) outside() {
	id := s.somebody()
	var c Command
	switch s.pick(18) {
	case 0, 1, 2, 3, 4:
		j := s.people[s.pick(len(s.people))]
		j.Takeover = s.pick(3) == 0
		lobby := s.bool()
		j.Lobby = one(s, nil, nil, &lobby)
		reply, err := s.try(System, j)
		if err == nil {
			s.ids[j.Identity] = reply.(Joined).Member
			s.welcome(reply.(Joined).Member)
			if p := s.pages[reply.(Joined).Member]; p != nil && p.waiting == nil {
				s.list(p)
			}
		}
		return
	case 5:
		c = Lost{id}
	case 6, 7:
		c = Back{id}
	case 8:
		c = Leave{id}
	case 9, 10:
		c = MediaUp{id}
	case 11:
		c = MediaDown{id}
	case 12:
		c = one[Command](s, Shown{Seat: s.pick(6) - 1}, StreamUp{s.pick(5)}, StreamDown{Seat: s.pick(5), Reason: "gone"})
	case 13:
		n := s.pick(6) - 1
		c = Stalled{Seat: n, Epoch: s.pick(2), On: s.bool()}
		if n >= 0 && n < len(s.r.Seats) && s.pick(4) > 0 {
			c = Stalled{Seat: n, Epoch: s.r.Seats[n].Epoch, On: s.bool()}
		}
	case 15:
		c = Renew{Member: id, Role: one(s, Teacher, Assistant, Student, Observer, "king"), Caps: one(s, nil, []string{"+screen", "-chat"}), Reserve: s.bool()}
	case 16:
		c = Expel{Member: id, Reason: "the key was taken back"}
	case 14:
		c = Sends{Member: id, Medium: one(s, Camera, Camera, Mic), On: s.bool()}
	default:
		c = one[Command](s, Measured{MemberQuality{Member: id, Dir: one(s, "up", "down"), Score: one(s, "good", "poor")}},
			Heard{Speakers{Active: []Speaker{{Member: id, Level: s.pick(100)}}, Dominant: id}}, Forget{s.people[s.pick(len(s.people))].Identity})
	}
	if leave, ok := c.(Leave); ok {
		defer delete(s.pages, leave.Member)
	}
	_, _ = s.try(System, c)
}

// step does one thing and looks whether the rules still hold.
func (s *script) step() {
	s.t.Helper()
	if s.pick(4) == 0 {
		s.at = s.at.Add(time.Duration(s.pick(3000)) * time.Millisecond)
	}
	switch s.pick(12) {
	case 0:
		s.jump(time.Duration(s.pick(40)) * time.Second / 2)
	case 1, 2:
		s.outside()
	default:
		s.act()
	}
	s.check()
}

func (s *script) act() {
	s.t.Helper()
	actor, c := s.somebody(), s.command()
	m := s.r.Members[actor]
	able := m != nil && m.Where == here && s.r.caps(m).has(c.needs())
	look := s.pick(4) == 0 // it takes longer than all the rest
	var before []byte
	if look {
		var err error
		if before, err = s.r.Save(); err != nil {
			s.t.Fatal(err)
		}
	}
	ver := s.r.Boards[0].Ver
	_, err := s.try(actor, c)
	if err == nil && !able {
		s.t.Fatalf("%s, who lacks %s, did %T", actor, c.needs(), c)
	}
	if err != nil {
		if !look {
			return
		}
		after, _ := s.r.Save()
		if string(after) != string(before) || s.r.Boards[0].Ver != ver {
			same(s.t, fmt.Sprintf("a refused %T (%v) left", c, err), json.RawMessage(after), json.RawMessage(before))
		}
		return
	}
	s.muted(c)
}

// muted keeps its own book of whom the staff muted, to compare with the gates.
func (s *script) muted(c Command) {
	switch c := c.(type) {
	case MediaMute:
		k, _ := kindIndex(c.Kind)
		for id, m := range s.r.Members {
			if m.Seat > 0 && (c.Member == id || c.Member == "*" && !s.r.isStaff(m) && !slices.Contains(c.Except, id)) {
				if s.opened(id, media[k]) {
					s.t.Fatalf("%s is muted and heard", id)
				}
				if !s.r.isStaff(m) {
					h := s.held[id]
					h[k] = true
					s.held[id] = h
				}
			}
		}
	case MediaAsk:
		k, _ := kindIndex(c.Kind)
		h := s.held[c.Member]
		h[k] = false
		s.held[c.Member] = h
	}
}

func (s *script) check() {
	s.t.Helper()
	for id, m := range s.r.Members {
		if m.Seat == 0 || s.r.isStaff(m) || s.r.Policy.Unmute != "ask" {
			delete(s.held, id)
		}
	}
	r := s.r
	sits := make(map[MemberID]int)
	for n, seat := range r.Seats {
		if (seat.State == SeatFree) != (seat.Member == "" && seat.Stream == "") || seat.Member != "" && seat.Stream != "" {
			s.t.Fatalf("seat %d is %+v", n, seat)
		}
		if seat.Stalled && seat.State != SeatReconnecting && seat.State != SeatReserved {
			s.t.Fatalf("seat %d stalls and is %s", n, seat.State)
		}
		if v := r.seatView(n); r.unheard(v) && (!v.Audio || v.State != SeatLive) {
			s.t.Fatalf("seat %d is missed by ear and is %+v", n, v)
		}
		if seat.Member == "" {
			continue
		}
		m := r.Members[seat.Member]
		if m == nil || m.Where != here || m.Role == Observer {
			s.t.Fatalf("seat %d has %+v", n, m)
		}
		if n > 0 && sits[m.ID] > 0 {
			s.t.Fatalf("%s has two seats", m.ID)
		}
		if n > 0 {
			sits[m.ID] = n
		} else if !m.Media.Screen || m.Seat == 0 {
			s.t.Fatalf("seat 0 is of %s, who shows nothing", m.ID)
		}
	}
	for id, m := range r.Members {
		if m.Seat != sits[id] {
			s.t.Fatalf("%s thinks it sits on %d, not %d", id, m.Seat, sits[id])
		}
		if m.Media.Screen && r.Seats[0].Member != id {
			s.t.Fatalf("%s shows a screen nowhere", id)
		}
		for i, open := range [3]bool{s.opened(id, Mic), s.opened(id, Camera), s.opened(id, Screen)} {
			if want := m.gates()[i]; open != want && r.State != Ended {
				s.t.Fatalf("%s of %s is open: %v, want %v", media[i], id, open, want)
			}
			if open && (m.Blocked[i] || s.held[id][i] || m.Seat == 0 || m.Where != here) {
				s.t.Fatalf("%s of %s is open, who is blocked %v, muted %v, on seat %d", media[i], id, m.Blocked, s.held[id], m.Seat)
			}
		}
	}
	var last time.Time
	for i, id := range r.Queue {
		m := r.Members[id]
		if m == nil || m.Hand == nil || m.Hand.Since.Before(last) || slices.Index(r.Queue, id) != i {
			s.t.Fatalf("the queue is out of order at %d: %v", i, r.Queue)
		}
		last = m.Hand.Since
	}
	for i, id := range r.Lobby {
		if m := r.Members[id]; m == nil || m.Where != waiting || slices.Index(r.Lobby, id) != i {
			s.t.Fatalf("the lobby is %v", r.Lobby)
		}
	}
	for _, bound := range []struct {
		name   string
		is, to int
	}{
		{"members", len(r.Members), maxKnown * r.maxPeople}, {"order", len(r.Order), len(r.Members)},
		{"people", r.count().People, r.maxPeople + extraStaff}, {"lobby", len(r.Lobby), 2 * r.maxPeople},
		{"queue", len(r.Queue), len(r.Members)}, {"invitations", len(r.Invites), maxInvites}, {"chat", len(r.Chat), ChatHistory},
		{"polls", len(r.Asked), maxPolls}, {"bans", len(r.Bans), maxBans}, {"board log", r.Boards[0].ops, maxLog},
		{"from one place", s.from("here"), r.fromOne()}, {"lines", len(r.gathered.lines.held), maxLines}, {"identities", len(r.identities), len(r.Members)},
	} {
		if bound.is > bound.to {
			s.t.Fatalf("%d %s, want at most %d", bound.is, bound.name, bound.to)
		}
	}
}

// from counts the guests of an origin.
func (s *script) from(origin string) (n int) {
	for _, m := range s.r.Members {
		if m.Guest && m.Origin == origin && m.Where != gone && !s.r.isStaff(m) {
			n++
		}
	}
	return n
}

// list gives a page of the staff the people who are there, as a client that asks for all pages.
func (s *script) list(p *client) {
	if m := s.r.Members[p.id]; m != nil && s.r.isStaff(m) {
		p.people = make(map[MemberID]Person)
		for _, id := range s.r.Order {
			if m := s.r.Members[id]; m.Where == here {
				p.people[id] = copied(s.t, s.r.person(m))
			}
		}
	}
}

// compare lets what was gathered go out, and compares every client with the room.
func (s *script) compare() {
	s.t.Helper()
	s.pass(1500 * time.Millisecond)
	for id, p := range s.pages {
		now, lobby := s.r.Snapshot(id, s.at)
		switch {
		case now == nil && lobby == nil:
			s.t.Errorf("%s is gone and was not told", id)
		case now == nil:
			same(s.t, string(id)+" in the lobby knows", p.waiting, lobby)
		case p.waiting != nil:
			s.t.Errorf("%s still waits", id)
		default:
			p.compare(s.t, copied(s.t, now))
			if m := s.r.Members[id]; p.people != nil && s.r.isStaff(m) {
				known := p.people
				s.list(p)
				same(s.t, string(id)+" knows people", known, p.people)
			}
		}
	}
	if s.t.Failed() {
		s.t.FailNow()
	}
}

func TestNoSequenceOfCommandsBreaksTheRules(t *testing.T) {
	for seed := range uint64(16) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 6))
			s := newScript(t, rng.IntN)
			s.join("teacher0", Teacher)
			for i := range 3000 {
				s.step()
				if i%40 == 0 {
					s.compare()
				}
				if s.r.State == Ended {
					break
				}
			}
		})
	}
}

func FuzzCommands(f *testing.F) {
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 9))
		numbers := make([]byte, 600)
		for i := range numbers {
			numbers[i] = byte(rng.Uint32())
		}
		f.Add(numbers)
	}
	f.Fuzz(func(t *testing.T, numbers []byte) {
		numbers = numbers[:min(len(numbers), 600)] // longer classes are those of the test above
		s := newScript(t, func(n int) int {
			if len(numbers) == 0 {
				return 0
			}
			x := int(numbers[0])
			numbers = numbers[1:]
			return x % n
		})
		s.join("teacher0", Teacher)
		for len(numbers) > 0 && s.r.State != Ended {
			s.step()
		}
		s.compare()
	})
}
