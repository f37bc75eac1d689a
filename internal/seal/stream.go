package seal

// window is how far behind the newest packet one may still be sealed: more than
// publishers' packets come out of order, and more than is ever sent again.
const window = 1 << 11

// Stream is one SSRC of a session. Its first sequence number has to be below
// 2^15, so that the other side takes it for the first of the first round as
// well, even when it misses it (RFC 3711 §3.3.1). It is for one goroutine at a
// time.
type Stream struct {
	SSRC   uint32
	begun  bool
	newest int64 // index: 2^16 times the roll-over counter, and the number
	sealed [window / 64]uint64
}

// Skip notes a number whose packet does not leave. All numbers have to be shown
// to the Stream, or it does not see them go round.
func (s *Stream) Skip(number uint16) { s.locate(number) }

// index returns the packet index for a sequence number, and whether a packet
// may be sealed with it.
func (s *Stream) index(number uint16, again bool) (index int64, ok bool) {
	if index, ok = s.locate(number); !ok {
		return 0, false
	}
	bit := uint64(1) << (index % 64)
	word := &s.sealed[index%window/64]
	if *word&bit != 0 && !again {
		return 0, false
	}
	*word |= bit
	return index, true
}

// locate returns the packet index for a sequence number, and whether it is one
// that can still be known to be new.
func (s *Stream) locate(number uint16) (index int64, ok bool) {
	if !s.begun {
		s.begun, s.newest = true, int64(number)
	}
	index = s.newest + int64(int16(number-uint16(s.newest)))
	if index < 0 || index >= 1<<48 || index <= s.newest-window {
		return 0, false
	}
	if index > s.newest {
		s.forget(index)
		s.newest = index
	}
	return index, true
}

// forget makes room for the indices above the newest, up to one.
func (s *Stream) forget(index int64) {
	if index-s.newest >= window {
		clear(s.sealed[:])
		return
	}
	for i := s.newest + 1; i <= index; i++ {
		s.sealed[i%window/64] &^= 1 << (i % 64)
	}
}
