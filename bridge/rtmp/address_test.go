package rtmp

import (
	"errors"
	"testing"

	"lectern/sfu"
)

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		name          string
		app, url, key string
		stream, token string
		args          string
	}{
		{"server and key", "live", "rtmp://h/live", "cam1", "live/cam1", "", ""},
		{"a token", "live", "rtmp://h/live", "cam1?token=abc", "live/cam1", "abc", ""},
		{"a token by its short name", "live", "rtmp://h/live", "cam1?k=abc", "live/cam1", "abc", ""},
		{"a token on the app", "live?k=abc", "rtmp://h/live?k=abc", "cam1", "live/cam1", "abc", ""},
		{"a token on the URL alone", "live", "rtmp://h/live?token=abc", "cam1", "live/cam1", "abc", ""},
		{"the key's token first", "live?k=app", "rtmp://h/live?k=url", "cam1?k=key", "live/cam1", "key", ""},
		{"an escaped token", "live", "", "cam1?k=a%2Bb%3D", "live/cam1", "a+b=", ""},
		{"other arguments", "live", "rtmp://h/live?c=3", "cam1?a=1&k=x&b=2", "live/cam1", "x", "a=1&b=2&c=3"},
		{"all in one field", "live/cam1", "rtmp://h/live/cam1", "", "live/cam1", "", ""},
		{"all in one field, with a token", "live/cam1?k=abc", "rtmp://h/live/cam1?k=abc", "", "live/cam1", "abc", ""},
		{"only a name, which some take for an app", "cam1", "rtmp://h/cam1", "", "live/cam1", "", ""},
		{"another app", "school", "", "math", "school/math", "", ""},
		{"an app of two parts", "school/math", "", "cam1", "school/math/cam1", "", ""},
		{"a key of two parts", "live", "", "math/cam1", "live/math/cam1", "", ""},
		{"no app", "", "", "cam1", "live/cam1", "", ""},
		{"slashes too many", "/live/", "", "/cam1/", "live/cam1", "", ""},
		{"a query that is none", "live", "", "cam1?%zz&k=abc", "live/cam1", "abc", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := parseAddress(c.app, c.url, c.key)
			if err != nil || a.stream != c.stream || a.token != c.token || a.args.Encode() != c.args {
				t.Errorf("got %q, token %q, args %q, %v; want %q, %q, %q", a.stream, a.token, a.args.Encode(), err, c.stream, c.token, c.args)
			}
		})
	}
}

func TestBadAddresses(t *testing.T) {
	for name, c := range map[string][2]string{
		"nothing":           {"", ""},
		"no key":            {"live", ""},
		"a query only":      {"live", "?k=abc"},
		"dots":              {"live", "../../etc/passwd"},
		"spaces":            {"live", "my camera"},
		"too many parts":    {"a/b/c", "d/e"},
		"a NUL":             {"live", "cam\x001"},
		"a part in between": {"live", "a//b"},
	} {
		t.Run(name, func(t *testing.T) {
			if a, err := parseAddress(c[0], "", c[1]); !errors.Is(err, sfu.ErrName) || !isSentence(sentence(err)) {
				t.Errorf("got %q, %v, want a sentence about the name", a.stream, err)
			}
		})
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("live?k=a", "rtmp://h/live?b=c", "cam1?token=x&y=z")
	f.Fuzz(func(t *testing.T, app, url, key string) {
		a, err := parseAddress(app, url, key)
		if err != nil {
			return
		}
		if name, err := sfu.ParseName(a.stream); name != a.stream || err != nil {
			t.Errorf("%q is not canonical: %v", a.stream, err)
		}
		if a.args.Has("token") || a.args.Has("k") {
			t.Errorf("a token is left in %v", a.args)
		}
	})
}
