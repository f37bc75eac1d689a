package packetize

// VP9 cuts frames as RFC 9628 has it, in the non-flexible mode and without
// layers: receivers take each frame to refer to the one before.
type VP9 struct {
	number uint16 // of the picture
	buffer []byte
}

// NewVP9 returns a VP9.
func NewVP9() *VP9 { return &VP9{} }

// Bits of the payload descriptor (RFC 9628 §4.2).
const (
	vp9HasNumber = 0x80 // I
	vp9Predicted = 0x40 // P
	vp9Begins    = 0x08 // B
	vp9Ends      = 0x04 // E
	vp9Long      = 0x80 // M: the picture's number has 15 bits
)

// Packetize cuts one frame or superframe; key says that it is, or begins with,
// a key frame. The error is emit's. Nothing is emitted of an empty one.
func (v *VP9) Packetize(frame []byte, emit Emit) (key bool, err error) {
	if len(frame) == 0 {
		return false, nil
	}
	key = vp9Key(frame[0])
	flags := byte(vp9HasNumber | vp9Begins)
	if !key {
		flags |= vp9Predicted
	}
	for len(frame) > 0 {
		v.buffer = append(v.buffer[:0], flags, vp9Long|byte(v.number>>8), byte(v.number))
		part := frame[:min(len(frame), MTU-len(v.buffer))]
		frame = frame[len(part):]
		if len(frame) == 0 {
			v.buffer[0] |= vp9Ends
		}
		v.buffer = append(v.buffer, part...)
		if err := emit(v.buffer, len(frame) == 0); err != nil {
			return key, err
		}
		flags &^= vp9Begins
	}
	v.number = (v.number + 1) & 0x7fff
	return key, nil
}

// vp9Key looks at the first octet of a frame (VP9 bitstream specification
// §6.2): frame_marker, profile, show_existing_frame, frame_type.
func vp9Key(first byte) bool {
	if first>>6 != 2 {
		return false
	}
	if profile3 := first&0x30 == 0x30; profile3 { // a reserved bit more
		return first&0x06 == 0
	}
	return first&0x0c == 0
}
