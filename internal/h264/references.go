package h264

import "slices"

// frame is a reference picture in a decoded picture buffer.
type frame struct {
	picture int    // its number among all pictures, missing for a gap
	number  uint32 // FrameNum
	at      int64  // PicOrderCnt
	long    bool
	index   uint32 // LongTermFrameIdx
}

// missing is the picture of an entry for which there is none: the reference
// pictures that a gap in frame_num stands for, and the ends of lists.
const missing = -1

// buffer follows what a decoder keeps for reference (§8.2.4, §8.2.5), of
// streams of frames: nothing here knows fields.
type buffer struct {
	frames   []frame
	previous uint32 // PrevRefFrameNum
}

// fill brings in what a gap in frame_num stands for (§8.2.5.2).
func (b *buffer) fill(s *slice) {
	size := uint32(1) << s.sps.frameNumBits
	if s.idr || s.frameNum == b.previous {
		return
	}
	next := (b.previous + 1) % size
	gap := (s.frameNum - next) % size
	// More than the buffer holds would only push each other out.
	if most := uint32(max(s.sps.References, 1)); gap > most {
		next = (s.frameNum - most) % size
	}
	for ; next != s.frameNum; next = (next + 1) % size {
		b.slide(s.sps, next)
		b.frames = append(b.frames, frame{picture: missing, number: next})
		b.previous = next
	}
}

// wrapped is a short-term picture's PicNum as the slice sees it (§8.2.4.1).
func wrapped(number uint32, s *slice) int64 { return wrap(number, s.frameNum, s.sps) }

func wrap(number, current uint32, sps *SPS) int64 {
	if number > current {
		return int64(number) - int64(1)<<sps.frameNumBits
	}
	return int64(number)
}

// slide makes room by the sliding window (§8.2.5.3) for the picture number.
func (b *buffer) slide(sps *SPS, number uint32) {
	for len(b.frames) >= max(sps.References, 1) {
		oldest := -1
		for i, f := range b.frames {
			if !f.long && (oldest < 0 || wrap(f.number, number, sps) < wrap(b.frames[oldest].number, number, sps)) {
				oldest = i
			}
		}
		if oldest < 0 {
			return
		}
		b.frames = slices.Delete(b.frames, oldest, oldest+1)
	}
}

// list gives the numbers of the pictures to which the entries of a P slice's
// reference list stand for (§8.2.4.2.1, §8.2.4.3). It fails when the list
// names a picture that is not there.
func (b *buffer) list(s *slice) (pictures []int, ok bool) {
	initial := slices.Clone(b.frames)
	slices.SortStableFunc(initial, func(x, y frame) int {
		switch {
		case x.long != y.long:
			if x.long {
				return 1
			}
			return -1
		case x.long:
			return int(int64(x.index) - int64(y.index))
		}
		return int(wrapped(y.number, s) - wrapped(x.number, s))
	})
	// One entry more than the list has is needed while it is modified.
	list := make([]*frame, s.active[0]+1)
	for i := range initial[:min(len(initial), s.active[0])] {
		list[i] = &initial[i]
	}
	predicted, size := int64(s.frameNum), int64(1)<<s.sps.frameNumBits
	for at, c := range s.changes[0] {
		if at >= s.active[0] {
			return nil, false
		}
		var named *frame
		if c.operation == 2 {
			named = find(initial, func(f frame) bool { return f.long && f.index == c.value })
		} else {
			predicted = predict(predicted, size, c)
			number := predicted
			if number > int64(s.frameNum) {
				number -= size
			}
			named = find(initial, func(f frame) bool { return !f.long && wrapped(f.number, s) == number })
		}
		if named == nil {
			return nil, false
		}
		list = insert(list, at, named)
	}
	pictures = make([]int, s.active[0])
	for i := range pictures {
		pictures[i] = missing
		if list[i] != nil {
			pictures[i] = list[i].picture
		}
	}
	return pictures, true
}

// predict is picNumLXNoWrap (§8.2.4.3.1).
func predict(predicted, size int64, c change) int64 {
	difference := int64(c.value) + 1
	if c.operation == 0 {
		predicted -= difference
		if predicted < 0 {
			predicted += size
		}
		return predicted
	}
	predicted += difference
	if predicted >= size {
		predicted -= size
	}
	return predicted
}

func find(frames []frame, is func(frame) bool) *frame {
	if i := slices.IndexFunc(frames, is); i >= 0 {
		return &frames[i]
	}
	return nil
}

// insert puts a picture at a place of the list and takes it out behind that;
// the list keeps its length (§8.2.4.3.1).
func insert(list []*frame, at int, named *frame) []*frame {
	next := append(slices.Clone(list[:at]), named)
	for _, f := range list[at:] {
		if f != named {
			next = append(next, f)
		}
	}
	return append(next, nil)[:len(list)]
}

// mark does what a reference picture says of itself and others (§8.2.5.1). It
// fails when the picture names one that is not there.
func (b *buffer) mark(s *slice, picture int, at int64) (ok bool) {
	current := frame{picture: picture, number: s.frameNum, at: at}
	ok = true
	switch {
	case s.idr:
		b.frames = b.frames[:0]
		current.long = s.marking.longTerm
	case s.marking.adaptive:
		for _, c := range s.marking.commands {
			ok = b.obey(c, s, &current) && ok
		}
	default:
		b.slide(s.sps, s.frameNum)
	}
	b.previous = current.number
	if len(b.frames) >= referencesMost {
		return false // no conforming stream comes here
	}
	b.frames = append(b.frames, current)
	return ok
}

// obey follows one memory_management_control_operation (§8.2.5.4). It fails
// when there is no picture to do it with.
func (b *buffer) obey(c command, s *slice, current *frame) bool {
	short := func(f frame) bool {
		return !f.long && wrapped(f.number, s) == int64(s.frameNum)-int64(c.a)-1
	}
	switch c.operation {
	case 1:
		return b.remove(short)
	case 2:
		return b.remove(func(f frame) bool { return f.long && f.index == c.a })
	case 3:
		b.remove(func(f frame) bool { return f.long && f.index == c.b })
		f := find(b.frames, short)
		if f == nil {
			return false
		}
		f.long, f.index = true, c.b
	case 4:
		b.remove(func(f frame) bool { return f.long && f.index >= c.a })
	case 5:
		b.frames = b.frames[:0]
		current.number, current.at = 0, 0
	case 6:
		b.remove(func(f frame) bool { return f.long && f.index == c.a })
		current.long, current.index = true, c.a
	}
	return true
}

// remove says whether there was such a frame.
func (b *buffer) remove(is func(frame) bool) bool {
	before := len(b.frames)
	b.frames = slices.DeleteFunc(b.frames, is)
	return len(b.frames) < before
}
