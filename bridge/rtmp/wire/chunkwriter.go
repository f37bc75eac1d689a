package wire

import (
	"encoding/binary"
	"io"
)

// keptBuffer is how much of what was needed for writing is kept for the next
// time.
const keptBuffer = 64 << 10

// chunkWriter makes chunks of messages. Each message has a whole header: what
// could be saved is nothing beside the body, and readers differ over the rest.
type chunkWriter struct {
	size   int // of a chunk
	buffer []byte
}

// add appends messages to what flush writes.
func (w *chunkWriter) add(messages []Message) {
	for _, m := range messages {
		w.message(m)
		if n, err := number(m.Body); m.Type == SetChunkSize && err == nil && n > 0 {
			w.size = int(n)
		}
	}
}

func (w *chunkWriter) flush(out io.Writer) error {
	_, err := out.Write(w.buffer)
	w.buffer = w.buffer[:0]
	if cap(w.buffer) > keptBuffer {
		w.buffer = nil
	}
	return err
}

// message appends §5.3.1's headers and the body.
func (w *chunkWriter) message(m Message) {
	id := channel(m.Type)
	field := min(m.Timestamp, extended)
	b := append(w.buffer, id, byte(field>>16), byte(field>>8), byte(field),
		byte(len(m.Body)>>16), byte(len(m.Body)>>8), byte(len(m.Body)), byte(m.Type))
	b = binary.LittleEndian.AppendUint32(b, m.Stream)
	for rest := m.Body; ; b = append(b, 3<<6|id) {
		if field == extended {
			b = binary.BigEndian.AppendUint32(b, m.Timestamp)
		}
		n := min(len(rest), w.size)
		b = append(b, rest[:n]...)
		if rest = rest[n:]; len(rest) == 0 {
			break
		}
	}
	w.buffer = b
}

// channel is the chunk stream of a message: 2 is for control (§5.3.1), the
// others are a habit of servers.
func channel(t Type) byte {
	switch {
	case t <= SetPeerBandwidth:
		return 2
	case t == Audio:
		return 4
	case t == DataAMF0:
		return 5
	case t == Video:
		return 6
	}
	return 3
}
