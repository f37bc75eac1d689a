package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lectern/internal/doctor"
	"lectern/internal/room"
	"lectern/internal/store"
)

func TestPeopleAreForgottenFromTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	ctx := t.Context()
	s, err := store.Open(ctx, store.Options{Path: filepath.Join(dir, "rooms.db")})
	if err != nil {
		t.Fatal(err)
	}
	class, err := s.BeginClass(ctx, "math")
	for i, identity := range []string{"sub:ann", "guest:1", "sub:max", "key:redis:ann", "guest:2"} {
		name := []string{"Ann", "Ann", "Max", "Anna", "sub:max"}[i]
		err = errors.Join(err, s.AppendChat(ctx, class, identity, room.Message{Msg: "m_" + string(rune('1'+i)), At: time.Now(), Name: name, Text: "hello"}))
	}
	if err = errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{[]string{"list", "Ann"}, 0, "guest:1", ""},
		{[]string{"rm", "Ann"}, 1, "", "are 2 people"},
		{[]string{"rm", "ann"}, 1, "", `"ann" are 2 people`},
		{[]string{"rm", "sub:ann"}, 0, "", `"sub:ann" is forgotten: 1 message, 0 classes, 0 answers`},
		{[]string{"rm", "sub:ann"}, 1, "", "nothing is kept"},
		{[]string{"rm", "Ann", "--all"}, 0, "", `"guest:1" is forgotten`},
		{[]string{"list", "Max"}, 0, "sub:max", ""},
		{[]string{"rm", "sub:max"}, 0, "", `"sub:max" is forgotten: 1 message,`}, // and not who is called so
		{[]string{"list", "sub:max"}, 0, "guest:2", ""},
		{[]string{"rm", "ann"}, 0, "", `"key:redis:ann" is forgotten`},
		{[]string{"rm"}, 2, "", "want lectern person rm ID|SUB|NAME"},
	} {
		var out, said bytes.Buffer
		code := execute(context.Background(), nil, append(append([]string{"person"}, c.args...), "--data.dir", dir), &out, &said)
		if code != c.code || !strings.Contains(out.String(), c.stdout) || !strings.Contains(said.String(), c.stderr) {
			t.Errorf("%q: %d, %q, %q; want %d, %q, %q", c.args, code, &out, &said, c.code, c.stdout, c.stderr)
		}
	}
	var said bytes.Buffer
	if code := execute(context.Background(), nil, []string{"person", "list", "Ann", "--data.dir", filepath.Join(dir, "typo")}, &said, &said); code != 1 || !strings.Contains(said.String(), "--data.dir") {
		t.Errorf("a folder that is not there: %d %s", code, &said)
	}
}

func TestTheDoctorsExitCodes(t *testing.T) {
	for _, c := range []struct {
		level doctor.Level
		quick bool
		code  int
	}{{doctor.OK, false, 0}, {doctor.Warn, false, 1}, {doctor.Fail, false, 2}, {doctor.OK, true, 0}, {doctor.Warn, true, 0}, {doctor.Fail, true, 1}} {
		err := verdictOf(doctor.Report{Checks: []doctor.Check{{Level: c.level}}}, c.quick)
		v, _ := errors.AsType[verdict](err)
		if int(v) != c.code {
			t.Errorf("%s, quick %v: %d, want %d", c.level, c.quick, int(v), c.code)
		}
	}
	t.Setenv("LECTERN_HTTP_LISTEN", "nonsense")
	r := lectern(t, nil, "doctor", "--quick", "--json")
	var report struct{ Level doctor.Level }
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil || report.Level != doctor.Fail || r.code != 1 || r.stderr != "" {
		t.Errorf("a configuration that is not sound: %d, %+v, %v, stderr %q", r.code, report, err, r.stderr)
	}
}
