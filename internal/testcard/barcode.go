package testcard

// The barcode is a time that a program can read from the picture: cells in
// two rows across its top. The pages' barcode.ts reads it; the two are held
// together by testdata/barcode.json.
const (
	barcodeColumns = 24
	barcodeRows    = 2
	barcodeShare   = 0.2 // of the picture's height, all rows together
)

// barcode gives the cells row by row, white being true, of a time in
// milliseconds since 1970: its 40 low bits, highest first, and a checksum.
func barcode(ms int64) (cells [barcodeColumns * barcodeRows]bool) {
	var bytes [6]byte
	for i := range 5 {
		bytes[i] = byte(ms >> (8 * (4 - i)))
	}
	bytes[5] = checksum(bytes[:5])
	for i := range cells {
		cells[i] = bytes[i/8]>>(7-i%8)&1 == 1
	}
	return cells
}

// checksum is the CRC-8 with the polynomial x⁸+x²+x+1, begun with ones.
func checksum(bytes []byte) byte {
	crc := byte(0xff)
	for _, b := range bytes {
		crc ^= b
		for range 8 {
			top := crc & 0x80
			crc <<= 1
			if top != 0 {
				crc ^= 0x07
			}
		}
	}
	return crc
}
