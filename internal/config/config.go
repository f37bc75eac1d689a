// Package config is everything that a user can set, and the only place that
// reads settings from the outside.
//
// A setting is declared once, as a field of Config with its tags: its key,
// default, help and range. Flags, environment variables, the file's grammar,
// the reference table and the "did you mean" of every error follow from that.
// A value set in several places comes from the strongest: defaults, the file,
// the environment, flags. What is unknown anywhere is an error, and an error
// says where the value came from and what is allowed there.
//
// Secrets are a type of their own that cannot be printed, and there is no flag
// for them: a command line is visible to everybody on the machine.
package config

import (
	"cmp"
	"log/slog"
	"net/netip"
	"time"
)

// Config is a complete configuration. Make one with Load or Default: the zero
// Config is not a sound one. A field's tags say what it means:
//
//	yaml     its name; with the names of the groups around it, its key
//	default  its value when nothing is said, in the form that an environment variable has
//	help     a line for people
//	allowed  the words that it may be, separated by |
//	check    the rules in checks that it, or every item of its list, must pass
//	min, max its range, for numbers and durations
type Config struct {
	HTTP     HTTP          `yaml:"http"`
	RTC      RTC           `yaml:"rtc"`
	RTMP     RTMP          `yaml:"rtmp"`
	Admin    Admin         `yaml:"admin"`
	Data     Data          `yaml:"data"`
	Auth     Auth          `yaml:"auth"`
	Streams  Streams       `yaml:"streams"`
	Watch    Watch         `yaml:"watch"`
	Demo     Demo          `yaml:"demo"`
	Rooms    Rooms         `yaml:"rooms"`
	Limits   Limits        `yaml:"limits"`
	Hooks    Hooks         `yaml:"hooks"`
	Webhooks []Webhook     `yaml:"webhooks" help:"addresses of your own that are told what happens: url, secret, events (patterns as room.*; all but the frequent ones when empty)"`
	Kafka    Kafka         `yaml:"kafka"`
	Drain    time.Duration `yaml:"drain" default:"30s" min:"0s" max:"1h" help:"after SIGTERM, how long running media may go on"`
	Log      Log           `yaml:"log"`
	Trace    Trace         `yaml:"trace"`
	Web      Web           `yaml:"web"`

	from map[string]string // where what Load has read stood, by key; see Values
}

// HTTP is the listener of the pages, WHIP, WHEP and the API.
type HTTP struct {
	Listen         string         `yaml:"listen" default:":8080" check:"required address" help:"pages, WHIP, WHEP and API; HOST:PORT or :PORT"`
	TLSCert        string         `yaml:"tls_cert" help:"certificate chain, a PEM file; with http.tls_key it turns HTTPS on"`
	TLSKey         string         `yaml:"tls_key" help:"the certificate's key, a PEM file"`
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies" help:"addresses or networks whose forwarding headers are believed; they are exempt from the limits by address"`
	CORSOrigins    []string       `yaml:"cors_origins" default:"*" check:"origin" help:"web pages that may use WHIP and WHEP; * is all, and never with credentials"`
}

// TLS reports whether the listener speaks HTTPS.
func (h HTTP) TLS() bool { return h.TLSCert != "" }

// RTC is how media finds its way.
type RTC struct {
	UDP        string       `yaml:"udp" check:"address" help:"the one UDP port for all WebRTC media; the address of http.listen when empty"`
	TCP        bool         `yaml:"tcp" default:"true" help:"take ICE over TCP on the web port, for networks that block UDP"`
	PublicIP   []netip.Addr `yaml:"public_ip" check:"unicast" help:"addresses to announce besides those of the interfaces, behind a 1:1 NAT"`
	Interfaces []string     `yaml:"interfaces" check:"word" help:"network interfaces to announce, eth0 for example; all when empty"`
	ICEServers []ICEServer  `yaml:"ice_servers" help:"STUN and TURN servers that clients are told to use: url, username, credential"`
}

// ICEServer is a STUN or TURN server for the clients (RFC 7064, RFC 7065).
type ICEServer struct {
	URL        string `yaml:"url"`
	Username   string `yaml:"username"`
	Credential Secret `yaml:"credential"`
}

