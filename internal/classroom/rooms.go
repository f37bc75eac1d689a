package classroom

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"lectern/internal/auth"
	"lectern/internal/room"
)

// Options are the choices of Rooms. Zero values mean the defaults.
type Options struct {
	// Media moves sound and pictures. Nil moves none: the rest works.
	Media Media
	// Seats, Codec and MaxPeople are what a room has unless it says otherwise.
	// Default 6, "vp8" and 500.
	Seats     int
	Codec     string
	MaxPeople int
	// Grace is how long a lost member keeps his place. Default two minutes.
	Grace time.Duration
	// Idle is how long a room stays live when nobody is connected. Default 20 min,
	// which is longer than any place is kept.
	Idle time.Duration
	// MaxRooms bounds the rooms that there are, and MaxLive those in which
	// somebody is. Default 10 000 and 1 000.
	MaxRooms, MaxLive int
	// MaxPublishKbps is what clients are told to send at most. Default 1 800.
	MaxPublishKbps int
	// ICEServers are told to clients.
	ICEServers []room.ICEServer
	// Server is what the program calls itself.
	Server room.Server
	// Log receives one line a change of state. Default: none.
	Log *slog.Logger
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	o.Seats = cmp.Or(o.Seats, 6)
	o.Codec = cmp.Or(o.Codec, "vp8")
	o.MaxPeople = cmp.Or(o.MaxPeople, 500)
	o.Grace = cmp.Or(o.Grace, room.DefaultGrace)
	o.Idle = cmp.Or(o.Idle, 20*time.Minute)
	o.MaxRooms = cmp.Or(o.MaxRooms, 10_000)
	o.MaxLive = cmp.Or(o.MaxLive, 1000)
	o.MaxPublishKbps = cmp.Or(o.MaxPublishKbps, 1800)
	o.Server.Name = cmp.Or(o.Server.Name, "lectern")
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	if o.ICEServers == nil {
		o.ICEServers = []room.ICEServer{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Rooms are all rooms of a server: what they are, and the classes in those
// where somebody is. Close them.
type Rooms struct {
	options Options

	mu          sync.Mutex
	definitions map[string]Definition
	invites     map[string]Invite // by the digest of the secret
	classes     map[string]*class
	closed      bool
}

// New returns Rooms; close them.
func New(o Options) *Rooms {
	return &Rooms{
		options: o.withDefaults(), definitions: map[string]Definition{}, invites: map[string]Invite{}, classes: map[string]*class{},
	}
}

// Fresh is a definition with this server's defaults.
func (r *Rooms) Fresh(name string) Definition {
	return Definition{
		ID: name, Title: name, Seats: r.options.Seats, Codec: r.options.Codec, MaxPeople: r.options.MaxPeople, Made: r.options.Now(),
	}
}

// Make adds a room. The error is ErrTaken, ErrTooMany, ErrClosed, or wraps ErrMalformed.
func (r *Rooms) Make(d Definition) error {
	if err := d.check(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.definitions[d.ID]; ok {
		return ErrTaken
	}
	return r.makeLocked(d)
}

func (r *Rooms) makeLocked(d Definition) error {
	if r.closed {
		return ErrClosed
	}
	if len(r.definitions) >= r.options.MaxRooms {
		return ErrTooMany
	}
	r.definitions[d.ID] = d
	return nil
}

// ensure adds a room with the defaults when there is none of this name.
func (r *Rooms) ensure(name string) error {
	d := r.Fresh(name)
	if err := d.check(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.definitions[name]; ok {
		return nil
	}
	return r.makeLocked(d)
}

// Change changes a room; what it changes counts from the next class on. The
// error is ErrNotFound, wraps ErrMalformed, or is change's own.
func (r *Rooms) Change(name string, change func(*Definition) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	d, ok := r.definitions[name]
	if !ok {
		return ErrNotFound
	}
	if err := change(&d); err != nil {
		return err
	}
	d.ID = name
	if err := d.check(); err != nil {
		return err
	}
	r.definitions[name] = d
	return nil
}

// Definition returns what a room is. The error is ErrNotFound.
func (r *Rooms) Definition(name string) (Definition, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d, ok := r.definitions[name]
	if !ok {
		return Definition{}, ErrNotFound
	}
	return d, nil
}

// Remove ends a room's class, and takes the room and its invites away. The
// error is ErrNotFound.
func (r *Rooms) Remove(name string) error {
	r.mu.Lock()
	_, ok := r.definitions[name]
	delete(r.definitions, name)
	for digest, i := range r.invites {
		if i.Room == name {
			delete(r.invites, digest)
		}
	}
	c := r.classes[name]
	r.mu.Unlock()
	if c != nil {
		c.system(room.Finish{Reason: "the room was removed"})
		c.end(Close{CloseGone, "the room was removed"})
	}
	if !ok {
		return ErrNotFound
	}
	return nil
}

// Names lists the rooms that there are, in order.
func (r *Rooms) Names() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	names := make([]string, 0, len(r.definitions))
	for name := range r.definitions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Facts are what anybody may know of a room.
type Facts struct {
	room.Facts
	// Auth lists the ways in: "token", "invite", "password", "guest".
	Auth []string `json:"auth"`
}

// Facts returns what anybody may know. The error is ErrNotFound.
func (r *Rooms) Facts(name string) (Facts, error) {
	r.mu.Lock()
	d, ok := r.definitions[name]
	c := r.classes[name]
	r.mu.Unlock()
	if !ok {
		return Facts{}, ErrNotFound
	}
	f := Facts{Facts: room.Facts{Name: d.ID, Title: d.Title, State: room.Idle, Lobby: d.Policy.Lobby, Seats: d.Seats}, Auth: []string{"token", "invite"}}
	if len(d.Password) > 0 {
		f.Auth = append(f.Auth, "password")
	}
	if d.Guests {
		f.Auth = append(f.Auth, "guest")
	}
	if c != nil {
		c.mu.Lock()
		f.Facts = c.room.Facts()
		c.mu.Unlock()
	}
	return f, nil
}

// Live is how many classes there are, and how many people are connected to them.
func (r *Rooms) Live() (classes, people int) {
	r.mu.Lock()
	all := make([]*class, 0, len(r.classes))
	for _, c := range r.classes {
		all = append(all, c)
	}
	r.mu.Unlock()
	for _, c := range all {
		c.mu.Lock()
		for _, s := range c.sessions {
			if s.line != nil {
				people++
			}
		}
		c.mu.Unlock()
	}
	return len(all), people
}

// live returns the class of a room, and begins one when there is none.
func (r *Rooms) live(name string) (*class, error) {
	for {
		c, err := r.open(name)
		if err != nil {
			return nil, err
		}
		c.mu.Lock()
		over := c.over != nil
		c.mu.Unlock()
		if !over {
			return c, nil
		}
		<-c.done
	}
}

func (r *Rooms) open(name string) (*class, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	if c := r.classes[name]; c != nil {
		return c, nil
	}
	d, ok := r.definitions[name]
	if !ok {
		return nil, ErrNotFound
	}
	if len(r.classes) >= r.options.MaxLive {
		return nil, ErrTooMany
	}
	c, err := r.newClass(d)
	if err != nil {
		return nil, err
	}
	r.classes[name] = c
	go c.run()
	return c, nil
}

func (r *Rooms) newClass(d Definition) (*class, error) {
	c := &class{
		rooms:      r,
		definition: d,
		log:        r.options.Log.With("room", d.ID),
		stage:      noMedia{},
		wake:       make(chan struct{}, 1),
		done:       make(chan struct{}),
		sessions:   map[string]*session{},
		members:    map[room.MemberID]*session{},
		room: room.New(room.Settings{
			ID: d.ID, Title: d.Title, Seats: d.Seats, MaxPeople: d.MaxPeople, Codec: d.Codec, Policy: d.Policy,
			Manual: d.Manual, LobbyText: d.LobbyText, Grace: r.options.Grace,
		}),
	}
	if r.options.Media == nil {
		return c, nil
	}
	var err error
	c.stage, err = r.options.Media.OpenStage(StageOptions{Room: d.ID, Seats: d.Seats, Codec: d.Codec, Events: c})
	if err != nil {
		return nil, fmt.Errorf("open the stage of %s: %w", d.ID, err)
	}
	return c, nil
}

// drop forgets a class that is over.
func (r *Rooms) drop(c *class) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.classes[c.definition.ID] == c {
		delete(r.classes, c.definition.ID)
	}
}

// Close ends all classes, whose clients come back when there is a server
// again, and returns when nothing of them is left. It may be called again.
func (r *Rooms) Close() {
	r.mu.Lock()
	r.closed = true
	all := make([]*class, 0, len(r.classes))
	for _, c := range r.classes {
		all = append(all, c)
	}
	r.mu.Unlock()
	for _, c := range all {
		c.end(Close{CloseGoingAway, "the server is shutting down"})
	}
	for _, c := range all {
		<-c.done
	}
}

// Invite makes an invite to a room, and returns its secret, which cannot be
// had again. The error is ErrNotFound, ErrTooMany or wraps ErrMalformed.
func (r *Rooms) Invite(i Invite) (Invite, string, error) {
	if err := i.check(); err != nil {
		return Invite{}, "", err
	}
	secret, digest := newSecret()
	i.ID, i.Made = digest[:16], r.options.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.definitions[i.Room]; !ok {
		return Invite{}, "", ErrNotFound
	}
	of := 0
	for _, other := range r.invites {
		if other.Room == i.Room {
			of++
		}
	}
	if of >= maxInvites {
		return Invite{}, "", ErrTooMany
	}
	r.invites[digest] = i
	return i, secret, nil
}

// maxInvites bounds the invites of one room: one for each of a large class.
const maxInvites = 1000

// Invites lists the invites of a room in the order of their making.
func (r *Rooms) Invites(name string) []Invite {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := []Invite{}
	for _, i := range r.invites {
		if i.Room == name {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(a, b Invite) int { return cmp.Or(a.Made.Compare(b.Made), cmp.Compare(a.ID, b.ID)) })
	return list
}

// Revoke takes an invite back. Who came in by it stays. The error is ErrNotFound.
func (r *Rooms) Revoke(name, id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for digest, i := range r.invites {
		if i.Room == name && i.ID == id {
			delete(r.invites, digest)
			return nil
		}
	}
	return ErrNotFound
}

// byInvite takes one use of an invite.
func (r *Rooms) byInvite(name, secret string, join *room.Join) error {
	digest := digestOf(secret)
	r.mu.Lock()
	defer r.mu.Unlock()
	i, ok := r.invites[digest]
	if !ok || i.Room != name || !i.good(r.options.Now()) {
		return refuse(room.CodeUnauthorized, "the invite is not valid, or not any more")
	}
	if i.Uses > 0 {
		i.Uses--
		r.invites[digest] = i
	}
	join.Role, join.Guest = i.Role, i.Name == ""
	join.Name = cmp.Or(i.Name, join.Name)
	join.Reserve = i.Role == room.Teacher
	return nil
}

// byGuest lets somebody in who has nothing, or a password.
func (r *Rooms) byGuest(name, password string, join *room.Join) error {
	r.mu.Lock()
	d, ok := r.definitions[name]
	r.mu.Unlock()
	switch {
	case !ok:
		return ErrNotFound
	case password != "" && d.opens(password), password == "" && d.Guests && len(d.Password) == 0:
		join.Role, join.Guest = room.Student, true
		return nil
	case len(d.Password) > 0:
		return refuse(room.CodeUnauthorized, "the room needs its password, an invite or a token")
	}
	return auth.ErrNoToken
}

// history answers for what the room does not remember itself.
func (r *Rooms) history(context.Context, *class, room.FetchChat) (any, error) {
	return room.ChatPage{Messages: []room.Message{}}, nil
}

// keepLocked keeps what has to last.
func (c *class) keepLocked(time.Time, any) {}
