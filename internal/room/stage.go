package room

// StageInvite asks a member on stage (stage.invite), in place of somebody when Swap is set.
type StageInvite struct {
	Member MemberID `json:"member"`
	Media  []string `json:"media,omitempty"` // of "mic", "camera", "screen"; none means mic and camera
	Swap   MemberID `json:"swap,omitempty"`
}

// StageInviteReply says how long the invitation stands.
type StageInviteReply struct {
	ExpiresMS int64 `json:"expires_ms"`
}

// StageInvited is the invitation as its member gets it (stage.invited).
type StageInvited struct {
	By        Ref      `json:"by"`
	Media     []string `json:"media"`
	ExpiresMS int64    `json:"expires_ms"` // from when it was sent
}

// StageCancelled ends an invitation unused, for its member and the staff (stage.cancelled).
type StageCancelled struct {
	Member MemberID `json:"member"`
	Reason string   `json:"reason"` // "cancelled", "declined", "expired", "full" or "left"
}

// StageCancel takes an invitation back (stage.cancel).
type StageCancel struct {
	Member MemberID `json:"member"`
}

// StageAccept takes the seat one is invited to, or a free one with CapStage (stage.accept).
type StageAccept struct{}

// StageAcceptReply says which seat, and what its owner may now.
type StageAcceptReply struct {
	Seat int   `json:"seat"`
	Caps []Cap `json:"caps"`
}

// StageDecline says no to an invitation (stage.decline).
type StageDecline struct{}

// StageLeave steps down (stage.leave).
type StageLeave struct{}

// StageRemove takes somebody, or whatever is on a seat, off the stage (stage.remove). Either field is set.
type StageRemove struct {
	Member MemberID `json:"member,omitempty"`
	Seat   *int     `json:"seat,omitempty"`
}

// StageBring puts a live stream of this server on a seat (stage.bring).
type StageBring struct {
	Stream string `json:"stream"`
	Seat   int    `json:"seat"`
}

func (StageInvite) needs() Cap  { return CapModerate }
func (StageCancel) needs() Cap  { return CapModerate }
func (StageAccept) needs() Cap  { return capAny } // an invitation is the capability
func (StageDecline) needs() Cap { return capAny }
func (StageLeave) needs() Cap   { return capAny }
func (StageRemove) needs() Cap  { return CapModerate }
func (StageBring) needs() Cap   { return CapModerate }
