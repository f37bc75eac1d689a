package classroom

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"lectern/internal/auth"
	"lectern/internal/room"
	"lectern/internal/store"
)

const (
	// saveEvery is how often a class's state is kept while something happens:
	// what a crash costs at most. Chat, boards and bans are kept at once.
	saveEvery = 10 * time.Second
	// goesOn is how old a state may be from which a class goes on. What is
	// older is another class.
	goesOn = 15 * time.Minute
)

// savedClass is what a class goes on from after a restart.
type savedClass struct {
	Room     json.RawMessage `json:"room"`
	Seq      uint64          `json:"seq"`
	Sessions []savedSession  `json:"sessions"`
}

type savedSession struct {
	ID     string        `json:"id"`
	Key    []byte        `json:"key"` // its digest
	Member room.MemberID `json:"member"`
	Join   room.Join     `json:"join"`

	ByToken bool       `json:"by_token,omitempty"`
	Sub     string     `json:"sub,omitempty"`
	Proof   auth.Proof `json:"proof,omitzero"` // digests and ids, which open nothing
	Expires time.Time  `json:"expires,omitzero"`
}

// keepLocked keeps what has to last.
func (c *class) keepLocked(data any) { c.keepAsLocked(c.number, data) }

// keepAsLocked keeps what belongs to a class with a number.
func (c *class) keepAsLocked(class int64, data any) {
	db := c.rooms.options.Store
	if db == nil {
		return
	}
	ctx := context.Background() // what has happened is kept, whoever has gone
	switch d := data.(type) {
	case room.SaveChat:
		c.keepsLocked(func() error { return db.AppendChat(ctx, class, d.Identity, d.Message) })
	case room.DropChat:
		c.keepsLocked(func() error { return db.DeleteChat(ctx, class, d.Msg) })
	case room.SaveBegan:
		c.keepsLocked(func() error { return db.PutBegan(ctx, class, d.At) })
	case room.SaveAttendance:
		c.keepsLocked(func() error { return db.PutAttendance(ctx, class, d.Attendance) })
	case room.SavePoll:
		c.keepsLocked(func() error { return db.PutPoll(ctx, class, d.Result) })
	case room.SaveBoard:
		c.keepsLocked(func() error { return db.AppendBoard(ctx, class, d.Ops) })
	case room.SaveBoardPages:
		c.keepsLocked(func() error { return db.PutBoardPages(ctx, class, d) })
	case room.SaveBan:
		c.keepsLocked(func() error { return db.PutBan(ctx, c.definition.ID, d.Ban) })
	}
}

// keepsLocked writes when what was decided before it is written.
func (c *class) keepsLocked(write func() error) {
	c.keeps.add(func() {
		if err := write(); err != nil {
			c.log.Error("not kept", "error", err)
		}
	})
}

// keepEndLocked says that the class is over.
func (c *class) keepEndLocked() {
	if db := c.rooms.options.Store; db != nil {
		_, ended := c.room.Times()
		c.keepsLocked(func() error { return db.EndClass(context.Background(), c.number, ended) })
	}
}

// saveLocked keeps the state.
func (c *class) saveLocked(at time.Time) {
	c.saved, c.changed = at, false
	db := c.rooms.options.Store
	if db == nil {
		return
	}
	rules, err := c.room.Save()
	if err != nil {
		c.log.Error("not kept", "error", err)
		return
	}
	state := savedClass{Room: rules, Seq: c.seq, Sessions: make([]savedSession, 0, len(c.sessions))}
	for _, s := range c.sessions {
		state.Sessions = append(state.Sessions, savedSession{
			ID: s.id, Key: s.key[:], Member: s.member, Join: s.join,
			ByToken: s.right.byToken, Sub: s.right.sub, Proof: s.right.proof, Expires: s.right.expires,
		})
	}
	c.keepsLocked(func() error {
		text, err := json.Marshal(state)
		if err != nil {
			return fmt.Errorf("save a class: %w", err)
		}
		return db.PutState(context.Background(), c.number, text)
	})
}

// begin makes the rules of a class: from what is kept of one that goes on, or
// new ones.
func (c *class) begin(ctx context.Context, before *store.OpenClass) error {
	settings := room.Settings{
		ID: c.definition.ID, Title: c.definition.Title, Seats: c.definition.Seats, MaxPeople: c.definition.MaxPeople,
		Codec: c.definition.Codec, Policy: c.definition.Policy, Manual: c.definition.Manual, LobbyText: c.definition.LobbyText,
		Grace: c.rooms.options.Grace, ChatRate: c.rooms.options.ChatRate, DanmakuRate: c.rooms.options.DanmakuRate,
	}
	db := c.rooms.options.Store
	if db == nil {
		c.room = room.New(settings)
		return nil
	}
	var err error
	if settings.Bans, err = db.Bans(ctx, c.definition.ID); err != nil {
		return err
	}
	if before != nil {
		if err = c.restore(ctx, settings, before); err == nil {
			return nil
		}
		c.log.Warn("a class does not go on", "error", err)
		c.conclude(settings, before)
	}
	c.room = room.New(settings)
	c.number, err = db.BeginClass(ctx, c.definition.ID)
	return err
}

// conclude ends a class that does not go on as of when it was last known to, so
// that who was there then is in the lists of it.
func (c *class) conclude(settings room.Settings, before *store.OpenClass) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var state savedClass
	at := before.StateAt
	if err := json.Unmarshal(before.State, &state); err == nil {
		if was, err := room.Restore(settings, state.Room, at); err == nil {
			events, _ := was.Do(at, room.System, room.Finish{Reason: "the server was gone"}) // over already
			for _, e := range events {
				c.keepAsLocked(before.ID, e.Data)
			}
		}
	}
	db := c.rooms.options.Store
	c.keepsLocked(func() error { return db.EndClass(context.Background(), before.ID, at) })
}

func (c *class) restore(ctx context.Context, settings room.Settings, before *store.OpenClass) error {
	at := c.now()
	if age := at.Sub(before.StateAt); before.State == nil || age > goesOn {
		return fmt.Errorf("its state is of %v ago", age.Round(time.Second))
	}
	var state savedClass
	if err := json.Unmarshal(before.State, &state); err != nil {
		return fmt.Errorf("read its state: %w", err)
	}
	db := c.rooms.options.Store
	var err error
	if settings.Chat, err = db.Chat(ctx, before.ID, room.ChatHistory, false); err != nil {
		return err
	}
	if settings.Boards, err = db.Boards(ctx, before.ID); err != nil {
		return err
	}
	if c.room, err = room.Restore(settings, state.Room, at); err != nil {
		return err
	}
	c.definition.Seats = c.room.SeatCount() // they may be others from the next class on
	c.number, c.seq = before.ID, state.Seq
	for _, was := range state.Sessions {
		if len(was.Key) != sha256.Size {
			continue
		}
		s := &session{
			id: was.ID, key: [sha256.Size]byte(was.Key), member: was.Member, join: was.Join, lost: at, stale: true,
			right: right{byToken: was.ByToken, sub: was.Sub, proof: was.Proof, expires: was.Expires},
		}
		s.ring.restart(c.seq)
		c.sessions[s.id], c.members[s.member] = s, s
	}
	c.log.Info("the class goes on", "sessions", len(c.sessions))
	return nil
}
