package testcard

import (
	"encoding/json"
	"os"
	"testing"
	"time"
)

// golden is what the pages' barcode.ts is tested with as well.
type golden struct {
	Columns int     `json:"columns"`
	Rows    int     `json:"rows"`
	Share   float64 `json:"share"`
	Times   []struct {
		MS    int64  `json:"ms"`
		Cells string `json:"cells"` // row by row, # is white
	} `json:"times"`
}

func readGolden(t *testing.T) golden {
	t.Helper()
	text, err := os.ReadFile("testdata/barcode.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestTheBarcodeIsTheOneThatThePagesRead(t *testing.T) {
	g := readGolden(t)
	if g.Columns != barcodeColumns || g.Rows != barcodeRows || g.Share != barcodeShare || len(g.Times) == 0 {
		t.Errorf("%d × %d cells over %v of the height, want %d × %d over %v", barcodeColumns, barcodeRows, barcodeShare, g.Columns, g.Rows, g.Share)
	}
	for _, c := range g.Times {
		if got := text(barcode(c.MS)); got != c.Cells {
			t.Errorf("barcode(%d)\ngot  %s\nwant %s", c.MS, got, c.Cells)
		}
	}
}

func text(cells [barcodeColumns * barcodeRows]bool) string {
	var out []byte
	for _, white := range cells {
		if white {
			out = append(out, '#')
		} else {
			out = append(out, '.')
		}
	}
	return string(out)
}

// readBarcode looks at the middle of each cell of a picture's luma, and gives
// the time nearest to now; false when it says none.
func readBarcode(luma []byte, now time.Time) (time.Time, bool) {
	var cells [barcodeColumns * barcodeRows]bool
	for i := range cells {
		x := (2*(i%barcodeColumns) + 1) * Width / (2 * barcodeColumns)
		y := int(float64(2*(i/barcodeColumns)+1) * barcodeShare * Height / (2 * barcodeRows))
		cells[i] = luma[y*Width+x] > 128
	}
	var ms int64
	for _, white := range cells[:40] {
		ms <<= 1
		if white {
			ms |= 1
		}
	}
	ms += now.UnixMilli() >> 40 << 40
	return time.UnixMilli(ms), barcode(ms) == cells
}
