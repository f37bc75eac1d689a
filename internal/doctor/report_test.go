package doctor

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestTheWorstCheckIsTheExitCode(t *testing.T) {
	for _, c := range []struct {
		levels []Level
		want   Level
		code   int
	}{
		{nil, OK, 0},
		{[]Level{OK, OK}, OK, 0},
		{[]Level{OK, Warn, OK}, Warn, 1},
		{[]Level{Fail, Warn, OK}, Fail, 2},
	} {
		var r Report
		for _, l := range c.levels {
			r.Checks = append(r.Checks, Check{Level: l})
		}
		if r.Level() != c.want || r.ExitCode() != c.code {
			t.Errorf("%v: %s, %d; want %s, %d", c.levels, r.Level(), r.ExitCode(), c.want, c.code)
		}
	}
}

func TestReportsAreForPeopleAndPrograms(t *testing.T) {
	r := Report{[]Check{{"a", OK, "one", "fine", ""}, {"b", Warn, "two", "", "mend it"}, {"c", Fail, "three", "broken", "replace it"}}}
	var text, program strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if want := "✔ one: fine\n! two\n    → mend it\n✖ three: broken\n    → replace it\n"; text.String() != want {
		t.Errorf("got %q, want %q", text.String(), want)
	}
	if err := r.WriteJSON(&program); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Level  Level
		Checks []Check
	}
	if err := json.Unmarshal([]byte(program.String()), &got); err != nil || got.Level != Fail || len(got.Checks) != 3 || got.Checks[2].Fix != "replace it" {
		t.Errorf("%+v, %v", got, err)
	}
}
