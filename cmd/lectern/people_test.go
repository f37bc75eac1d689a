package main

import (
	"strings"
	"testing"

	"lectern/internal/store"
)

func TestIdentitiesDoNotMoveTheCursor(t *testing.T) {
	var out strings.Builder
	if err := printPeople(&out, []store.Person{{Identity: "sub:u-1", Name: "Ada"}, {Identity: "sub:\x1b[2Jx\n"}}); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.Contains(text, "\nsub:u-1 ") || !strings.Contains(text, `"sub:\x1b[2Jx\n"`) || strings.ContainsRune(text, 0x1b) {
		t.Errorf("got %q", text)
	}
}