// RTMP is the listener for encoders and players that speak it, and what is
// done for browsers, which take less than encoders send.
type RTMP struct {
	Listen       string  `yaml:"listen" default:":1935" check:"address" help:"RTMP, and RTMPS too when there is a certificate; HOST:PORT or :PORT; off when empty. The web port takes RTMP as well"`
	BFrames      string  `yaml:"b_frames" default:"drop" allowed:"drop|reject|transcode" help:"what to do with H.264 that has B-frames, which browsers do not play: leave them out (where others cannot do without them, ffmpeg encodes the stream again if there is one), refuse the stream, or always encode it again"`
	AudioBitrate Bitrate `yaml:"audio_bitrate" default:"96kbit/s" check:"opus" help:"of the Opus that AAC and MP3 become, 16kbit/s to 510kbit/s"`
	FFmpeg       string  `yaml:"ffmpeg" default:"auto" check:"required" help:"the ffmpeg program for what Lectern does not transcode by itself; auto looks for it, off uses none"`
}

// Admin is the listener for the operator.
type Admin struct {
	Listen string `yaml:"listen" default:"127.0.0.1:8081" check:"address" help:"metrics (/metrics) and profiles (/debug/pprof) for the operator; off when empty"`
}

// Data is where Lectern keeps what must last.
type Data struct {
	Dir string `yaml:"dir" default:"./lectern-data" check:"required" help:"folder of everything durable, made when missing"`
}

// Auth is who may do what. See package auth for the rules.
type Auth struct {
	Publish    string `yaml:"publish" default:"key" allowed:"key|open" help:"who may publish: with key, this machine and whoever has a key or token; with open, everybody"`
	Watch      string `yaml:"watch" default:"open" allowed:"open|key" help:"who may watch"`
	Loopback   string `yaml:"loopback" default:"trust" allowed:"trust|key" help:"who is on this machine: with trust, publishes and teaches in every room without a key, unless a proxy says that it speaks for somebody else; with key, needs one as everybody does"`
	Keys       []Key  `yaml:"keys" help:"keys: key, stream (patterns as live/cam*), can (publish, watch), sub (the holder's name)"`
	JWT        []JWT  `yaml:"jwt" help:"signers of tokens: alg (HS256, EdDSA, ES256; with jwks EdDSA, ES256, RS256), one of key, key_file and jwks (the address of their keys), iss, aud"`
	Tokens     Secret `yaml:"tokens" help:"a Redis server that is asked for keys besides, redis://:PASSWORD@HOST:PORT/0 (rediss:// with TLS); none when empty"`
	QueryToken bool   `yaml:"query_token" help:"take tokens from the URL too (?token=, ?k=), where they end up in other people's logs"`
}

// Key is one of Auth.Keys.
type Key struct {
	Key    Secret   `yaml:"key"`
	Stream []string `yaml:"stream"`
	Can    []string `yaml:"can"`
	Sub    string   `yaml:"sub"`
}

// JWT is one of Auth.JWT. Exactly one of Key, KeyFile and JWKS is set.
type JWT struct {
	Alg     string `yaml:"alg"`
	Key     Secret `yaml:"key"`
	KeyFile string `yaml:"key_file"`
	JWKS    string `yaml:"jwks"`
	Iss     string `yaml:"iss"`
	Aud     string `yaml:"aud"`
}

// Streams is what holds for every stream.
type Streams struct {
	Grace time.Duration `yaml:"grace" default:"30s" min:"0s" max:"1h" help:"how long a stream waits for its publisher to come back before its viewers are told that it ended"`
}

// Watch is what holds for every viewer.
type Watch struct {
	RequireLive bool `yaml:"require_live" help:"refuse viewers of a stream that is not live with 409 instead of letting them wait"`
}

// Demo is a test picture and a tone that the server publishes by itself.
type Demo struct {
	Stream string `yaml:"stream" check:"stream" help:"publish a running clock with a tone as this stream; off when empty"`
}

// Rooms are the classrooms.
type Rooms struct {
	Seats          int           `yaml:"seats" default:"6" min:"1" max:"16" help:"people who can be on the stage of a room at once, besides what is shared; a room may say otherwise"`
	People         int           `yaml:"people" default:"500" min:"1" max:"5000" help:"people in a room; a room may say otherwise"`
	Codec          string        `yaml:"codec" default:"vp8" allowed:"vp8|h264" help:"codec of the pictures in a room; a room may say otherwise"`
	PublishBitrate Bitrate       `yaml:"publish_bitrate" default:"1.8Mbit/s" help:"what a camera on the stage is asked to send at most"`
	Grace          time.Duration `yaml:"grace" default:"2m" min:"5s" max:"1h" help:"how long somebody who has lost the connection keeps seat and role"`
	Idle           time.Duration `yaml:"idle" default:"20m" min:"1m" max:"24h" help:"how long a class goes on when nobody is connected"`
	KeepChat       time.Duration `yaml:"keep_chat" default:"168h" min:"1h" max:"87600h" help:"how long chat and boards are kept after a class"`
	KeepAttendance time.Duration `yaml:"keep_attendance" default:"720h" min:"1h" max:"87600h" help:"how long it is kept who was there, and the polls"`
	Max            int           `yaml:"max" default:"10000" min:"0" max:"1000000" help:"rooms, in all"`
	Live           int           `yaml:"live" default:"1000" min:"0" max:"100000" help:"rooms in which somebody is, at once"`
}

