package webhook

import (
	"strings"
	"testing"
)

func TestAddressesAreShownWithoutWhatIsSecret(t *testing.T) {
	for url, want := range map[string]string{
		"":                               "",
		"https://school.example":         "https://school.example",
		"https://school.example/":        "https://school.example/",
		"https://school.example/lectern": "https://school.example/lectern",
		"https://hooks.slack.com/services/T0CANARY/B0CANARY/canary": "https://hooks.slack.com/services/…",
		"https://chat.example/hook/canary?thread=canary#canary":     "https://chat.example/hook/…?…",
		"https://chat.example//canary":                              "https://chat.example//…",
		"https://anna:canary@chat.example/a/canary/":                "https://…@chat.example/a/…",
		"https://a.example/?":                                       "https://a.example/?…",
		"chat.example/hook/canary":                                  "chat.example/hook/…",
	} {
		if got := Shown(url); got != want {
			t.Errorf("%q is shown as %q, want %q", url, got, want)
		}
	}
}

func FuzzShown(f *testing.F) {
	f.Add("https://a:b@c.example/d/e?f#g")
	f.Fuzz(func(t *testing.T, url string) {
		shown := Shown(url)
		if strings.Contains(shown, "#") || Shown(shown) != shown && !strings.Contains(url, "…") {
			t.Errorf("%q is shown as %q, and that as %q", url, shown, Shown(shown))
		}
	})
}
