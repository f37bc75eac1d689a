package room

// RTCOffer offers a connection (rtc.offer). The room decides whether it may be; the answer comes from the owner.
type RTCOffer struct {
	PC      string  `json:"pc"` // "sub" or "pub"
	SDP     string  `json:"sdp"`
	Tracks  []Track `json:"tracks,omitempty"` // of "pub"
	Restart bool    `json:"restart,omitempty"`
}

// Track says what an m-line of a publisher carries.
type Track struct {
	Mid    string `json:"mid"`
	Kind   string `json:"kind"`   // "audio" or "video"
	Source string `json:"source"` // "mic", "camera" or "screen"; a screen has video and may have audio
}

// RTCAnswer is the reply to RTCOffer.
type RTCAnswer struct {
	SDP string    `json:"sdp"`
	Map []SeatMid `json:"map,omitempty"` // of "sub"
}

// SeatMid says which m-lines carry a seat.
type SeatMid struct {
	Seat  int    `json:"seat"`
	Audio string `json:"audio"`
	Video string `json:"video"`
}

// RTCICE is one candidate (rtc.ice), null for the last.
type RTCICE struct {
	PC        string        `json:"pc"`
	Candidate *ICECandidate `json:"candidate"`
}

// ICECandidate is a candidate as browsers give it.
type ICECandidate struct {
	Candidate string  `json:"candidate"`
	Mid       *string `json:"sdpMid,omitempty"`
	MLine     *uint16 `json:"sdpMLineIndex,omitempty"`
}

// RTCClose ends a connection (rtc.close).
type RTCClose struct {
	PC string `json:"pc"`
}

// RTCNeed asks for a new offer (rtc.need).
type RTCNeed struct {
	Seats  int    `json:"seats"`
	Reason string `json:"reason"`
}

// RTCState is the server's view of a connection that has failed (rtc.state).
type RTCState struct {
	PC    string `json:"pc"`
	State string `json:"state"` // "failed"
	Code  string `json:"code"`  // "ice_failed", "dtls_failed" or "codec_unsupported"
	Hint  string `json:"hint,omitempty"`
}

// SubPrefs says what of the seats one wants to see (sub.prefs).
type SubPrefs struct {
	Seats []SeatPrefs `json:"seats"`
	Saver bool        `json:"saver,omitempty"`
}

// SeatPrefs is the wish for one seat.
type SeatPrefs struct {
	Seat  int       `json:"seat"`
	Video VideoWish `json:"video"`
	Audio bool      `json:"audio"`
}

// VideoWish is "off", a layer ("l", "m", "h"), or a size in pixels. In JSON it is a string, or {"w":480,"h":270}.
type VideoWish struct {
	Layer string // "off", "l", "m", "h"; "" when a size is given
	W, H  int
}

// SubLayer says which layer of a seat one gets, and why (sub.layer).
type SubLayer struct {
	Seat  int    `json:"seat"`
	Layer string `json:"layer"` // "l", "m", "h" or "paused"
	Why   string `json:"why"`   // "wanted", "bandwidth" or "publisher"
}

// StatsReport is how a client's media does (stats.report).
type StatsReport struct {
	RTTMS    float64 `json:"rtt_ms"`
	Loss     float64 `json:"loss"` // 0 to 1
	FreezeMS float64 `json:"freeze_ms"`
	FPS      float64 `json:"fps"`
	W        int     `json:"w"`
	H        int     `json:"h"`
	CPU      float64 `json:"cpu,omitempty"`
}

func (RTCOffer) needs() Cap    { return capAny } // "pub" needs CapPublish
func (RTCICE) needs() Cap      { return capAny }
func (RTCClose) needs() Cap    { return capAny }
func (SubPrefs) needs() Cap    { return capAny }
func (StatsReport) needs() Cap { return capAny }

const (
	maxTracks = 8
	maxMid    = 16
	maxSDP    = 64 << 10
)

func (c RTCOffer) do(t *turn) error {
	m := t.actor
	if err := oneOf("pc", c.PC, "sub", "pub"); err != nil {
		return err
	}
	if c.SDP == "" {
		return invalid("sdp", "an offer has a description")
	}
	if len(c.SDP) > maxSDP {
		return &Error{Code: CodeTooLarge, Field: "sdp", Message: "the description is too long"}
	}
	if c.PC == "pub" {
		if m.Seat == 0 && t.invited(m.ID) < 0 {
			return &Error{Code: CodeForbidden, Hint: string(CapPublish), Message: "you are not on stage"}
		}
		sound, err := checkTracks(c.Tracks)
		if err != nil {
			return err
		}
		if err := m.buckets.offer.take(t.at, offerRate); err != nil {
			return err
		}
		m.Offered, m.ScreenSound, t.stageChanged = true, sound, true
	} else if err := m.buckets.offer.take(t.at, offerRate); err != nil {
		return err
	}
	t.ask(Offer{Member: m.ID, Seat: m.Seat, Offer: c})
	return nil
}

// checkTracks checks what a publisher says its m-lines carry, and says whether a screen's sound is among it.
func checkTracks(tracks []Track) (sound bool, err error) {
	if len(tracks) == 0 || len(tracks) > maxTracks {
		return false, invalid("tracks", "from 1 to %d tracks", maxTracks)
	}
	seen := make(map[string]bool, 2*len(tracks))
	for _, track := range tracks {
		if track.Mid == "" || len(track.Mid) > maxMid || seen[track.Mid] {
			return false, invalid("tracks.mid", "each track has its own mid")
		}
		seen[track.Mid] = true
		what := track.Source + " " + track.Kind
		if err := oneOf("tracks", what, "mic audio", "camera video", "screen video", "screen audio"); err != nil {
			return false, err
		}
		if seen[what] {
			return false, invalid("tracks", "one track of a kind")
		}
		seen[what] = true
		sound = sound || what == "screen audio"
	}
	return sound, nil
}

func (c RTCICE) do(t *turn) error {
	if err := oneOf("pc", c.PC, "sub", "pub"); err != nil {
		return err
	}
	t.effect(Forward{Member: t.actor.ID, Command: c})
	return nil
}

func (c RTCClose) do(t *turn) error {
	if err := oneOf("pc", c.PC, "sub", "pub"); err != nil {
		return err
	}
	t.actor.Offered = t.actor.Offered && c.PC != "pub"
	t.effect(Forward{Member: t.actor.ID, Command: c})
	return nil
}

func (c SubPrefs) do(t *turn) error {
	if len(c.Seats) > len(t.Seats) {
		return &Error{Code: CodeTooLarge, Field: "seats", Message: "there are not so many seats"}
	}
	for _, s := range c.Seats {
		if s.Seat < 0 || s.Seat >= len(t.Seats) {
			return invalid("seats.seat", "there is no such seat")
		}
	}
	t.effect(Forward{Member: t.actor.ID, Command: c})
	return nil
}

func (c StatsReport) do(t *turn) error {
	t.effect(Forward{Member: t.actor.ID, Command: c})
	return nil
}
