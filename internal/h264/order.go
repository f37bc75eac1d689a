package h264

// order computes picture order counts: where a picture is shown among those
// since the last IDR picture (§8.2.1).
type order struct {
	msb, lsb int64 // of the previous reference picture
	frameNum uint32
	offset   int64 // FrameNumOffset
	reset    bool  // the previous picture had memory management 5
}

// at gives the PicOrderCnt of a frame, or of the one or two fields of an access
// unit.
func (o *order) at(headers []slice) int64 {
	at := o.next(&headers[0])
	for i := range headers[1:] {
		if before, s := &headers[i], &headers[i+1]; s.field && s.bottom != before.bottom {
			at = min(at, o.next(s))
		}
	}
	return at
}

// next gives the picture's PicOrderCnt and remembers what the following ones
// need. It is called once a frame or field, in decoding order.
func (o *order) next(s *slice) int64 {
	rule := &s.sps.order
	var top, bottom int64
	if rule.kind == 0 {
		top, bottom = o.byLSB(s)
	} else {
		top, bottom = o.byNumber(s)
	}
	at := min(top, bottom)
	if s.field {
		at = top
		if s.bottom {
			at = bottom
		}
	}
	if o.reset = s.marking.resets(); o.reset {
		// Afterwards the picture counts as one at 0 (§8.2.1).
		o.offset = 0
		o.msb, o.lsb = 0, 0
		if !s.bottom {
			o.lsb = top - at
		}
	}
	return at
}

// byLSB is type 0 (§8.2.1.1).
func (o *order) byLSB(s *slice) (top, bottom int64) {
	if s.idr {
		o.msb, o.lsb = 0, 0
	}
	size := int64(1) << s.sps.order.lsbBits
	lsb, msb := int64(s.lsb), o.msb
	switch {
	case lsb < o.lsb && o.lsb-lsb >= size/2:
		msb += size
	case lsb > o.lsb && lsb-o.lsb > size/2:
		msb -= size
	}
	top = msb + lsb
	bottom = top
	if !s.field {
		bottom += int64(s.delta[0])
	}
	if s.reference {
		o.msb, o.lsb = msb, lsb
	}
	return top, bottom
}

// byNumber is types 1 (§8.2.1.2) and 2 (§8.2.1.3).
func (o *order) byNumber(s *slice) (top, bottom int64) {
	number := int64(s.frameNum)
	switch {
	case s.idr:
		o.offset = 0
	case o.reset:
		o.offset = 0
	case o.frameNum > s.frameNum:
		o.offset += int64(1) << s.sps.frameNumBits
	}
	o.frameNum = s.frameNum
	if s.marking.resets() {
		o.frameNum = 0
	}
	rule := &s.sps.order
	if rule.kind == 2 {
		at := 2 * (o.offset + number)
		if !s.reference && !s.idr {
			at--
		}
		return at, at
	}
	count := int64(0)
	if len(rule.cycle) > 0 {
		count = o.offset + number
	}
	if !s.reference && count > 0 {
		count--
	}
	var expected int64
	if count > 0 {
		var sum int64
		for _, d := range rule.cycle {
			sum += int64(d)
		}
		n := int64(len(rule.cycle))
		expected = (count - 1) / n * sum
		for _, d := range rule.cycle[:(count-1)%n+1] {
			expected += int64(d)
		}
	}
	if !s.reference {
		expected += int64(rule.nonReference)
	}
	top = expected + int64(s.delta[0])
	bottom = top + int64(rule.bottom)
	switch {
	case !s.field:
		bottom += int64(s.delta[1])
	case s.bottom:
		bottom = expected + int64(rule.bottom) + int64(s.delta[0])
	}
	return top, bottom
}

// resets says whether memory management 5 is in the marking: the picture acts
// as an IDR picture for those after it.
func (m *marking) resets() bool {
	for _, c := range m.commands {
		if c.operation == 5 {
			return true
		}
	}
	return false
}
