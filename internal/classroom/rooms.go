package classroom

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"lectern/internal/auth"
	"lectern/internal/room"
	"lectern/internal/store"
)

// Options are the choices of Rooms. Zero values mean the defaults.
type Options struct {
	// Store keeps what outlasts a class. Nil keeps nothing.
	Store *store.Store
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
	open        map[string]store.OpenClass // that had not ended when the server did
	closed      bool

	saving sync.Mutex // what changes is stored in the order of the changes
}

// New returns Rooms; close them.
func New(o Options) *Rooms {
	return &Rooms{
		options: o.withDefaults(), definitions: map[string]Definition{}, invites: map[string]Invite{}, classes: map[string]*class{},
		open: map[string]store.OpenClass{},
	}
}

// Load reads what is stored: the rooms, the invites, and which classes go on.
func (r *Rooms) Load(ctx context.Context) error {
	db := r.options.Store
	if db == nil {
		return nil
	}
	rooms, err := db.Rooms(ctx)
	if err != nil {
		return fmt.Errorf("load rooms: %w", err)
	}
	invites, err := db.Invites(ctx, "")
	if err != nil {
		return fmt.Errorf("load invites: %w", err)
	}
	open, err := db.OpenClasses(ctx)
	if err != nil {
		return fmt.Errorf("load classes: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, kept := range rooms {
		d := r.Fresh(kept.ID)
		if err := json.Unmarshal(kept.Definition, &d); err != nil {
			return fmt.Errorf("load room %s: %w", kept.ID, err)
		}
		r.definitions[kept.ID] = d
	}
	for _, i := range invites {
		r.invites[i.Digest] = Invite{ID: i.ID, Room: i.Room, Role: i.Role, Name: i.Name, Uses: i.Uses, Expires: i.Expires, Made: i.Made}
	}
	for _, c := range open {
		r.open[c.Room] = c
	}
	return nil
}

// keep stores a room, and says when that cannot be.
func (r *Rooms) keep(ctx context.Context, d Definition) error {
	if r.options.Store == nil {
		return nil
	}
	return r.options.Store.PutRoom(ctx, store.Room{ID: d.ID, Definition: encode(d)})
}

// Fresh is a definition with this server's defaults.
func (r *Rooms) Fresh(name string) Definition {
	return Definition{
		ID: name, Title: name, Seats: r.options.Seats, Codec: r.options.Codec, MaxPeople: r.options.MaxPeople, Made: r.options.Now(),
	}
}

// Make adds a room. The error is ErrTaken, ErrTooMany, ErrClosed, or wraps ErrMalformed.
func (r *Rooms) Make(ctx context.Context, d Definition) error {
	if err := d.check(); err != nil {
		return err
	}
	r.saving.Lock()
	defer r.saving.Unlock()
	if err := r.add(d); err != nil {
		return err
	}
	return r.keep(ctx, d)
}

func (r *Rooms) add(d Definition) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, taken := r.definitions[d.ID]
	switch {
	case taken:
		return ErrTaken
	case r.closed:
		return ErrClosed
	case len(r.definitions) >= r.options.MaxRooms:
		return ErrTooMany
	}
	r.definitions[d.ID] = d
	return nil
}

// ensure adds a room with the defaults when there is none of this name.
func (r *Rooms) ensure(ctx context.Context, name string) error {
	if _, err := r.Definition(name); err == nil {
		return nil
	}
	if err := r.Make(ctx, r.Fresh(name)); !errors.Is(err, ErrTaken) {
		return err
	}
	return nil
}

