package classroom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"lectern/internal/auth"
	"lectern/internal/limit"
	"lectern/internal/room"
	"lectern/internal/store"
)

// Rooms are all rooms of a server: what they are, and the classes in those
// where somebody is. Close them.
type Rooms struct {
	options Options

	mu          sync.Mutex
	definitions map[string]Definition
	invites     map[string]Invite // by the digest of the secret
	classes     map[string]*class
	open        map[string]store.OpenClass // that had not ended when the server did
	leaving     map[string]struct{}        // rooms whose last class is being ended: their names are taken
	closed      bool

	saving sync.Mutex // what changes is stored in the order of the changes
	after  afterwards
	limits limit.Hits
}

// New returns Rooms; close them.
func New(o Options) *Rooms {
	return &Rooms{
		options: o.withDefaults(), definitions: map[string]Definition{}, invites: map[string]Invite{}, classes: map[string]*class{},
		open: map[string]store.OpenClass{}, leaving: map[string]struct{}{},
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
	_, leaving := r.leaving[d.ID]
	switch {
	case taken, leaving:
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
	c, ok := r.forgetRoom(name)
	if !ok {
		return ErrNotFound
	}
	defer r.left(name)
	if c != nil { // nobody else waits for its end
		<-c.ready
		c.system(room.Finish{Reason: "the room was removed"})
		c.end(Close{CloseGone, "the room was removed"})
		<-c.done
	}
	if r.options.Store == nil {
		return nil
	}
	r.saving.Lock()
	defer r.saving.Unlock()
	return r.options.Store.DeleteRoom(ctx, name)
}

// forgetRoom takes a room, its invites and what was to go on in it out of memory,
// and returns its class, if there is one. Its name is taken until left is called.
func (r *Rooms) forgetRoom(name string) (c *class, ok bool) {
	r.saving.Lock() // who changes it at the moment has stored that
	defer r.saving.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.definitions[name]; !ok {
		return nil, false
	}
	delete(r.definitions, name)
	delete(r.open, name)
	for digest, i := range r.invites {
		if i.Room == name {
			delete(r.invites, digest)
		}
	}
	r.leaving[name] = struct{}{}
	return r.classes[name], true
}

func (r *Rooms) left(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.leaving, name)
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
