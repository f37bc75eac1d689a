package room

// SeatState is where a seat stands:
//
//	free ──accept──▶ reserved ──media──▶ live ──media lost──▶ reconnecting
//	  ◀────────── removed, left, or too long without media ──────────┘
type SeatState string

// The states.
const (
	SeatFree         SeatState = "free"
	SeatReserved     SeatState = "reserved"     // somebody's, no media yet
	SeatLive         SeatState = "live"         // media flows
	SeatReconnecting SeatState = "reconnecting" // media stopped a moment ago
)

// Ref is what everybody may know of a member whom everybody sees.
type Ref struct {
	ID   MemberID `json:"id"`
	Name string   `json:"name"`
	Role Role     `json:"role"`
}

// Seat is one place on stage (seat.set). Seat 0 shows content: a screen, or a
// stream from outside; the others are people's, or streams'.
type Seat struct {
	Seat   int       `json:"seat"`
	Member *Ref      `json:"member"` // whose it is; null when free, and when a stream is on it
	Stream string    `json:"stream,omitempty"`
	Source string    `json:"source"` // "camera", "screen" or "stream"; "" when free
	Audio  bool      `json:"audio"`  // sound is being forwarded, as far as the rules go
	Video  bool      `json:"video"`
	Epoch  int       `json:"epoch"` // grows with everybody who takes the seat and every new connection on it
	State  SeatState `json:"state"`
}

// SeatUp says that the first picture of an epoch went out (seat.live).
type SeatUp struct {
	Seat  int `json:"seat"`
	Epoch int `json:"epoch"`
}
