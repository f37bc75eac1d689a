package wire

import (
	"encoding/binary"
	"fmt"
	"io"
)

const (
	// defaultChunkSize is in force before a peer sets another (§5.4.1).
	defaultChunkSize = 128
	// extended is what the three octets of a timestamp hold when the whole of
	// it follows in four (§5.3.1.3).
	extended = 0xffffff
	// growth is the least room that a message's body gets at first.
	growth = 1 << 10
	// farDelta is a time between two messages that nobody has, in ms.
	farDelta = 10_000
)

// chunkStream is what is remembered of one (§5.3.1): the last message's
// header, which those that follow refer to, and what has come of this one.
type chunkStream struct {
	id     uint32
	header Message
	field  uint32 // the timestamp as the last header had it, absolute or not
	delta  uint32 // what a message without a header adds to the timestamp
	length int    // of the message that is coming
	open   bool   // it has begun, and not come whole
	body   []byte // what has come of it
}

// chunkReader joins the chunks of messages.
type chunkReader struct {
	in      source
	limits  Limits
	message int // the longest that is accepted
	memory  int // what all bodies together may take
	taken   int // what they do
	size    int // of a chunk
	streams []*chunkStream
	done    *chunkStream // whose message has been handed out
}

// source is what chunks are read from.
type source interface {
	io.Reader
	io.ByteReader
	Peek(n int) ([]byte, error)
	Discard(n int) (int, error)
}

func newChunkReader(in source, l Limits) *chunkReader {
	return &chunkReader{in: in, limits: l, message: l.Early, memory: l.Early, size: defaultChunkSize}
}

// read returns the next message. Its body is valid until the next read.
func (r *chunkReader) read() (Message, error) {
	r.recycle()
	for {
		s, err := r.header()
		if err != nil {
			return Message{}, err
		}
		if err := r.payload(s); err != nil {
			return Message{}, err
		}
		if len(s.body) < s.length {
			continue
		}
		s.open = false
		m := s.header
		m.Body = s.body
		r.done = s
		return m, nil
	}
}

// recycle takes back the body that was handed out. While nobody has been let
// in it is not kept: memory is for what is coming.
func (r *chunkReader) recycle() {
	s := r.done
	if s == nil {
		return
	}
	r.done = nil
	if r.memory == r.limits.Early || cap(s.body) > r.memory/16 {
		r.release(s)
	}
	s.body = s.body[:0]
}

func (r *chunkReader) release(s *chunkStream) {
	r.taken -= cap(s.body)
	s.body = nil
}

// header reads the headers of a chunk, and begins a message with it unless
// one is coming.
func (r *chunkReader) header() (*chunkStream, error) {
	format, id, err := r.basicHeader()
	if err != nil {
		return nil, err
	}
	s, known, err := r.stream(id)
	if err != nil {
		return nil, err
	}
	if format == 3 {
		if !known {
			return nil, fmt.Errorf("%w: chunk stream %d begins without a header", ErrMalformed, id)
		}
		return s, r.noHeader(s)
	}
	if s.open {
		return nil, fmt.Errorf("%w: a message begins in chunk stream %d before the last one has come whole", ErrMalformed, id)
	}
	if format == 2 && !known {
		return nil, fmt.Errorf("%w: chunk stream %d begins with a delta", ErrMalformed, id)
	}
	return s, r.messageHeader(s, format)
}

// basicHeader reads §5.3.1.1.
func (r *chunkReader) basicHeader() (format byte, id uint32, err error) {
	first, err := r.in.ReadByte()
	if err != nil {
		return 0, 0, err // io.EOF stays what it is: here is where a connection ends
	}
	format, id = first>>6, uint32(first&0x3f)
	if id > 1 {
		return format, id, nil
	}
	var more [2]byte
	octets := more[:id+1]
	if err := r.full(octets); err != nil {
		return 0, 0, err
	}
	return format, 64 + uint32(more[0]) + uint32(more[1])<<8, nil
}

// stream finds a chunk stream, or makes one.
func (r *chunkReader) stream(id uint32) (s *chunkStream, known bool, err error) {
	for _, s := range r.streams {
		if s.id == id {
			return s, true, nil
		}
	}
	if len(r.streams) >= r.limits.ChunkStreams {
		return nil, false, fmt.Errorf("%w: more than %d chunk streams", ErrLimit, r.limits.ChunkStreams)
	}
	s = &chunkStream{id: id}
	r.streams = append(r.streams, s)
	return s, false, nil
}

