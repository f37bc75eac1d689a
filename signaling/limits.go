package signaling

import "cmp"

// Rate is a token bucket: that many requests a second in the long run, and
// Burst at once. A negative PerSecond means no limit.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Limits bound what strangers can make this server do. Zero values mean the
// defaults.
type Limits struct {
	// Publish bounds POSTs to /whip by address and token. Default 2/s, burst 10.
	Publish Rate
	// Watch bounds POSTs to /whep, and requests for sessions that do not
	// exist, by address: a school is one address. Key frames are counted
	// apart, so that looking at them keeps nobody from watching. Default 100/s,
	// burst 1 000: three hundred people behind one address come at once, and a
	// page asks two or three things before it joins.
	Watch Rate
	// Refused bounds what is refused for its token, by address and action.
	// Default 2/s, burst 10.
	Refused Rate
	// Session bounds PATCH, DELETE and the rest by session. Default 10/s,
	// burst 100: a browser may send each of its candidates alone.
	Session Rate

	// OfferBytes, FragmentBytes and JSONBytes bound bodies before they are
	// parsed. Default 64 KiB, 16 KiB and 256 KiB.
	OfferBytes, FragmentBytes, JSONBytes int64

	// PublishSetups are the sessions that may be in setup at once for one
	// stream and token, or address where there is no token. Default 4.
	PublishSetups int
	// Setups are the sessions that may be in setup at once in all; beyond it
	// the server is busy, and /readyz says so. Default 1 000.
	Setups int
	// AddressSetups are the sessions that may be in setup at once for one
	// address. Default 400: a class of three hundred and those who come again.
	AddressSetups int
	// Feeds are the connections to /api/v1/events that one address may have, and
	// FeedsTotal those that there may be in all. Default 500 and 10 000.
	Feeds, FeedsTotal int
	// Sockets are the WebSockets that one address may have, and SocketsTotal
	// those that there may be in all. Default 500 and 20 000.
	Sockets, SocketsTotal int
	// MessageBytes bounds one message of a client in a room, and QueueBytes what
	// may wait for it. Default 256 KiB and 1 MiB.
	MessageBytes, QueueBytes int64
}

func (l Limits) withDefaults() Limits {
	l.Publish = cmp.Or(l.Publish, Rate{2, 10})
	l.Watch = cmp.Or(l.Watch, Rate{100, 1000})
	l.Refused = cmp.Or(l.Refused, Rate{2, 10})
	l.Session = cmp.Or(l.Session, Rate{10, 100})
	l.OfferBytes = cmp.Or(l.OfferBytes, 64<<10)
	l.FragmentBytes = cmp.Or(l.FragmentBytes, 16<<10)
	l.JSONBytes = cmp.Or(l.JSONBytes, 256<<10)
	l.PublishSetups = cmp.Or(l.PublishSetups, 4)
	l.Setups = cmp.Or(l.Setups, 1000)
	l.AddressSetups = cmp.Or(l.AddressSetups, 400)
	l.Feeds = cmp.Or(l.Feeds, 500)
	l.FeedsTotal = cmp.Or(l.FeedsTotal, 10_000)
	l.Sockets = cmp.Or(l.Sockets, 500)
	l.MessageBytes = cmp.Or(l.MessageBytes, 256<<10)
	l.QueueBytes = cmp.Or(l.QueueBytes, 1<<20)
	l.SocketsTotal = cmp.Or(l.SocketsTotal, 20_000)
	return l
}
