package classroom

import (
	"cmp"
	"context"
	"slices"

	"lectern/internal/room"
	"lectern/internal/store"
)

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
		of -= r.forgetOverLocked(i.Room)
	}
	if of >= maxInvites {
		return ErrTooMany
	}
	r.invites[digest] = i
	return nil
}

// forgetOverLocked forgets a room's invites that are used up or have ended, and
// says how many.
func (r *Rooms) forgetOverLocked(name string) (forgotten int) {
	at := r.options.Now()
	for digest, i := range r.invites {
		if i.Room == name && !i.good(at) {
			delete(r.invites, digest)
			forgotten++
		}
	}
	return forgotten
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

// Revoke takes an invite back. Who came in by it stays. The error is ErrNoInvite.
func (r *Rooms) Revoke(ctx context.Context, name, id string) error {
	r.saving.Lock()
	defer r.saving.Unlock()
	if !r.forgetInvite(name, id) {
		return ErrNoInvite
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
	i, err := r.goodInvite(name, digest, by)
	if err != nil || i.Uses < 0 {
		return i, err // nothing is stored, and so nothing waited for
	}
	r.saving.Lock()
	defer r.saving.Unlock()
	if i, err = r.goodInvite(name, digest, by); err != nil {
		return i, err
	}
	i.Uses += by
	r.mu.Lock()
	r.invites[digest] = i
	r.mu.Unlock()
	return i, r.keepInvite(ctx, digest, i)
}

// goodInvite is an invite whose uses can change by so many.
func (r *Rooms) goodInvite(name, digest string, by int) (Invite, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i, ok := r.invites[digest]
	if !ok || i.Room != name || by < 0 && !i.good(r.options.Now()) {
		return Invite{}, refuse(room.CodeUnauthorized, "the invite is not valid, or not any more")
	}
	return i, nil
}
