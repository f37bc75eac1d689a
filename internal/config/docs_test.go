package config

import (
	"os"
	"strings"
	"testing"
)

// The reference is made from the settings: UPDATE=1 go test ./internal/config
// writes it.
func TestTheReferenceIsUpToDate(t *testing.T) {
	const file = "../../docs/settings.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), "| setting ")
	want := head + Markdown()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Errorf("%s is not what the settings say: UPDATE=1 go test ./internal/config", file)
	}
}
