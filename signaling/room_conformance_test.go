package signaling_test

import (
	"strings"
	"testing"

	"lectern/internal/conformance"
)

func TestOurOwnServerConforms(t *testing.T) {
	s := newSchool(t)
	name, teacher, student := s.room(t, "")
	var out strings.Builder
	failed, err := conformance.Run(t.Context(), conformance.Options{
		URL: "ws" + strings.TrimPrefix(s.url, "http") + "/api/v1/rooms/" + name + "/ws", Teacher: teacher, Student: student,
	}, &out)
	if err != nil || failed > 0 {
		t.Errorf("%d rules are broken, %v:\n%s", failed, err, out.String())
	}
}