// Change changes a room; what it changes counts from the next class on. The
// error is ErrNotFound, wraps ErrMalformed, or is change's own.
func (r *Rooms) Change(ctx context.Context, name string, change func(*Definition) error) error {
	r.saving.Lock()
	defer r.saving.Unlock()
	d, err := r.Definition(name)
	if err != nil {
		return err
	}
	if err := change(&d); err != nil {
		return err
	}
	d.ID = name
	if err := d.check(); err != nil {
		return err
	}
	r.mu.Lock()
	r.definitions[name] = d
	r.mu.Unlock()
	return r.keep(ctx, d)
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

// Remove ends a room's class, and takes the room, its invites and all that was
// ever in it away. The error is ErrNotFound.
func (r *Rooms) Remove(ctx context.Context, name string) error {
	r.saving.Lock()
	defer r.saving.Unlock()
	r.mu.Lock()
	_, ok := r.definitions[name]
	delete(r.definitions, name)
	delete(r.open, name)
	for digest, i := range r.invites {
		if i.Room == name {
			delete(r.invites, digest)
		}
	}
	c := r.classes[name]
	r.mu.Unlock()
	if !ok {
		return ErrNotFound
	}
	if c != nil {
		<-c.ready
		c.system(room.Finish{Reason: "the room was removed"})
		c.end(Close{CloseGone, "the room was removed"})
		<-c.done
	}
	if r.options.Store == nil {
		return nil
	}
	return r.options.Store.DeleteRoom(ctx, name)
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
	d, err := r.Definition(name)
	if err != nil {
		return Facts{}, err
	}
	f := Facts{Facts: room.Facts{Name: d.ID, Title: d.Title, State: room.Idle, Lobby: d.Policy.Lobby, Seats: d.Seats}, Auth: []string{"token", "invite"}}
	if len(d.Password) > 0 {
		f.Auth = append(f.Auth, "password")
	}
	if d.Guests {
		f.Auth = append(f.Auth, "guest")
	}
	if c := r.class(name); c != nil {
		c.mu.Lock()
		f.Facts = c.room.Facts()
		c.mu.Unlock()
	}
	return f, nil
}

// Live is how many classes there are, and how many people are connected to them.
func (r *Rooms) Live() (classes, people int) {
	all := r.all()
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

// all are the classes that have begun.
func (r *Rooms) all() []*class {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]*class, 0, len(r.classes))
	for _, c := range r.classes {
		if c.begun() {
			all = append(all, c)
		}
	}
	return all
}

// class returns the class of a room, nil when there is none.
func (r *Rooms) class(name string) *class {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.classes[name]; c != nil && c.begun() {
		return c
	}
	return nil
}

// goesOn says whether somebody can come back to a room: a stranger who says so
// begins no class.
func (r *Rooms) goesOn(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, open := r.open[name]
	return open || r.classes[name] != nil
}

// begun says whether there is more of a class than its place.
func (c *class) begun() bool {
	select {
	case <-c.ready:
		return c.failed == nil
	default:
		return false
	}
}

