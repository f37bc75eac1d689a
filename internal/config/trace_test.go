package config

import (
	"maps"
	"strings"
	"testing"
)

func TestRatio(t *testing.T) {
	for _, c := range []struct {
		text, shown string
	}{{"0", "0"}, {"1", "1"}, {"0.25", "0.25"}, {"10%", "0.1"}, {"100%", "1"}} {
		var r Ratio
		if err := r.UnmarshalText([]byte(c.text)); err != nil || r.String() != c.shown {
			t.Errorf("%q = %v, %v, want %s", c.text, r, err, c.shown)
		}
	}
	for _, bad := range []string{"", "%", "-1", "1.1", "101%", "NaN", "Inf", "all", "1 %", "0,5"} {
		var r Ratio
		if err := r.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q = %v", bad, r)
		}
	}
}

func TestHeadersOfTraces(t *testing.T) {
	for _, c := range []struct {
		text string
		want map[string]string
	}{
		{"", map[string]string{}},
		{"api-key=a1", map[string]string{"api-key": "a1"}},
		{" Authorization=Bearer x=y== , X-Scope=1,", map[string]string{"Authorization": "Bearer x=y==", "X-Scope": "1"}},
	} {
		got, err := Trace{Headers: Secret(c.text)}.Header()
		if err != nil || !maps.Equal(got, c.want) {
			t.Errorf("%q = %v, %v, want %v", c.text, got, err, c.want)
		}
	}
	for _, bad := range []string{"secret-value", "a b=c", "=c", "a=", "a=b\r\nX: y", "a=\x00", "a=ü"} {
		if _, err := (Trace{Headers: Secret(bad)}).Header(); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
