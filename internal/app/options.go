package app

import (
	"log/slog"
	"math"
	"time"

	"lectern/docs"
	"lectern/internal/config"
	"lectern/sfu"
	"lectern/sfu/peer"
	"lectern/signaling"
)

// peerOptions leaves out the sockets.
func peerOptions(c config.Config, log *slog.Logger) peer.Options {
	return peer.Options{
		PublicIPs:    c.RTC.PublicIP,
		Interfaces:   c.RTC.Interfaces,
		SetupTimeout: c.Limits.HalfOpenTimeout,
		MaxPending:   count(c.Limits.HalfOpenTotal),
		Limits: peer.Limits{
			Sections:         c.Limits.SDPSections,
			RIDs:             c.Limits.SDPRids,
			SSRCs:            c.Limits.SSRCs,
			Candidates:       c.Limits.SDPCandidates,
			BitsPerSecond:    int64(count(int(c.Limits.PublisherBitrate))),
			PacketsPerSecond: count(c.Limits.PublisherPackets),
			Excess:           c.Limits.PublisherExcess,
		},
		Log: log,
	}
}

func signalingOptions(c config.Config, log *slog.Logger, r *sfu.Router, p *peer.Engine, a signaling.Authorizer) signaling.Options {
	var servers []signaling.ICEServer
	for _, s := range c.RTC.ICEServers {
		servers = append(servers, signaling.ICEServer{URL: s.URL, Username: s.Username, Credential: string(s.Credential)})
	}
	return signaling.Options{
		Router:         r,
		Peers:          p,
		Authorizer:     a,
		CORSOrigins:    c.HTTP.CORSOrigins,
		TrustedProxies: c.HTTP.TrustedProxies,
		Exempt:         c.Limits.Exempt,
		ICEServers:     servers,
		QueryToken:     c.Auth.QueryToken,
		RequireLive:    c.Watch.RequireLive,
		Problems:       docs.Path,
		Limits: signaling.Limits{
			Publish:       bucket(c.Limits.PublishRate),
			Watch:         bucket(c.Limits.JoinRate),
			Refused:       bucket(c.Limits.RefusedRate),
			Session:       bucket(c.Limits.SessionRate),
			OfferBytes:    int64(c.Limits.BodySize) / 4,
			FragmentBytes: int64(c.Limits.BodySize) / 16,
			JSONBytes:     int64(c.Limits.BodySize),
			Feeds:         count(c.Limits.EventFeeds),
			FeedsTotal:    count(c.Limits.EventFeedsTotal),
			PublishSetups: count(c.Limits.HalfOpenPublish),
			AddressSetups: count(c.Limits.HalfOpenAddress),
			Setups:        count(c.Limits.HalfOpenTotal),
			Sockets:       count(c.Limits.RoomSockets),
			MessageBytes:  int64(c.Limits.RoomMessage),
			QueueBytes:    int64(c.Limits.RoomQueue),
			SocketsTotal:  count(c.Limits.RoomSocketsTotal),
		},
		Log: log,
	}
}

// viewerLimits translates likewise.
func viewerLimits(l config.Limits) sfu.Limits {
	limits := sfu.Limits{Resends: float64(l.Resends), KeyFrames: l.KeyFrameInterval}
	if l.Resends == 0 {
		limits.Resends = -1
	}
	return limits
}

// grace, bucket and count translate a zero, which in the settings means none,
// or no limit, and in the packages asks for the default.
func grace(d time.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return d
}

func bucket(r config.Rate) signaling.Rate {
	if r.Off() {
		return signaling.Rate{PerSecond: -1}
	}
	return signaling.Rate{PerSecond: r.PerSecond, Burst: r.Burst}
}

func count(n int) int {
	if n == 0 {
		return math.MaxInt32
	}
	return n
}
