package doctor

import (
	"context"
	"net/http"
	"time"

	"lectern/internal/config"
)

// Options say what to look at. The zero Options look at this machine alone.
type Options struct {
	// Config is the server's configuration. Its zero value is taken for the
	// defaults.
	Config config.Config
	// ConfigErr is why there is no Config: the checks that need one say so.
	ConfigErr error
	// URL is a running server's, without a path below its prefix; "" looks
	// whether one runs at Config's address, and starts Start otherwise.
	URL string
	// Token is a bearer token for it that may publish, watch, and see what the
	// owner sees; what it may not is left out with a warning.
	Token string
	// Inside says that this is the server's own process: ports that are taken
	// are its own. What is published to it is a package trial's.
	Inside bool
	// Quick leaves out what takes more than a second.
	Quick bool
	// Public lets it ask STUN servers on the internet for the public address.
	Public bool
	// STUN are the servers that Public asks, HOST:PORT; nil is two well-known ones.
	STUN []string
	// Start starts a server like Config's on ports of its own, and returns its
	// URL, a token for it, and what stops it. Nil starts none.
	Start func(ctx context.Context) (Running, error)
	// HTTP asks the server. Nil is one that waits up to ten seconds.
	HTTP *http.Client
	// Now is the clock. Nil is time.Now.
	Now func() time.Time
}

// Running is a server that was started for the checks.
type Running struct {
	URL   string // of the web port, http://127.0.0.1:PORT
	Token string // "" when it needs none
	Stop  func() // and wait until it has
}