// Hooks are the addresses of your own that Lectern asks and tells, in the form
// that the RTMP module of nginx has.
type Hooks struct {
	OnConnect      string         `yaml:"on_connect" check:"hook" help:"asked when an RTMP client connects; 2xx lets it in"`
	OnPublish      string         `yaml:"on_publish" check:"hook" help:"asked when somebody wants to publish; 2xx allows, 3xx with Location renames the stream, all else refuses"`
	OnPublishDone  string         `yaml:"on_publish_done" check:"hook" help:"told when a publisher has ended"`
	OnPlay         string         `yaml:"on_play" check:"hook" help:"asked when somebody wants to watch, as on_publish"`
	OnPlayDone     string         `yaml:"on_play_done" check:"hook" help:"told when a viewer has ended"`
	OnUpdate       string         `yaml:"on_update" check:"hook" help:"asked again and again while somebody publishes or watches; all but 2xx ends the session"`
	UpdateInterval time.Duration  `yaml:"update_interval" default:"30s" min:"1s" max:"1h" help:"time between two calls of on_update"`
	Format         string         `yaml:"format" default:"form" allowed:"form|json|query" help:"how they are called: a POST with the form that nginx-rtmp sends, a POST with JSON, or a GET with the form as query"`
	Secret         Secret         `yaml:"secret" help:"signs every call (HMAC-SHA256), so that the receiver knows who called"`
	Timeout        time.Duration  `yaml:"timeout" default:"5s" min:"100ms" max:"1m" help:"how long an answer may take"`
	OnFailure      string         `yaml:"on_failure" default:"deny" allowed:"deny|allow" help:"what holds when there is no answer"`
	AllowPrivate   []netip.Prefix `yaml:"allow_private" help:"networks of this site to which a name in these addresses may lead; an address written as numbers, and localhost, need none"`
}

