package schema

import (
	"os"
	"testing"
)

// The schema is made from the types: UPDATE=1 go test ./internal/schema writes it.
func TestTheSchemaIsUpToDate(t *testing.T) {
	const file = "../../api/room.v1.schema.json"
	want, err := Room()
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s is not what the types say: UPDATE=1 go test ./internal/schema", file)
	}
}
