package app

import (
	"math"
	"runtime"

	"lectern/internal/history"
	"lectern/internal/limit"
	"lectern/internal/metrics"
	"lectern/sfu"
	"lectern/signaling"
)

// refusals are the answers of the API that say why somebody did not get in, by
// their code.
var refusals = []string{
	"unauthorized", "invalid_token", "forbidden", "rate_limited", "busy", "unavailable", "conflict", "not_live", "codec_unsupported",
}

// now is what all parts of the server say at one moment.
type now struct {
	media         sfu.Totals
	http          signaling.Stats
	players       int // by RTMP
	rooms, people int
	limits        limit.Counts
	process       process
}

// figure is one column of the history.
type figure struct {
	history.Column
	read func(*now) float64
}

// allFigures are what the owner sees as charts.
var allFigures = append([]figure{
	{history.Column{Name: "in_bps", Kind: history.Rate}, func(n *now) float64 {
		return 8 * received(n, func(r sfu.Received) uint64 { return r.Bytes })
	}},
	{history.Column{Name: "out_bps", Kind: history.Rate}, func(n *now) float64 { return 8 * sent(n, func(s sfu.Sent) uint64 { return s.Bytes }) }},
	{history.Column{Name: "streams"}, func(n *now) float64 { return float64(n.media.Live) }},
	{history.Column{Name: "viewers"}, func(n *now) float64 { return float64(n.http.Sessions["whep"] + n.players) }},
	{history.Column{Name: "rooms"}, func(n *now) float64 { return float64(n.rooms) }},
	{history.Column{Name: "people"}, func(n *now) float64 { return float64(n.people) }},
	{history.Column{Name: "cpu_percent", Kind: history.Rate}, func(n *now) float64 { return 100 * n.process.cpu.Seconds() }},
	{history.Column{Name: "memory_bytes"}, func(n *now) float64 { return n.process.memory }},
	{history.Column{Name: "goroutines"}, func(*now) float64 { return float64(runtime.NumGoroutine()) }},
	{history.Column{Name: "packets_in", Kind: history.Count}, func(n *now) float64 {
		return received(n, func(r sfu.Received) uint64 { return r.Packets })
	}},
	{history.Column{Name: "packets_missing", Kind: history.Count}, func(n *now) float64 {
		return received(n, func(r sfu.Received) uint64 { return r.Missing })
	}},
	{history.Column{Name: "packets_recovered", Kind: history.Count}, func(n *now) float64 {
		return received(n, func(r sfu.Received) uint64 { return r.Recovered })
	}},
	{history.Column{Name: "packets_out", Kind: history.Count}, func(n *now) float64 { return sent(n, func(s sfu.Sent) uint64 { return s.Packets }) }},
	{history.Column{Name: "packets_nacked", Kind: history.Count}, func(n *now) float64 { return sent(n, func(s sfu.Sent) uint64 { return s.Nacked }) }},
	{history.Column{Name: "failed.no_connection", Kind: history.Count}, func(n *now) float64 {
		const cause = "no_connection"
		return float64(n.http.Ended[signaling.End{Protocol: "whip", Cause: cause}] + n.http.Ended[signaling.End{Protocol: "whep", Cause: cause}])
	}},
}, append(refused(), limited()...)...)

func refused() (list []figure) {
	for _, code := range refusals {
		list = append(list, figure{history.Column{Name: "failed." + code, Kind: history.Count}, func(n *now) float64 { return float64(n.http.Problems[code]) }})
	}
	return list
}

func limited() (list []figure) {
	for i, name := range limit.Names() {
		list = append(list, figure{history.Column{Name: "limit." + name.String(), Kind: history.Count}, func(n *now) float64 { return float64(n.limits[i]) }})
	}
	return list
}

// figures are the columns of the history.
func figures() []history.Column {
	columns := make([]history.Column, len(allFigures))
	for i, f := range allFigures {
		columns[i] = f.Column
	}
	return columns
}

// figures are the present values of the columns.
func (a *App) figures() []float64 {
	s := a.sources()
	n := &now{media: s.Media(), http: s.HTTP(), limits: metrics.Limits(s), process: measure()}
	n.players = s.RTMP().Players
	n.rooms, n.people = s.Rooms()
	row := make([]float64, len(allFigures))
	for i, f := range allFigures {
		row[i] = f.read(n)
	}
	return row
}

func received(n *now, number func(sfu.Received) uint64) float64 {
	var sum uint64
	for _, r := range n.media.In {
		sum += number(r)
	}
	return float64(sum)
}

func sent(n *now, number func(sfu.Sent) uint64) float64 {
	var sum uint64
	for _, s := range n.media.Out {
		sum += number(s)
	}
	return float64(sum)
}

// unknown is a figure that this system does not tell.
var unknown = math.NaN()
