package main

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lectern/internal/room"
	"lectern/internal/store"
)

// A server may be told to keep things for longer than this command knows.
func TestTheCommandForgetsNothing(t *testing.T) {
	dir := t.TempDir()
	ctx := t.Context()
	years := func() time.Time { return time.Now().AddDate(-5, 0, 0) }
	open := func(now func() time.Time) *store.Store {
		s, err := store.Open(ctx, store.Options{Path: filepath.Join(dir, "rooms.db"), Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	old := open(years)
	class, err := old.BeginClass(ctx, "math")
	if err == nil {
		err = old.AppendChat(ctx, class, "sub:a", room.Message{Msg: "m_1", At: years(), Text: "hello"})
	}
	if err = errors.Join(err, old.Close()); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	var out, said bytes.Buffer
	if code := execute(ctx, nil, []string{"key", "list", "--data.dir", dir}, &out, &said); code != 0 {
		t.Fatal(said.String())
	}
	again := open(years)
	list, err := again.Chat(ctx, class, 0, true)
	if err = errors.Join(err, again.Close()); err != nil || len(list) != 1 {
		t.Errorf("%d messages are left, %v; want 1", len(list), err)
	}
}

func TestKeysFromTheCommandLine(t *testing.T) {
	t.Chdir(t.TempDir())
	run := func(args ...string) (code int, stdout, stderr string) {
		var out, said bytes.Buffer
		code = execute(context.Background(), nil, append([]string{"key"}, args...), &out, &said)
		return code, out.String(), said.String()
	}
	code, secret, said := run("add", "--name", "a\tb", "--stream", "live/a,live/b*", "--can", "publish,watch", "--ttl", "1h")
	if code != 0 || !strings.HasPrefix(secret, "lk_") || !strings.Contains(said, "shown this once") {
		t.Fatalf("add: %d %q %q", code, secret, said)
	}
	code, list, _ := run("list")
	id, _, _ := strings.Cut(strings.Split(list, "\n")[1], " ")
	if code != 0 || !strings.Contains(list, `"a\tb"`) || !strings.Contains(list, "live/a,live/b*") || strings.Contains(list, strings.TrimSpace(secret)) {
		t.Errorf("list: %d\n%s", code, list)
	}
	if code, next, said := run("rotate", id); code != 0 || next == secret || !strings.HasPrefix(next, "lk_") {
		t.Errorf("rotate: %d %q %q", code, next, said)
	}
	for _, c := range []struct {
		args []string
		code int
		said string
	}{
		{[]string{"revoke", id}, 0, ""},
		{[]string{"rm", id}, 1, "no such key"},
		{[]string{"rotate", id}, 1, "no such key"},
		{[]string{"deny", "one", "--ttl", "1h"}, 0, ""},
		{[]string{"allow", "one"}, 0, ""},
		{[]string{"allow", "one"}, 1, "no such"},
		{[]string{"deny", "two words"}, 2, "token id"},
		{[]string{"add", "--can", "publish"}, 2, "which streams"},
		{[]string{"add", "--can", "root", "--stream", "*"}, 2, `right "root"`},
		{[]string{"add", "--can", "watch", "--stream", "cam1"}, 2, "did you mean"},
		{[]string{"add", "--can", "admin", "--ttl", "-1h"}, 2, "--ttl"},
		{[]string{"revoke"}, 2, "want lectern key revoke ID..."},
		{[]string{"list", "--data.dir", "/dev/null"}, 1, "data.dir"},
	} {
		if code, _, said := run(c.args...); code != c.code || !strings.Contains(said, c.said) || c.said == "" && said != "" {
			t.Errorf("%v: %d %q, want %d %q", c.args, code, said, c.code, c.said)
		}
	}
}
