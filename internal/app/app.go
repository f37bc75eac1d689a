// Package app puts a configured server together: the one place that knows
// everything.
//
// Invariant: when Run has returned, no socket is open and no goroutine is
// left, whatever the reason for the end was.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lectern/internal/auth"
	"lectern/internal/classroom"
	"lectern/internal/config"
	"lectern/internal/hook"
	"lectern/internal/portmux"
	"lectern/internal/pressure"
	"lectern/internal/store"
	"lectern/internal/trace"
	"lectern/sfu"
	"lectern/sfu/peer"
	"lectern/signaling"
)

// App is a server with its ports open. Run serves on them, and closes them.
type App struct {
	version  string
	config   config.Config
	log      *slog.Logger
	tracer   *trace.Tracer
	firstKey string
	opened   time.Time

	ports     *ports
	mux       *portmux.Mux
	router    *sfu.Router
	peers     *peer.Engine
	signaling *signaling.Server
	store     *store.Store
	access    access
	pressure  *pressure.Gauge
	rooms     *classroom.Rooms
	outside   outside
	hooks     *hook.Hooks
	rtmp      *rtmpIngress
	servers   []server
	overview  overview
}

// server is an HTTP server and what it serves on.
type server struct {
	*http.Server
	listener net.Listener
	tls      bool
}

// closeTimeout is how long requests that are being answered may take at the
// end; those that last, event streams, have been ended before.
const closeTimeout = 3 * time.Second

// Run opens the ports, says on stdout where the server is, and serves until
// ctx ends; then it lets running media go on for Config.Drain. Logs go to
// stderr. version is what the server says it is.
func Run(ctx context.Context, version string, c config.Config, stdout io.Writer) error {
	logger := newLog(version, c.Log, os.Stderr)
	stdlog.SetFlags(0)
	stdlog.SetOutput(slog.NewLogLogger(logger.Handler(), slog.LevelWarn).Writer()) // net/http's clients write there
	a, err := Open(version, c, logger)
	if err != nil {
		return err
	}
	if err := a.greet(stdout); err != nil {
		a.log.Warn("greeting not written", "error", err)
	}
	return a.Run(ctx)
}

// Open reads the keys and opens the ports. The caller must call Run.
func Open(version string, c config.Config, log *slog.Logger) (*App, error) {
	a := &App{version: version, config: c, opened: time.Now()}
	log = a.openOverview(log)
	var err error
	if a.tracer, err = openTracer(version, c.Trace, log); err != nil {
		return nil, err
	}
	if err := a.openAccess(); err != nil {
		a.tracer.Close()
		return nil, err
	}
	if a.hooks, err = hook.New(a.access.sessions, hookOptions(c.Hooks, c.Limits.HookQueue, log)); err != nil {
		a.closeAccess()
		a.tracer.Close()
		return nil, fmt.Errorf("hooks: %w", err)
	}
	if err := a.open(); err != nil {
		a.hooks.Close()
		a.closeAccess()
		a.tracer.Close()
		return nil, err
	}
	return a, nil
}

// open opens all ports or none.
func (a *App) open() (err error) {
	c, log := a.config, a.log
	if a.ports, err = openPorts(c); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			a.outside.abandon()
			a.ports.close()
		}
	}()
	a.pressure = pressure.New(log)
	a.mux = portmux.New(a.ports.tcp, portmux.Options{})
	a.router = sfu.NewRouter(sfu.Options{Grace: grace(c.Streams.Grace), Limits: viewerLimits(c.Limits)})
	if err = a.openOutside(); err != nil {
		return err
	}
	options := peerOptions(c, log)
	options.UDP = a.ports.udp
	if c.RTC.TCP {
		options.TCP = a.mux.Listener(portmux.STUN)
	}
	if a.rtmp, err = a.openRTMP(); err != nil {
		return err
	}
	if a.peers, err = peer.New(options); err != nil {
		return err
	}
	s := signalingOptions(c, log, a.router, a.peers, a.hooks)
	s.Full = a.pressure.Full
	s.Info, s.Tracer = a.info(), a.tracer
	s.Owner, s.Audit = a.owner(), a.access.audit
	if err = a.openRooms(); err != nil {
		a.peers.Close()
		return err
	}
	s.Rooms, s.Events = a.rooms, a.outside.events
	a.signaling = signaling.New(s)
	a.addServers()
	a.warn()
	return nil
}

