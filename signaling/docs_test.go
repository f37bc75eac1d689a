package signaling

import (
	"os"
	"strings"
	"testing"
)

// Programs go by the codes of errors, so that each is in the documents.
func TestEveryCodeIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/http.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range problems {
		if !strings.Contains(string(text), "| `"+row.code+"` |") {
			t.Errorf("docs/http.md does not tell of the code %q", row.code)
		}
	}
}
