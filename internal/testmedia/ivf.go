package testmedia

import (
	"encoding/binary"
	"testing"
)

// splitIVF cuts an IVF file: a header of as many octets as it says, then
// pictures, each behind its length and a timestamp of eight octets.
func splitIVF(t testing.TB, file []byte) [][]byte {
	t.Helper()
	if len(file) < 32 || string(file[:4]) != "DKIF" {
		t.Fatal("testmedia: not an IVF file")
	}
	var pictures [][]byte
	for rest := file[binary.LittleEndian.Uint16(file[6:]):]; len(rest) > 0; {
		if len(rest) < 12 || int(binary.LittleEndian.Uint32(rest)) > len(rest)-12 {
			t.Fatalf("testmedia: IVF file ends in picture %d", len(pictures))
		}
		n := int(binary.LittleEndian.Uint32(rest))
		pictures = append(pictures, rest[12:12+n])
		rest = rest[12+n:]
	}
	return pictures
}
