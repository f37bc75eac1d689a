package signaling

import "testing"

func TestIfMatch(t *testing.T) {
	const tag = `"abc"`
	for _, c := range []struct {
		name   string
		header []string
		want   error
	}{
		{"none", nil, errNoIfMatch},
		{"empty", []string{" "}, errNoIfMatch},
		{"asterisk", []string{"*"}, nil},
		{"quoted asterisk", []string{`"*"`}, nil},
		{"the tag", []string{`"abc"`}, nil},
		{"the tag, spaced", []string{"  \"abc\"\t"}, nil},
		{"another", []string{`"abd"`}, errIfMatch},
		{"prefix", []string{`"ab"`}, errIfMatch},
		{"weak", []string{`W/"abc"`}, errIfMatch},
		{"weak, then strong", []string{`W/"abc", "abc"`}, nil},
		{"list", []string{`"x","y" , "abc"`}, nil},
		{"list without it", []string{`"x", "y"`}, errIfMatch},
		{"two headers", []string{`"x"`, `"abc"`}, nil},
		{"comma in a tag", []string{`"x,y", "abc"`}, nil},
		{"a tag within a tag", []string{`"x, "abc"`}, errIfMatch},
		{"not quoted", []string{"abc"}, errIfMatch},
		{"open", []string{`"abc`}, errIfMatch},
		{"asterisk in a list", []string{`"x", *`}, errIfMatch},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := matches(c.header, tag); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func FuzzIfMatch(f *testing.F) {
	f.Add(`"abc"`)
	f.Add(`W/"abc", "x,y" ,, "*"`)
	f.Fuzz(func(t *testing.T, header string) {
		if err := matches([]string{header}, `"secret"`); err == nil && header == `"secre"` {
			t.Error("matched")
		}
	})
}
