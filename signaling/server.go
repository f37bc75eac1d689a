package signaling

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"lectern/internal/audit"
	"lectern/internal/classroom"
	"lectern/internal/event"
	"lectern/internal/trace"
	"lectern/sfu"
	"lectern/sfu/peer"
)

// Options are the choices of a Server. Router and Peers are required; zero
// values of the others mean the defaults.
type Options struct {
	Router *sfu.Router
	Peers  *peer.Engine
	// Authorizer decides who may publish and watch. Nil lets everybody do
	// everything, as one identity. It is asked with an empty Stream whether
	// somebody may ask for lists at all: ErrNoToken and ErrInvalidToken refuse
	// that, and ErrDenied leaves it to the question for each stream. With an
	// empty Stream and no Token it is asked whether a client needs one to
	// publish: all three say yes. Who POSTs an offer is asked about twice:
	// whether he may, and when the request is in order, with a Session, whether
	// that may begin. One that is an Ender hears of the end of each session
	// that it has let begin, or that came to nothing after that.
	Authorizer Authorizer
	// CORSOrigins are the origins whose pages may use this server, such as
	// "https://example.com". Default: "*", every origin. Credentials in the
	// sense of Fetch (cookies) are never allowed.
	CORSOrigins []string
	// TrustedProxies may tell by X-Forwarded-For and X-Forwarded-Host who
	// their client is and by what name it came.
	TrustedProxies []netip.Prefix
	// Exempt are the networks without limits by address.
	Exempt []netip.Prefix
	// ICEServers are told to clients by Link headers (RFC 9725 §4.6).
	ICEServers []ICEServer
	// QueryToken accepts tokens in the URL as well, as ?token= and ?k=.
	QueryToken bool
	// Rooms are the classrooms; nil leaves their routes out.
	Rooms *classroom.Rooms
	// Events is what /api/v1/events tells of, in the order in which it was added.
	// Default: what happens to Router's streams.
	Events *event.Log
	// Owner is what the owner manages; nil leaves those routes out.
	Owner *Owner
	// Audit is told who did what; nil is nobody.
	Audit *audit.Log
	// Full says that the machine has no room for more; nil that it has always.
	// New sessions are refused then, and /readyz says so.
	Full func() bool
	// Problems is where codes of errors are explained: with a code behind it, it
	// is the type of a problem (RFC 9457 §3.1.1), "/docs/e/" for example. "" is
	// "about:blank" for all.
	Problems string
	// RequireLive refuses viewers of a stream that is not live with 409.
	RequireLive bool
	// Info is told by /api/v1/info.
	Info   Info
	Limits Limits
	// Log receives one line a change of state. Default: none.
	Log *slog.Logger
	// Tracer follows requests that change something. Nil follows none.
	Tracer *trace.Tracer
	// Now is the clock of the limits, and of the age of key frames. Default
	// time.Now.
	Now func() time.Time
	// LookupNetIP resolves the name by which a client came. Default: the
	// system's resolver.
	LookupNetIP func(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Server answers the requests. Close it after the http.Server has stopped
// taking new ones, and before Options.Peers and Options.Router.
type Server struct {
	options  Options
	log      *slog.Logger
	cors     cors
	names    *names
	sessions *sessions
	monitor  *monitor
	follower *event.Follower // of Router, nil where Options.Events has its own

	publishing *buckets           // by address and token
	watching   *buckets           // by address
	looking    *buckets           // at key frames, by address
	refused    *buckets           // by address and action
	logins     *recent[time.Time] // of the owner, until when
	accepted   *recent[struct{}]
	setups     *counts // sessions without a connection yet
	feeds      *counts // of the event API, by address
	connected  *counts // WebSockets, by address
	sockets    *sockets
	checks     *checkups
	counts     *serverCounts

	draining  atomic.Bool
	gate      gate
	closing   chan struct{}
	closeOnce sync.Once
}

// New returns a Server; close it. It panics without a Router or Peers.
func New(o Options) *Server {
	if o.Router == nil || o.Peers == nil {
		panic("signaling: Options.Router and Options.Peers are required")
	}
	if o.Authorizer == nil {
		o.Authorizer = everybody{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.LookupNetIP == nil {
		o.LookupNetIP = net.DefaultResolver.LookupNetIP
	}
	o.Limits = o.Limits.withDefaults()
	o.Info.Name = cmp.Or(o.Info.Name, "Lectern")
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	var follower *event.Follower
	if o.Events == nil {
		o.Events = event.NewLog()
		follower = event.Follow(o.Router, o.Events)
	}
	return &Server{
		options:    o,
		log:        o.Log,
		cors:       newCORS(o.CORSOrigins),
		names:      newNames(o.LookupNetIP, o.Now),
		sessions:   newSessions(o.Now),
		monitor:    newMonitor(o.Router),
		follower:   follower,
		publishing: newBuckets(o.Limits.Publish),
		watching:   newBuckets(o.Limits.Watch),
		looking:    newBuckets(o.Limits.Watch),
		refused:    newBuckets(o.Limits.Refused),
		logins:     newRecent[time.Time](maxLogins),
		accepted:   newRecent[struct{}](maxKeys),
		setups:     newCounts(),
		feeds:      newCounts(),
		connected:  newCounts(),
		sockets:    newSockets(),
		checks:     newCheckups(),
		counts:     newServerCounts(),
		closing:    make(chan struct{}),
	}
}

// Mount adds the routes to r:
//
//	/whip/NAME, /whep/NAME              endpoints
//	/sessions/whip/ID, /sessions/whep/ID  what Location names
//	/sessions/whep/ID/events, …/events/SID, …/layer  WHEP's extensions
//	/sessions/whip/ID/layers            what a publisher is told about its layers
//	/hook/connect, publish, publish_done, play, play_done, update  for an RTMP front
//	/start
//	/api/v1/streams, /api/v1/streams/NAME, /api/v1/streams/NAME/keyframe
//	/api/v1/events, /api/v1/info, /api/v1/openapi.json
//	/api/v1/rooms and below, where there are rooms
//	/api/v1/keys, denied, sessions, people, webhooks and below, for the owner
//	/api/v1/login, history, logs, config, doctor, drain, for the owner's page
//	/api/v1/check, /api/v1/check/ws, /api/v1/checks, /api/v1/checks/CODE
//	/healthz, /readyz
//
// NAME has up to four parts between slashes. Where r has a prefix, Location
// and Link have it too. A stream that is itself called …/keyframe is at
// /api/v1/streams/…%2Fkeyframe.
func (s *Server) Mount(r gin.IRouter) {
	r = r.Group("", s.traced, s.contain, s.cors.handle)
	for _, p := range []protocol{whip, whep} {
		endpoint := s.endpoint(p)
		r.Any("/"+p.name, endpoint)
		r.Any("/"+p.name+"/*name", endpoint)
		r.Any("/sessions/"+p.name+"/:id", s.resource(p))
	}
	r.Any("/sessions/whep/:id/events", s.eventStreams())
	r.Any("/sessions/whep/:id/events/:stream", s.eventStream())
	r.Any("/sessions/whep/:id/layer", s.layer())
	r.Any("/sessions/whip/:id/layers", s.demand())
	for call, answer := range fronts {
		r.Any("/hook/"+call, s.hook(answer))
	}
	r.Any("/start", methods{"POST": s.start}.handler(s))
	r.Any("/api/v1/streams", methods{"GET": s.listStreams, "POST": s.addressStream}.handler(s))
	one := methods{"GET": s.showStreamOrKeyFrame}
	if s.options.Owner != nil {
		one["POST"] = s.requestKeyFrame
	}
	r.Any("/api/v1/streams/*name", one.handler(s))
	r.Any("/api/v1/events", methods{"GET": s.followStreams}.handler(s))
	r.Any("/api/v1/info", methods{"GET": s.showInfo}.handler(s))
	r.Any("/api/v1/openapi.json", methods{"GET": s.describe}.handler(s))
	s.mountRooms(r)
	s.mountOwner(r)
	s.mountCheck(r)
	r.Any("/healthz", methods{"GET": s.healthy}.handler(s))
	r.Any("/readyz", methods{"GET": s.ready}.handler(s))
}

// Drain refuses new sessions with 503 from now on, and makes /readyz say so.
// Sessions that are there go on. It may be called again.
func (s *Server) Drain() { s.draining.Store(true) }

// Sessions is the number of live sessions.
func (s *Server) Sessions() int { return s.sessions.count() }

// Close ends all sessions and event streams, and returns when nothing of them
// is left. It may be called again.
func (s *Server) Close() {
	s.Drain()
	s.gate.shut()
	s.closeOnce.Do(func() { close(s.closing) })
	s.sockets.close()
	s.sessions.close()
	s.gate.wait()
	s.checks.stream.Close()
	s.monitor.close()
	if s.follower != nil {
		s.follower.Close()
	}
}