// live returns the class of a room, and begins one when there is none.
func (r *Rooms) live(ctx context.Context, name string) (*class, error) {
	for {
		c, err := r.take(ctx, name)
		if err != nil {
			return nil, err
		}
		select {
		case <-c.ready:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if c.failed != nil {
			return nil, c.failed
		}
		c.mu.Lock()
		over := c.over != nil
		c.mu.Unlock()
		if !over {
			return c, nil
		}
		select {
		case <-c.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// take returns the class of a room, which may be beginning or ending.
func (r *Rooms) take(ctx context.Context, name string) (*class, error) {
	r.mu.Lock()
	if c := r.classes[name]; c != nil {
		r.mu.Unlock()
		return c, nil
	}
	d, ok := r.definitions[name]
	var err error
	switch {
	case r.closed:
		err = ErrClosed
	case !ok:
		err = ErrNotFound
	case len(r.classes) >= r.options.MaxLive:
		err = ErrTooMany
	}
	if err != nil {
		r.mu.Unlock()
		return nil, err
	}
	c := r.newClass(d)
	r.classes[name] = c
	var before *store.OpenClass
	if open, ok := r.open[name]; ok {
		before = &open
		delete(r.open, name)
	}
	r.mu.Unlock()

	defer close(c.ready)
	if c.failed = c.start(context.WithoutCancel(ctx), before); c.failed != nil {
		r.options.Log.Error("a class does not begin", "room", name, "error", c.failed)
		r.drop(c)
		close(c.done)
		return c, nil
	}
	go c.run()
	return c, nil
}

func (r *Rooms) newClass(d Definition) *class {
	c := &class{
		rooms:      r,
		definition: d,
		log:        r.options.Log.With("room", d.ID),
		stage:      noMedia{},
		ready:      make(chan struct{}),
		done:       make(chan struct{}),
		sessions:   map[string]*session{},
		members:    map[room.MemberID]*session{},
	}
	c.effects.init(c.panicked)
	c.keeps.init(c.panicked)
	return c
}

// start makes the rules and the stage of a class.
func (c *class) start(ctx context.Context, before *store.OpenClass) error {
	if err := c.begin(ctx, before); err != nil {
		return fmt.Errorf("begin a class: %w", err)
	}
	media := c.rooms.options.Media
	if media == nil {
		return nil
	}
	stage, err := media.OpenStage(StageOptions{Room: c.definition.ID, Seats: c.definition.Seats, Codec: c.definition.Codec, Events: c})
	if err != nil {
		return fmt.Errorf("open the stage: %w", err)
	}
	c.stage = stage
	return nil
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
	var all []*class
	for _, c := range r.classes {
		all = append(all, c)
	}
	r.mu.Unlock()
	for _, c := range all {
		<-c.ready
		if c.failed == nil {
			c.suspend()
		}
	}
	for _, c := range all {
		<-c.done
	}
}

// suspend ends the class here; it goes on when there is a server again.
func (c *class) suspend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over == nil {
		c.resumes = true
		c.endLocked(Close{CloseGoingAway, "the server is shutting down: resume"})
	}
}

// Invite makes an invite to a room, and returns its secret, which cannot be
// had again. The error is ErrNotFound, ErrTooMany or wraps ErrMalformed.
func (r *Rooms) Invite(ctx context.Context, i Invite) (Invite, string, error) {
	if err := i.check(); err != nil {
		return Invite{}, "", err
	}
	secret, digest := newSecret()
	i.ID, i.Made = digest[:16], r.options.Now()
	r.saving.Lock()
	defer r.saving.Unlock()
	if err := r.addInvite(digest, i); err != nil {
		return Invite{}, "", err
	}
	return i, secret, r.keepInvite(ctx, digest, i)
}

func (r *Rooms) keepInvite(ctx context.Context, digest string, i Invite) error {
	if r.options.Store == nil {
		return nil
	}
	return r.options.Store.PutInvite(ctx, store.Invite{
		Digest: digest, ID: i.ID, Room: i.Room, Role: i.Role, Name: i.Name, Uses: i.Uses, Expires: i.Expires, Made: i.Made,
	})
}

func (r *Rooms) addInvite(digest string, i Invite) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.definitions[i.Room]; !ok {
		return ErrNotFound
	}
	of := 0
	for _, other := range r.invites {
		if other.Room == i.Room {
			of++
		}
	}
	if of >= maxInvites {
		return ErrTooMany
	}
	r.invites[digest] = i
	return nil
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
func (r *Rooms) Revoke(ctx context.Context, name, id string) error {
	r.saving.Lock()
	defer r.saving.Unlock()
	if !r.forgetInvite(name, id) {
		return ErrNotFound
	}
	if r.options.Store == nil {
		return nil
	}
	return r.options.Store.DeleteInvite(ctx, name, id)
}

func (r *Rooms) forgetInvite(name, id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for digest, i := range r.invites {
		if i.Room == name && i.ID == id {
			delete(r.invites, digest)
			return true
		}
	}
	return false
}

// byInvite takes one use of an invite, which giveBack returns when nothing came
// of it.
func (r *Rooms) byInvite(ctx context.Context, name, secret string, join *room.Join) (giveBack func(), err error) {
	digest := digestOf(secret)
	i, err := r.spend(ctx, name, digest, -1)
	if err != nil {
		return nil, err
	}
	join.Role, join.Guest = i.Role, i.Name == ""
	join.Name = cmp.Or(i.Name, join.Name)
	join.Reserve = i.Role == room.Teacher
	return func() { _, _ = r.spend(context.WithoutCancel(ctx), name, digest, +1) }, nil
}

// spend changes how often an invite can be used yet.
func (r *Rooms) spend(ctx context.Context, name, digest string, by int) (Invite, error) {
	r.saving.Lock()
	defer r.saving.Unlock()
	r.mu.Lock()
	i, ok := r.invites[digest]
	if !ok || i.Room != name || by < 0 && !i.good(r.options.Now()) {
		r.mu.Unlock()
		return Invite{}, refuse(room.CodeUnauthorized, "the invite is not valid, or not any more")
	}
	if i.Uses < 0 {
		r.mu.Unlock()
		return i, nil
	}
	i.Uses += by
	r.invites[digest] = i
	r.mu.Unlock()
	return i, r.keepInvite(ctx, digest, i)
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
