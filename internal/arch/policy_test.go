package arch

import "testing"

// Patterns are import paths: exact, or with /... for everything below as well.
const (
	gin        = "github.com/gin-gonic/gin/..."
	ginContrib = "github.com/gin-contrib/..."
	webrtc     = "github.com/pion/webrtc/..."
	rtp        = "github.com/pion/rtp/..."
	rtcp       = "github.com/pion/rtcp/..."
)

// core is package sfu and its leaves.
var core = []string{
	"lectern/sfu", "lectern/internal/seq", "lectern/internal/codec", "lectern/internal/packetcache",
	"lectern/internal/rewrite", "lectern/internal/frame", "lectern/internal/sdpfrag",
}

// testSupport is not part of the server.
var testSupport = []string{
	"lectern/sfu/sfutest/...", "lectern/internal/testmedia/...", "lectern/internal/testcount",
	"lectern/internal/testlog", "lectern/internal/testpeer", "lectern/internal/testtool", "lectern/internal/trace/tracetest",
	"lectern/internal/e2e/...",
}

// policy is what must not import what. Test files are free.
var policy = []ban{
	{from: core, to: []string{"net/http", gin, ginContrib}, deep: true,
		because: "the core is importable and testable without a network"},
	{from: core, to: []string{webrtc}, deep: true,
		because: "the core forwards packets of any transport"},
	{from: core, to: []string{"lectern/internal/config"}, deep: true,
		because: "the core gets options from whoever embeds it, not from our files and flags"},
	{from: []string{"lectern/sfu/peer/..."}, to: []string{"net/http", gin, ginContrib}, deep: true,
		because: "SDP arrives as a string from anywhere"},
	{from: []string{"lectern/signaling/..."}, to: []string{rtp, rtcp, webrtc},
		because: "signalling carries text; media types would let policy leak into the data path"},
	{from: []string{"lectern/signaling/..."}, to: []string{"lectern/bridge/..."},
		because: "protocols meet only in the core"},
	{from: []string{"lectern/bridge/..."}, to: []string{gin, ginContrib, "lectern/signaling/..."},
		because: "protocols meet only in the core"},
	{from: []string{"lectern/bridge/..."}, to: []string{"lectern/bridge/..."}, exceptSiblings: true,
		because: "a bridge can be taken out without another noticing"},
	{from: []string{"lectern/internal/room/..."}, to: []string{"lectern/sfu/...", "net/http"},
		because: "rules are replayable and property-testable"},
	{from: []string{"lectern/internal/auth/..."}, to: []string{"net/http", gin, ginContrib}, deep: true,
		because: "who may do what is decided the same way for every protocol"},
	{from: []string{"lectern/internal/testcard/..."}, to: []string{"net/http", webrtc, "lectern/sfu/peer/...", "lectern/signaling/...", "lectern/internal/config"}, deep: true,
		because: "the demo is a publisher like any other, without a network between"},
	{from: []string{"lectern/examples/..."}, to: []string{"lectern/internal/..."},
		because: "examples prove that the public packages are enough"},
	{from: []string{"lectern/cmd/..."}, to: testSupport, deep: true,
		because: "the server that people run has no test code in it"},
	// bench is a client of any server, as a browser is.
	{from: everybody, except: append([]string{"lectern/sfu/peer/...", "lectern/internal/bench/...", "lectern/examples/..."}, testSupport...), to: []string{webrtc},
		because: "sfu/peer is the one place that changes with Pion"},
	{from: []string{"lectern/internal/bench/..."}, to: []string{"lectern/sfu/...", "lectern/signaling/...", "lectern/internal/app"},
		because: "what measures a server knows it by its URLs alone"},
	{from: everybody, except: append([]string{"lectern/internal/trace"}, testSupport...), to: []string{"go.opentelemetry.io/..."},
		because: "internal/trace is the one place that changes with OpenTelemetry, and whose queue and limits all spans go through"},
	{from: everybody, except: []string{"lectern/signaling/...", "lectern/examples/embed-gin/..."}, to: []string{gin, ginContrib},
		because: "signaling is the one place that changes with Gin"},
}

var everybody = []string{"lectern/..."}

func TestImportPolicy(t *testing.T) {
	packages := load(t)
	for _, b := range policy {
		for _, pattern := range b.absent(packages) {
			t.Errorf("%s: no package has such a path any more", pattern)
		}
		for _, v := range b.violations(packages) {
			t.Error(v)
		}
	}
}

func TestRoomsHaveNoClockAndNoGoroutine(t *testing.T) {
	for _, v := range impurities(t, moduleDir(t)+"/internal/room") {
		t.Errorf("%s: rules are replayable and property-testable: time is an argument and nothing runs beside", v)
	}
}
