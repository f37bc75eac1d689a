package testmedia

import (
	"bytes"
	"testing"
)

func splitH264(t testing.TB, file []byte) [][]byte {
	return splitAnnexB(file, func(header byte) bool { return header&0x1f == 9 })
}

func splitH265(t testing.TB, file []byte) [][]byte {
	return splitAnnexB(file, func(header byte) bool { return header>>1&0x3f == 35 })
}

// splitAnnexB cuts a byte stream at its access unit delimiters, which make.sh
// asks for and which are left out: live encoders send none.
func splitAnnexB(file []byte, delimits func(header byte) bool) [][]byte {
	start := []byte{0, 0, 1}
	var pictures [][]byte
	for _, unit := range bytes.Split(file, start) {
		unit = bytes.TrimRight(unit, "\x00") // the longer start code's first octet
		switch {
		case len(unit) == 0:
		case delimits(unit[0]):
			pictures = append(pictures, nil)
		case len(pictures) > 0:
			last := &pictures[len(pictures)-1]
			*last = append(append(*last, start...), unit...)
		}
	}
	return pictures
}
