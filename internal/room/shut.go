package room

// Shut keeps newcomers out from outside, as room.lock does, or lets them in again.
type Shut struct{ Locked bool }

func (Shut) needs() Cap { return capSystem }

func (c Shut) do(t *turn) error { return RoomLock(c).do(t) }