// Limits bound what strangers can use up. A rate of off, and a number of 0, is no limit.
type Limits struct {
	PublishRate      Rate           `yaml:"publish_rate" default:"2/s burst 10" help:"requests to publish, for each address and key"`
	RefusedRate      Rate           `yaml:"refused_rate" default:"2/s burst 10" help:"refused or unauthenticated attempts, for each address"`
	JoinRate         Rate           `yaml:"join_rate" default:"100/s burst 1000" help:"requests to watch or to join a room, and what a page asks before, for each address; a school is one address, and 300 people in it may come at once"`
	Exempt           []netip.Prefix `yaml:"exempt" help:"addresses or networks without limits by address, such as a front that asks for many"`
	HalfOpenPublish  int            `yaml:"half_open_publish" default:"4" min:"0" max:"1000000" help:"sessions that publish and are not connected yet, for each token and stream"`
	HalfOpenAddress  int            `yaml:"half_open_address" default:"400" min:"0" max:"1000000" help:"sessions that are not connected yet, for each address"`
	HalfOpenTotal    int            `yaml:"half_open_total" default:"1000" min:"0" max:"1000000" help:"sessions that are not connected yet, in all"`
	HalfOpenTimeout  time.Duration  `yaml:"half_open_timeout" default:"10s" min:"1s" max:"5m" help:"when a session that does not connect is closed"`
	SessionRate      Rate           `yaml:"session_rate" default:"10/s burst 100" help:"requests for one WHIP or WHEP session; a browser may send each of its candidates alone"`
	EventFeeds       int            `yaml:"event_feeds" default:"500" min:"0" max:"1000000" help:"connections to /api/v1/events, for each address"`
	EventFeedsTotal  int            `yaml:"event_feeds_total" default:"10000" min:"0" max:"1000000" help:"connections to /api/v1/events, in all"`
	BodySize         Size           `yaml:"body_size" default:"256KiB" check:"body" help:"JSON in a request, 4KiB to 16MiB; an offer may have a quarter of it, a fragment a sixteenth"`
	RoomSockets      int            `yaml:"room_sockets" default:"500" min:"0" max:"1000000" help:"connections to rooms, for each address; a school is one address"`
	RoomSocketsTotal int            `yaml:"room_sockets_total" default:"20000" min:"0" max:"1000000" help:"connections to rooms, in all"`
	RoomRate         Rate           `yaml:"room_rate" default:"50/s burst 100" help:"requests of one client in a room; who goes on asking is disconnected"`
	RoomChat         Rate           `yaml:"room_chat" default:"0.5/s burst 5" help:"lines of one person in the chat, the staff four times as many"`
	RoomDanmaku      Rate           `yaml:"room_danmaku" default:"0.5/s burst 1" help:"lines of one person that fly over the stage"`
	RoomMessage      Size           `yaml:"room_message" default:"256KiB" check:"message" help:"one message of a client in a room; 64KiB to 64MiB"`
	RoomQueue        Size           `yaml:"room_queue" default:"1MiB" check:"message" help:"what may wait for one client in a room before it is disconnected; 64KiB to 64MiB"`
	SDPSections      int            `yaml:"sdp_sections" default:"16" min:"1" max:"256" help:"media sections in an offer"`
	SDPRids          int            `yaml:"sdp_rids" default:"4" min:"1" max:"16" help:"simulcast layers in an offer"`
	SDPCandidates    int            `yaml:"sdp_candidates" default:"64" min:"1" max:"1024" help:"ICE candidates in an offer or fragment"`
	SSRCs            int            `yaml:"ssrcs" default:"16" min:"1" max:"1024" help:"RTP streams of one WebRTC session; the rest is dropped before it costs memory"`
	Resends          Ratio          `yaml:"resends" default:"0.25" help:"what a viewer may be sent again of what it lost, as a part of what it is sent"`
	KeyFrameInterval time.Duration  `yaml:"key_frame_interval" default:"1s" min:"100ms" max:"1m" help:"the least time between two requests for a key frame to the publisher of a layer, however many viewers ask"`
	RTMPAddress      int            `yaml:"rtmp_address" default:"64" min:"0" max:"1000000" help:"RTMP connections, for each address"`
	RTMPTotal        int            `yaml:"rtmp_total" default:"4096" min:"0" max:"1000000" help:"RTMP connections, in all"`
	RTMPPlayers      int            `yaml:"rtmp_players" default:"64" min:"0" max:"1000000" help:"who plays over RTMP, in all; each takes about a fortieth of a core"`
	RTMPMessage      Size           `yaml:"rtmp_message" default:"4MiB" check:"message" help:"one message of an RTMP publisher, a key frame for example; 64KiB to 64MiB"`
	RTMPSetup        time.Duration  `yaml:"rtmp_setup" default:"10s" min:"1s" max:"5m" help:"until an RTMP client, after its handshake, asks to publish or play"`
	RTMPSilence      time.Duration  `yaml:"rtmp_silence" default:"10s" min:"1s" max:"1h" help:"how long an RTMP publisher may send nothing"`
	HookQueue        int            `yaml:"hook_queue" default:"64" min:"1" max:"100000" help:"calls that may wait for each address of hooks that is told only, and of webhooks; the oldest are dropped"`
	Transcoders      int            `yaml:"transcoders" default:"8" min:"0" max:"1000" help:"ffmpeg processes, in all; a stream beyond them goes on with what browsers play of it"`
	PublisherBitrate Bitrate        `yaml:"publisher_bitrate" default:"20Mbit/s" help:"what one publisher may send; more is dropped"`
	PublisherPackets int            `yaml:"publisher_packets" default:"5000" min:"0" max:"1000000" help:"packets a second that one publisher may send; more is dropped"`
	PublisherExcess  time.Duration  `yaml:"publisher_excess" default:"10s" min:"1s" max:"1h" help:"how long a publisher may exceed its limits before it is closed"`
}

// Log is what is written where.
type Log struct {
	Level  string `yaml:"level" default:"info" allowed:"debug|info|warn|error" help:"the least that is logged"`
	Format string `yaml:"format" default:"auto" allowed:"auto|text|json" help:"auto is text on a terminal and JSON elsewhere"`
}

// MinLevel is Level for log/slog; what Validate would refuse counts as info.
func (l Log) MinLevel() slog.Level {
	var level slog.Level
	if level.UnmarshalText([]byte(l.Level)) != nil {
		return slog.LevelInfo
	}
	return level
}

// Web is the pages.
type Web struct {
	Dir            string   `yaml:"dir" help:"serve the pages from this folder instead of those built in"`
	FrameAncestors []string `yaml:"frame_ancestors" check:"ancestor" help:"origins that may show the pages in a frame; none when empty"`
}

// UDPAddress is where media is received: RTC.UDP, or the address of HTTP.Listen.
func (c Config) UDPAddress() string { return cmp.Or(c.RTC.UDP, c.HTTP.Listen) }
