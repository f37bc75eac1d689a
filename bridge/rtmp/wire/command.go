package wire

import "fmt"

// Command is a call of a peer, or the answer to one (§7.1.1).
type Command struct {
	Name string
	// Transaction numbers the call; 0 wants no answer.
	Transaction float64
	// Object is the command object, nil for null.
	Object Object
	Args   []any
}

// String returns the argument with an index as a string, "" if it is none.
func (c Command) String(i int) string {
	if i >= len(c.Args) {
		return ""
	}
	s, _ := c.Args[i].(string)
	return s
}

// ParseCommand reads a message with the type CommandAMF0 or CommandAMF3, of
// which the latter holds values of AMF 0 too. The error is that of ParseAMF0.
func ParseCommand(m Message, l Limits) (Command, error) {
	values, err := ParseAMF0(values(m), l)
	if err != nil {
		return Command{}, fmt.Errorf("command: %w", err)
	}
	var c Command
	var ok bool
	if len(values) > 0 {
		c.Name, ok = values[0].(string)
	}
	if !ok {
		return Command{}, fmt.Errorf("%w: a command without a name", ErrMalformed)
	}
	if len(values) > 1 {
		c.Transaction, _ = values[1].(float64)
	}
	if len(values) > 2 {
		c.Object, _ = values[2].(Object)
		c.Args = values[3:]
	}
	return c, nil
}

// ParseData reads a message with the type DataAMF0 or DataAMF3: a name, as
// "onMetaData", and values. The error is that of ParseAMF0.
func ParseData(m Message, l Limits) (name string, of []any, err error) {
	all, err := ParseAMF0(values(m), l)
	if err != nil {
		return "", nil, fmt.Errorf("data: %w", err)
	}
	if len(all) > 1 && all[0] == "@setDataFrame" { // how an encoder has a server keep it for players
		all = all[1:]
	}
	if len(all) == 0 {
		return "", nil, fmt.Errorf("%w: data without a name", ErrMalformed)
	}
	name, ok := all[0].(string)
	if !ok {
		return "", nil, fmt.Errorf("%w: data without a name", ErrMalformed)
	}
	return name, all[1:], nil
}

// values is the body without the octet by which messages of AMF 3 begin, and
// which says that AMF 0 follows.
func values(m Message) []byte {
	amf3 := m.Type == CommandAMF3 || m.Type == DataAMF3
	if amf3 && len(m.Body) > 0 && m.Body[0] == 0 {
		return m.Body[1:]
	}
	return m.Body
}

// Message makes the message that carries the command.
func (c Command) Message(stream uint32) Message {
	var object any
	if c.Object != nil {
		object = c.Object
	}
	b := AppendAMF0(nil, c.Name, c.Transaction, object)
	return Message{Type: CommandAMF0, Stream: stream, Body: AppendAMF0(b, c.Args...)}
}

// Data makes a data message.
func Data(stream uint32, values ...any) Message {
	return Message{Type: DataAMF0, Stream: stream, Body: AppendAMF0(nil, values...)}
}
