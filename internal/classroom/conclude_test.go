package classroom

import (
	"path/filepath"
	"testing"
	"time"

	"lectern/internal/store"
)

// Who was there when the server was lost is in the report of that class, though
// nobody came back to it.
func TestAClassThatDoesNotGoOnIsConcluded(t *testing.T) {
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "rooms.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	r, secret := newRoom(t, Options{Store: db})
	v, _ := enter(t, r, "math", secret)
	v.class.mu.Lock()
	v.class.saveLocked(v.class.now())
	first := v.class.number
	v.class.mu.Unlock()
	v.class.keeps.wait()

	// Another server on what that one has left, twenty minutes later.
	later := New(Options{Store: db, Now: func() time.Time { return time.Now().Add(20 * time.Minute) }})
	t.Cleanup(later.Close)
	if err := later.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	next, _ := enter(t, later, "math", secret)
	if next.class.number == first {
		t.Fatal("the class goes on")
	}
	next.class.keeps.wait()
	report, err := later.Report(t.Context(), "math", first)
	if err != nil {
		t.Fatal(err)
	}
	if report.State != "ended" || report.Ended.IsZero() || len(report.People) != 1 || report.People[0].Name != "X" || report.Seconds > 60 {
		t.Errorf("the report is %+v", report)
	}
	if report, err = later.Report(t.Context(), "math", Newest); err != nil || report.State != "live" {
		t.Errorf("that of the present class is %+v, %v", report, err)
	}
}
