package codec

// picture is what the packets of one timestamp have told so far.
type picture struct {
	timestamp  uint32
	begun      bool // its Start was given out
	keyed      bool // its Key was given out
	unreferred bool // Discardable, for packets that do not repeat it
	temporal   uint8
}

// pictures remembers the two newest pictures of a stream. Two, because the
// last packet of a picture may arrive after the first of the next one, and
// must neither begin a picture again nor forget the one that has begun.
type pictures struct {
	now, before picture
	any         bool // now is valid
	both        bool // before is valid
}

// at returns the picture of timestamp, and whether it is the first time that
// it is asked for. The pointer is good until the next call.
func (p *pictures) at(timestamp uint32) (pic *picture, fresh bool) {
	if p.any && p.now.timestamp == timestamp {
		return &p.now, false
	}
	if p.both && p.before.timestamp == timestamp {
		return &p.before, false
	}
	p.before, p.both = p.now, p.any
	p.now, p.any = picture{timestamp: timestamp}, true
	return &p.now, true
}

// begin reports true once a picture: at the first packet that can begin it.
func (p *picture) begin(can bool) bool {
	if !can || p.begun {
		return false
	}
	p.begun = true
	return true
}

// key reports true once a picture: at the first packet that makes it a start.
func (p *picture) key(can bool) bool {
	if !can || p.keyed {
		return false
	}
	p.keyed = true
	return true
}

// size converts to the width and height of a Frame: 0, 0 when one of them is 0
// or does not fit, which no real picture's is.
func size(width, height uint64) (uint16, uint16) {
	const most = 1<<16 - 1
	if width == 0 || height == 0 || width > most || height > most {
		return 0, 0
	}
	return uint16(width), uint16(height)
}
