package peer

import (
	"bytes"
	"fmt"
	"testing"
)

// vp8Payload is a payload with a PictureID of 15 bits, or of 7, and a TL0PICIDX.
func vp8Payload(wide bool, id uint16, base uint8) []byte {
	if !wide {
		return []byte{0x90, 0xe0, byte(id & 0x7f), base, 0x20, 1, 2, 3}
	}
	return []byte{0x90, 0xe0, 0x80 | byte(id>>8), byte(id), base, 0x20, 1, 2, 3}
}

func vp9Payload(wide bool, id uint16, base uint8) []byte {
	if !wide {
		return []byte{0xa8, byte(id & 0x7f), 0x20, base, 1, 2, 3}
	}
	return []byte{0xa8, 0x80 | byte(id>>8), byte(id), 0x20, base, 1, 2, 3}
}

func TestPictureIDsGoOnInAnotherLayer(t *testing.T) {
	for codec, payload := range map[string]func(bool, uint16, uint8) []byte{"video/VP8": vp8Payload, "video/VP9": vp9Payload} {
		for _, wide := range []bool{true, false} {
			bits := uint16(1<<7 - 1)
			if wide {
				bits = 1<<15 - 1
			}
			for _, first := range []uint16{0, 1, 126, 127, 16383, 16384, 32766, 32767} {
				t.Run(fmt.Sprint(codec, wide, first), func(t *testing.T) {
					var c pictureIDs
					id, base := first, uint8(first)
					for _, start := range []uint16{first, 5, 32767, 200} { // three changes of the layer
						c.turn(codec)
						for i := range uint16(300) {
							in := payload(wide, start+i, uint8(start+i))
							kept := bytes.Clone(in)
							want := payload(wide, id&bits, base)
							for range 2 { // the second is another packet of the picture
								if got := c.renumber(in); !bytes.Equal(got, want) {
									t.Fatalf("picture %d from %d on is %x, want %x", i, start, got, want)
								}
							}
							if !bytes.Equal(in, kept) {
								t.Fatal("the shared payload was changed")
							}
							id, base = id+1, base+1
						}
					}
				})
			}
		}
	}
}

func TestPictureIDsThatNeedNoChange(t *testing.T) {
	var c pictureIDs
	c.turn("video/VP8")
	for i := range uint16(100) {
		in := vp8Payload(true, 70+i, 7)
		if got := c.renumber(in); &got[0] != &in[0] {
			t.Fatal("a payload was copied that need not be")
		}
	}
	c.turn("video/H264")
	in := vp8Payload(true, 3, 7)
	if got := c.renumber(in); &got[0] != &in[0] {
		t.Error("a payload of another codec was changed")
	}
}

// A packet that is sent again after others gets the numbers that it had.
func TestPictureIDsOfOldPackets(t *testing.T) {
	var c pictureIDs
	c.turn("video/VP8")
	c.renumber(vp8Payload(true, 1000, 9))
	c.turn("video/VP8")
	var sent [][]byte
	for i := range uint16(10) {
		sent = append(sent, bytes.Clone(c.renumber(vp8Payload(true, 50+i, uint8(i)))))
	}
	if got := c.renumber(vp8Payload(true, 53, 3)); !bytes.Equal(got, sent[3]) {
		t.Errorf("sent again as %x, was %x", got, sent[3])
	}
	if got, want := c.renumber(vp8Payload(true, 60, 10)), vp8Payload(true, 1011, 20); !bytes.Equal(got, want) {
		t.Errorf("the next is %x, want %x", got, want)
	}
}

// The past that is sent again is no older than what came before it.
func TestPictureIDsOfThePast(t *testing.T) {
	var c pictureIDs
	c.turn("video/VP8")
	for i := range uint16(10) {
		c.renumber(vp8Payload(true, 100+i, uint8(i)))
	}
	for _, p := range [][]byte{vp8Payload(true, 109, 9), vp8Payload(true, 110, 10), {0x10, 0, 0}} {
		if c.returns(p) {
			t.Errorf("%x is taken for the past", p)
		}
	}
	if !c.returns(vp8Payload(true, 100, 0)) {
		t.Error("the past is not noticed")
	}
	c.begin()
	if got, want := c.renumber(vp8Payload(true, 100, 0)), vp8Payload(true, 110, 10); !bytes.Equal(got, want) {
		t.Errorf("the past begins with %x, want %x", got, want)
	}
}

func FuzzPictureIDs(f *testing.F) {
	f.Add(vp8Payload(true, 1, 2), true)
	f.Add(vp9Payload(false, 1, 2), false)
	f.Add([]byte{0x80, 0xe0, 0xff}, true)
	f.Fuzz(func(t *testing.T, b []byte, vp8 bool) {
		codec := "video/VP9"
		if vp8 {
			codec = "video/VP8"
		}
		var c pictureIDs
		for range 3 {
			c.turn(codec)
			for range 2 {
				if got := c.renumber(b); len(got) != len(b) {
					t.Fatalf("%d bytes of %d", len(got), len(b))
				}
			}
		}
	})
}
