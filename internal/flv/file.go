package flv

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// TagType is the kind of a tag, which is also the type of an RTMP message.
type TagType uint8

// The types of tags.
const (
	TagAudio  TagType = 8
	TagVideo  TagType = 9
	TagScript TagType = 18 // AMF0
)

// Tag is one tag of a file.
type Tag struct {
	Type      TagType
	Timestamp uint32 // in milliseconds
	Data      []byte // the body that ParseVideo and ParseAudio read
}

// MaxTag is how long the data of a tag may be, in octets: as much as an RTMP
// message.
const MaxTag = 4 << 20

const (
	fileHeaderSize = 9
	tagHeaderSize  = 11
	trailerSize    = 4 // the size of the tag before
	// step is how much is reserved for data before it has come.
	step = 64 << 10
)

// Reader reads the tags of an FLV file or stream.
type Reader struct {
	source io.Reader
	begun  bool
	data   []byte
}

// NewReader returns a Reader of what source gives, from the file's header on.
func NewReader(source io.Reader) *Reader { return &Reader{source: source} }

// Next returns the next tag, whose Data is valid until the call after. It is
// io.EOF behind the last tag, io.ErrUnexpectedEOF in one, else an error of the
// source's, or one that wraps ErrMalformed. Encrypted tags are ErrUnsupported.
func (r *Reader) Next() (Tag, error) {
	if !r.begun {
		if err := r.begin(); err != nil {
			return Tag{}, err
		}
		r.begun = true
	}
	var head [tagHeaderSize]byte
	if _, err := io.ReadFull(r.source, head[:]); err != nil {
		return Tag{}, fmt.Errorf("read an FLV tag: %w", err)
	}
	if head[0]&0x20 != 0 {
		return Tag{}, fmt.Errorf("an encrypted FLV tag is %w", ErrUnsupported)
	}
	o := octets{rest: head[1:]}
	size := int(o.uint24())
	timestamp := o.uint24() | uint32(o.uint8())<<24
	if size > MaxTag {
		return Tag{}, malformed("an FLV tag of %d octets, at most %d", size, MaxTag)
	}
	if err := r.fill(size + trailerSize); err != nil {
		return Tag{}, fmt.Errorf("read an FLV tag: %w", err)
	}
	// The trailer is not checked: nobody writes it for us to seek by.
	return Tag{Type: TagType(head[0] & 0x1f), Timestamp: timestamp, Data: r.data[:size:size]}, nil
}

// begin reads the file's header and the size of the tag before the first.
func (r *Reader) begin() error {
	var head [fileHeaderSize]byte
	if _, err := io.ReadFull(r.source, head[:]); err != nil {
		return fmt.Errorf("read the FLV header: %w", err)
	}
	size := binary.BigEndian.Uint32(head[5:])
	if string(head[:3]) != "FLV" || size < fileHeaderSize || size > step {
		return malformed("not an FLV file")
	}
	if _, err := io.CopyN(io.Discard, r.source, int64(size)-fileHeaderSize+trailerSize); err != nil {
		return fmt.Errorf("read the FLV header: %w", unexpected(err))
	}
	return nil
}

// fill reads n octets into data, which grows with what has come.
func (r *Reader) fill(n int) error {
	r.data = r.data[:0]
	for len(r.data) < n {
		next := min(n-len(r.data), max(step, len(r.data)))
		begin := len(r.data)
		if cap(r.data) < begin+next {
			r.data = append(make([]byte, 0, begin+next), r.data...)
		}
		r.data = r.data[:begin+next]
		if _, err := io.ReadFull(r.source, r.data[begin:]); err != nil {
			return unexpected(err)
		}
	}
	return nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// AppendHeader appends the header of a file or stream to b. It says whether
// there will be video and audio.
func AppendHeader(b []byte, video, audio bool) []byte {
	var flags byte
	if video {
		flags |= 1
	}
	if audio {
		flags |= 4
	}
	return append(b, 'F', 'L', 'V', 1, flags, 0, 0, 0, fileHeaderSize, 0, 0, 0, 0)
}

// AppendTag appends a tag to b. Its Data must be shorter than 16 MiB, which is
// the most that the format can say.
func AppendTag(b []byte, t Tag) []byte {
	b = appendUint24(append(b, byte(t.Type)), uint32(len(t.Data)))
	b = append(appendUint24(b, t.Timestamp), byte(t.Timestamp>>24), 0, 0, 0)
	b = append(b, t.Data...)
	return binary.BigEndian.AppendUint32(b, uint32(tagHeaderSize+len(t.Data)))
}

// Writer writes the tags of an FLV file or stream, each with one Write of the
// destination's.
type Writer struct {
	destination  io.Writer
	buffer       []byte
	video, audio bool
	begun        bool
}

// NewWriter returns a Writer. The file's header, which says whether there will
// be video and audio, is written before the first tag.
func NewWriter(destination io.Writer, video, audio bool) *Writer {
	return &Writer{destination: destination, video: video, audio: audio}
}

// Write writes a tag. The error is the destination's, or wraps ErrUnsupported
// when the tag is longer than the format allows.
func (w *Writer) Write(t Tag) error {
	if len(t.Data) >= 1<<24 {
		return fmt.Errorf("an FLV tag of %d octets is %w", len(t.Data), ErrUnsupported)
	}
	w.buffer = w.buffer[:0]
	if !w.begun {
		w.buffer = AppendHeader(w.buffer, w.video, w.audio)
		w.begun = true
	}
	w.buffer = AppendTag(w.buffer, t)
	if _, err := w.destination.Write(w.buffer); err != nil {
		return fmt.Errorf("write an FLV tag: %w", err)
	}
	return nil
}
