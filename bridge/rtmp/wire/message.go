package wire

import "fmt"

// Type is what a message is (§5.4, §6.2, §7.1).
type Type uint8

// The types. Those up to SetPeerBandwidth are dealt with by Conn.Read.
const (
	SetChunkSize     Type = 1
	Abort            Type = 2
	Acknowledgement  Type = 3
	UserControl      Type = 4
	WindowSize       Type = 5
	SetPeerBandwidth Type = 6
	Audio            Type = 8
	Video            Type = 9
	DataAMF3         Type = 15
	CommandAMF3      Type = 17
	DataAMF0         Type = 18
	CommandAMF0      Type = 20
	Aggregate        Type = 22 // Conn.Read takes it apart
)

// String names the type for a log.
func (t Type) String() string {
	switch t {
	case SetChunkSize:
		return "set chunk size"
	case Abort:
		return "abort"
	case Acknowledgement:
		return "acknowledgement"
	case UserControl:
		return "user control"
	case WindowSize:
		return "window acknowledgement size"
	case SetPeerBandwidth:
		return "set peer bandwidth"
	case Audio:
		return "audio"
	case Video:
		return "video"
	case DataAMF0, DataAMF3:
		return "data"
	case CommandAMF0, CommandAMF3:
		return "command"
	case Aggregate:
		return "aggregate"
	}
	return fmt.Sprintf("type %d", uint8(t))
}

// Message is one message.
type Message struct {
	Type Type
	// Stream is the message stream that it belongs to: 0 for the connection,
	// otherwise as the server numbers them.
	Stream uint32
	// Timestamp is in ms from a start of the sender's choice, and wraps.
	Timestamp uint32
	// Body of one that was read is valid until the next Read.
	Body []byte
}
