package main

import "testing"

func TestDemoIsServeWithSomethingToWatch(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, ""},
		{[]string{"serve"}, ""},
		{[]string{"serve", "--demo.stream", "clock"}, "clock"},
		{[]string{"demo"}, "demo"},
		{[]string{"demo", "--demo.stream=lab/clock"}, "lab/clock"},
		{[]string{"--http.listen", "127.0.0.1:0", "demo"}, "demo"},
	} {
		r := lectern(t, nil, c.args...)
		if r.code != 0 || r.served == nil || r.served.Demo.Stream != c.want {
			t.Errorf("%q: exit code %d, served with %v, stderr %s, want the demo at %q", c.args, r.code, r.served, r.stderr, c.want)
		}
	}
	if r := lectern(t, nil, "demo", "--demo.stream", "a b"); r.code != exitUsage || r.served != nil {
		t.Errorf("a name with a space: exit code %d, stderr %s", r.code, r.stderr)
	}
}
