package arch

import (
	"regexp"
	"slices"
	"testing"
)

// example breaks rules of every kind.
var example = graph{
	"lectern/sfu":              {"fmt", "lectern/internal/seq"},
	"lectern/internal/seq":     {"example.org/x"},
	"example.org/x":            {"net/http"},
	"lectern/sfu/peer":         {"lectern/sfu", "github.com/pion/webrtc/v4"},
	"lectern/signaling":        {"lectern/sfu/peer", "github.com/gin-gonic/gin"},
	"lectern/bridge/rtmp":      {"lectern/bridge/rtmp/amf", "lectern/sfu"},
	"lectern/bridge/hls":       {"lectern/bridge/rtmp/amf"},
	"lectern/bridge/rtmp/amf":  {"fmt"},
	"lectern/internal/app":     {"github.com/gin-gonic/gin", "github.com/ginger/gin-gonic"},
	"lectern/examples/minimal": {"lectern/sfu", "lectern/internal/app"},
	"lectern/sfuture":          {"net/http"},
}

func TestBans(t *testing.T) {
	for _, c := range []struct {
		name string
		ban  ban
		want []string
	}{
		{"direct", ban{from: []string{"lectern/sfu"}, to: []string{"net/http"}}, nil},
		{"through others", ban{from: []string{"lectern/sfu"}, to: []string{"net/http"}, deep: true},
			[]string{"lectern/sfu → lectern/internal/seq → example.org/x must not import net/http: because"}},
		{"not what only begins the same", ban{from: []string{"lectern/sfu/..."}, to: []string{"net/http"}}, nil},
		{"a version of a module", ban{from: []string{"lectern/sfu/..."}, to: []string{webrtc}},
			[]string{"lectern/sfu/peer must not import github.com/pion/webrtc/v4: because"}},
		{"what others import is theirs", ban{from: []string{"lectern/signaling/..."}, to: []string{webrtc}}, nil},
		{"only one may", ban{from: everybody, except: []string{"lectern/signaling/..."}, to: []string{gin}},
			[]string{"lectern/internal/app must not import github.com/gin-gonic/gin: because"}},
		{"not one another", ban{from: []string{"lectern/bridge/..."}, to: []string{"lectern/bridge/..."}, exceptSiblings: true},
			[]string{"lectern/bridge/hls must not import lectern/bridge/rtmp/amf: because"}},
		{"folders", ban{from: []string{"lectern/examples/..."}, to: []string{"lectern/internal/..."}},
			[]string{"lectern/examples/minimal must not import lectern/internal/app: because"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.ban.because = "because"
			if got := c.ban.violations(example); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAbsent(t *testing.T) {
	b := ban{
		from:   []string{"lectern/sfu", "lectern/sfu/...", "lectern/sf"},
		except: []string{"lectern/bridge/dash/..."},
		to:     []string{webrtc, "example.org/none", "lectern/internal/seq", "lectern/signalling/..."},
	}
	want := []string{"lectern/sf", "lectern/bridge/dash/...", "lectern/signalling/..."}
	if got := b.absent(example); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEveryBanIsWhole(t *testing.T) {
	known := regexp.MustCompile(`^(lectern|lectern/.+|net/http|[a-z]+(\.[a-z]+)+/.+)$`)
	for _, b := range policy {
		for _, pattern := range slices.Concat(b.from, b.except, b.to) {
			if !known.MatchString(pattern) {
				t.Errorf("%s: no package has such a path", pattern)
			}
		}
		if len(b.from) == 0 || len(b.to) == 0 || b.because == "" {
			t.Errorf("%+v says not who, what or why", b)
		}
	}
}