// messageHeader reads §5.3.1.2.1 to §5.3.1.2.3. A stream may begin with format
// 1, as some encoders' does: it goes on from zeros.
func (r *chunkReader) messageHeader(s *chunkStream, format byte) error {
	var b [11]byte
	if err := r.full(b[:[3]int{11, 7, 3}[format]]); err != nil {
		return err
	}
	if format < 2 {
		s.length = int(b[3])<<16 | int(b[4])<<8 | int(b[5])
		s.header.Type = Type(b[6])
	}
	if format == 0 {
		s.header.Stream = binary.LittleEndian.Uint32(b[7:])
	}
	s.field = uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
	time := s.field
	if s.field == extended {
		var err error
		if time, err = r.extendedTimestamp(); err != nil {
			return err
		}
	}
	s.delta = time
	if format == 0 {
		s.header.Timestamp = time
	} else {
		s.header.Timestamp += time
	}
	if format == 0 && time > farDelta {
		// By §5.3.1.2.4 the timestamp itself is the delta of a message without
		// a header after this one, and ffmpeg means that near the start. Later
		// on whoever sends one means the same moment.
		s.delta = 0
	}
	s.open = true
	return r.bound(s)
}

// bound refuses a message that is too long for anything to be read of it.
func (r *chunkReader) bound(s *chunkStream) error {
	if s.length > r.message {
		return fmt.Errorf("%w: a %s message of %d octets, at most %d", ErrLimit, s.header.Type, s.length, r.message)
	}
	return nil
}

// noHeader goes on with a message, or begins one like the last (§5.3.1.2.4).
//
// The extended timestamp is repeated by most, as §5.3.1.3 says, and left out
// by some; so it is read only when it is there.
func (r *chunkReader) noHeader(s *chunkStream) error {
	if s.field == extended {
		if err := r.repeatedTimestamp(s); err != nil {
			return err
		}
	}
	if s.open {
		return nil
	}
	s.header.Timestamp += s.delta
	s.open = true
	return r.bound(s)
}

func (r *chunkReader) extendedTimestamp() (uint32, error) {
	var b [4]byte
	err := r.full(b[:])
	return binary.BigEndian.Uint32(b[:]), err
}

func (r *chunkReader) repeatedTimestamp(s *chunkStream) error {
	b, err := r.in.Peek(4)
	if err != nil {
		return unexpected(err)
	}
	switch time := binary.BigEndian.Uint32(b); time {
	case s.delta, s.header.Timestamp: // either is seen for what was a delta
		_, err = r.in.Discard(4)
	}
	return unexpected(err)
}

// payload reads what a chunk has of its message.
func (r *chunkReader) payload(s *chunkStream) error {
	have := len(s.body)
	n := min(s.length-have, r.size)
	for n > 0 {
		if err := r.grow(s); err != nil {
			return err
		}
		room := s.body[len(s.body):min(cap(s.body), len(s.body)+n)]
		got, err := r.in.Read(room)
		s.body = s.body[:len(s.body)+got]
		n -= got
		if err != nil && n > 0 {
			return unexpected(err)
		}
	}
	return nil
}

// grow makes room for more of a body: twice what has come, so that memory
// follows what was received and not what was announced.
func (r *chunkReader) grow(s *chunkStream) error {
	if len(s.body) < cap(s.body) {
		return nil
	}
	room := min(max(2*cap(s.body), growth), s.length)
	more := room - cap(s.body)
	if r.taken+more > r.memory {
		r.sweep(s)
	}
	if r.taken+more > r.memory {
		return fmt.Errorf("%w: unfinished messages of more than %d octets together", ErrLimit, r.memory)
	}
	r.taken += more
	s.body = append(make([]byte, 0, room), s.body...)
	return nil
}

// sweep lets go of bodies that are kept for later.
func (r *chunkReader) sweep(but *chunkStream) {
	for _, s := range r.streams {
		if s != but && !s.open {
			r.release(s)
		}
	}
}

// abort forgets what has come of a message (§5.4.2).
func (r *chunkReader) abort(id uint32) {
	for _, s := range r.streams {
		if s.id == id && s.open {
			s.open = false
			s.body = s.body[:0]
		}
	}
}

func (r *chunkReader) full(b []byte) error {
	_, err := io.ReadFull(r.in, b)
	return unexpected(err)
}

// unexpected is an error in the middle of a chunk.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