func (a *App) readFirstKey() (string, error) {
	dir := a.config.Data.Dir
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", fmt.Errorf("make data.dir: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", fmt.Errorf("open data.dir: %w", err)
	}
	defer root.Close()
	key, made, err := auth.FirstKey(root)
	if err != nil {
		return "", fmt.Errorf("in data.dir: %w", err)
	}
	if made {
		a.log.Info("publishing key made", "path", a.firstKeyPath())
	}
	return key, nil
}

func (a *App) firstKeyPath() string { return filepath.Join(a.config.Data.Dir, auth.FirstKeyFile) }

// URL is the address of the server for a client on this machine, without a
// slash at its end.
func (a *App) URL() string {
	scheme := "http"
	if a.config.HTTP.TLS() {
		scheme = "https"
	}
	host := "localhost"
	if ip := a.ports.addr.Addr(); !ip.IsUnspecified() && !ip.IsLoopback() {
		host = ip.String()
	}
	return fmt.Sprintf("%s://%s", scheme, net.JoinHostPort(host, fmt.Sprint(a.ports.addr.Port())))
}

// Run serves until ctx ends, the owner says so or a listener fails, drains, and closes all that
// Open has opened. It is called once.
func (a *App) Run(ctx context.Context) error {
	serving, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	var running sync.WaitGroup
	running.Go(func() { stop(a.mux.Run(serving)) })
	running.Go(func() { a.runDemo(serving) })
	running.Go(func() { a.pressure.Run(serving) })
	running.Go(func() { a.access.run(serving, a.log) })
	running.Go(func() { a.overview.history.Run(serving) })
	running.Go(func() { a.outside.run(serving) })
	running.Go(func() { a.tellInterruptions(serving) })
	running.Go(func() { a.rtmp.run(serving, stop) })
	for _, s := range a.servers {
		running.Go(func() {
			if err := s.serve(a.config.HTTP); !errors.Is(err, http.ErrServerClosed) {
				stop(fmt.Errorf("serve %s: %w", s.listener.Addr(), err))
			}
		})
	}
	select {
	case <-ctx.Done():
		a.drain(serving)
	case <-a.overview.ending:
		a.drain(serving)
	case <-serving.Done():
	}
	failure := context.Cause(serving)

	a.signaling.Close()
	a.closeRooms()
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	for _, s := range a.servers {
		if s.Shutdown(closing) != nil {
			_ = s.Close() // whoever is left has had his time
		}
	}
	a.peers.Close()
	a.router.Close()
	a.outside.follower.Close()
	stop(nil)
	running.Wait()
	a.hooks.Close()
	a.closeAccess()
	a.tracer.Close()
	a.log.Info("stopped")
	return failure
}

func (s server) serve(c config.HTTP) error {
	if s.tls {
		return s.ServeTLS(s.listener, c.TLSCert, c.TLSKey)
	}
	return s.Serve(s.listener)
}

// drain lets running sessions go on, and new ones be sent away, until there
// are none, the time is over, or the server has failed.
func (a *App) drain(serving context.Context) {
	a.signaling.Drain()
	a.rooms.Drain(a.config.Drain)
	a.rtmp.server.Drain()
	a.log.Info("draining", "sessions", a.sessions(), "at_most", a.config.Drain.String())
	drained := time.NewTimer(a.config.Drain)
	defer drained.Stop()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for a.sessions() > 0 {
		select {
		case <-look.C:
		case <-drained.C:
			return
		case <-serving.Done():
			return
		}
	}
}

// sessions is how many publish or watch, by any protocol.
func (a *App) sessions() int { return a.signaling.Sessions() + a.rtmp.server.Sessions() }
