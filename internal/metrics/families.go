package metrics

import (
	"lectern/bridge/rtmp"
	"lectern/internal/histogram"
	"lectern/internal/limit"
	"lectern/sfu"
	"lectern/signaling"
)

// The words that labels have from the beginning. Others are shown when they
// come.
var (
	publishing = []string{"whip", "rtmp", "room", "demo"}
	watching   = []string{"whep", "rtmp", "room"}
	kinds      = []sfu.Kind{sfu.Audio, sfu.Video}
	problems   = []string{"unauthorized", "invalid_token", "forbidden", "rate_limited", "busy", "malformed", "too_large", "not_found", "internal"}
)

// families are all metrics of our own. docs/metrics.md is made from them.
var families = []family{
	{name: "lectern_build_info", kind: gauge, labels: []string{"version", "goversion"},
		help: "Always 1; the labels say which version runs, and which Go has built it.",
		read: func(s *scrape, give give) { give(1, s.version, s.goVersion) }},

	{name: "lectern_active_streams", kind: gauge,
		help: "Streams with a publisher whose media come in.",
		read: func(s *scrape, give give) { give(float64(s.media.Live)) }},
	{name: "lectern_waiting_streams", kind: gauge,
		help: "Streams that somebody waits for: their publisher has not come, or has gone and may come back.",
		read: func(s *scrape, give give) { give(float64(s.media.Waiting)) }},
	{name: "lectern_clients", kind: gauge, labels: []string{"protocol", "direction"},
		help: "Sessions that publish (in) or watch (out), those in setup included.",
		read: readClients},
	{name: "lectern_sessions_in_setup", kind: gauge,
		help: "WebRTC sessions that are not connected yet.",
		read: func(s *scrape, give give) { give(float64(s.peers.Pending)) }},
	{name: "lectern_rooms", kind: gauge,
		help: "Rooms in which a class is.",
		read: func(s *scrape, give give) { give(float64(s.rooms)) }},
	{name: "lectern_room_people", kind: gauge,
		help: "People who are connected to rooms.",
		read: func(s *scrape, give give) { give(float64(s.inRooms)) }},
	{name: "lectern_event_feeds", kind: gauge,
		help: "Connections to the events of streams.",
		read: func(s *scrape, give give) { give(float64(s.http.Feeds)) }},

	{name: "lectern_sessions_total", kind: counter, labels: []string{"protocol", "direction"},
		help: "Sessions that were let begin.",
		read: readBegan},
	{name: "lectern_sessions_ended_total", kind: counter, labels: []string{"protocol", "direction", "cause"},
		help: "Sessions that have ended, by cause.",
		read: readEnded},
	{name: "lectern_join_seconds", kind: waits, labels: []string{"protocol"},
		help:  "From a WHIP or WHEP request to the connection: decisions, ICE and DTLS.",
		waits: func(s *scrape) map[string]histogram.Snapshot { return s.http.Joins }},
	{name: "lectern_first_frame_seconds", kind: waits, labels: []string{"protocol"},
		help:  "From a viewer's request to the first packet of a picture that is sent; without those who came before the publisher.",
		waits: readFirstFrame},

	{name: "lectern_bytes_in_total", kind: counter, labels: []string{"protocol", "kind"},
		help: "Media received from publishers: payloads, of RTMP after what was transcoded.",
		read: in(func(r sfu.Received) uint64 { return r.Bytes })},
	{name: "lectern_bytes_out_total", kind: counter, labels: []string{"protocol", "kind"},
		help: "Media sent to viewers: payloads, without what was sent again.",
		read: out(func(s sfu.Sent) uint64 { return s.Bytes })},
	{name: "lectern_packets_in_total", kind: counter, labels: []string{"protocol", "kind"},
		help: "RTP packets received from publishers.",
		read: in(func(r sfu.Received) uint64 { return r.Packets })},
	{name: "lectern_packets_out_total", kind: counter, labels: []string{"protocol", "kind"},
		help: "RTP packets sent to viewers, without those sent again.",
		read: out(func(s sfu.Sent) uint64 { return s.Packets })},
	{name: "lectern_packets_missing_total", kind: counter, labels: []string{"protocol", "kind"},
		help: "Gaps in publishers' sequence numbers. What is lost for good is this less lectern_packets_recovered_total.",
		read: in(func(r sfu.Received) uint64 { return r.Missing })},
	{name: "lectern_packets_recovered_total", kind: counter, labels: []string{"protocol", "kind"},
		help: "Packets that came into a gap after all, late or sent again.",
		read: in(func(r sfu.Received) uint64 { return r.Recovered })},
	{name: "lectern_packets_dropped_total", kind: counter, labels: []string{"reason"},
		help: "Packets that a viewer did not get, by reason.",
		read: readDropped},

	{name: "lectern_nack_sent_packets_total", kind: counter,
		help: "Packets that WebRTC publishers were asked to send again (NACK).",
		read: func(s *scrape, give give) { give(float64(s.peers.Asked)) }},
	{name: "lectern_nack_received_packets_total", kind: counter,
		help: "Packets that viewers have asked for again (NACK).",
		read: func(s *scrape, give give) { give(s.sent(func(t sfu.Sent) uint64 { return t.Nacked })) }},
	{name: "lectern_rtx_sent_packets_total", kind: counter,
		help: "Packets sent again to viewers (RTX).",
		read: func(s *scrape, give give) { give(s.sent(func(t sfu.Sent) uint64 { return t.Resent })) }},
	{name: "lectern_rtx_sent_bytes_total", kind: counter,
		help: "Payloads of the packets sent again to viewers.",
		read: func(s *scrape, give give) { give(s.sent(func(t sfu.Sent) uint64 { return t.ResentBytes })) }},
	{name: "lectern_pli_sent_total", kind: counter,
		help: "Requests for a key frame to publishers (PLI).",
		read: func(s *scrape, give give) {
			var n uint64
			for _, r := range s.media.In {
				n += r.KeyFrameRequests
			}
			give(float64(n))
		}},
	{name: "lectern_pli_received_total", kind: counter,
		help: "Requests for a key frame by viewers (PLI, FIR).",
		read: func(s *scrape, give give) { give(s.sent(func(t sfu.Sent) uint64 { return t.KeyFrameRequests })) }},

	{name: "lectern_limit_hit_total", kind: counter, labels: []string{"limit"},
		help: "How often a limit was met, by the name of its setting under limits where there is one. Of publisher_bitrate and publisher_packets, each packet counts.",
		read: func(s *scrape, give give) {
			for n, hits := range s.limits() {
				give(float64(hits), limit.Name(n).String())
			}
		}},
	{name: "lectern_http_problems_total", kind: counter, labels: []string{"code"},
		help: "HTTP requests answered with an error, by the code in the answer.",
		read: readProblems},
	{name: "lectern_panics_total", kind: counter, labels: []string{"part"},
		help: "Panics that were kept to one request, session or viewer. Each is a bug, with a stack in the log.",
		read: func(s *scrape, give give) {
			give(float64(s.http.Panics), "http")
			give(float64(s.peers.Panics), "webrtc")
			give(float64(s.rtmp.Panics), "rtmp")
			give(float64(s.media.Panics), "sink")
		}},

	{name: "lectern_transcoders", kind: gauge,
		help: "FFmpeg processes that run.",
		read: func(s *scrape, give give) { give(float64(s.rtmp.Transcoders.Running)) }},
	{name: "lectern_transcoder_starts_total", kind: counter,
		help: "FFmpeg processes that were started.",
		read: func(s *scrape, give give) { give(float64(s.rtmp.Transcoders.Starts)) }},
	{name: "lectern_transcoder_deaths_total", kind: counter,
		help: "FFmpeg processes that ended though they were needed.",
		read: func(s *scrape, give give) { give(float64(s.rtmp.Transcoders.Deaths)) }},
	{name: "lectern_transcoder_dropped_units_total", kind: counter,
		help: "Pictures and pieces of sound that FFmpeg was too slow for.",
		read: func(s *scrape, give give) { give(float64(s.rtmp.Transcoders.Dropped)) }},

	{name: "lectern_hook_calls_total", kind: counter, labels: []string{"hook", "result"},
		help: "Calls of the addresses under hooks, with an answer (answered), whichever, or without (failed).",
		read: readHooks},
	{name: "lectern_hook_dropped_total", kind: counter, labels: []string{"hook"},
		help: "Calls that were not made because too many waited.",
		read: func(s *scrape, give give) {
			eachHook(s, func(name string, c hookCounts) { give(float64(c.dropped), name) })
		}},
	{name: "lectern_hook_waiting", kind: gauge, labels: []string{"hook"},
		help: "Calls that wait to be made.",
		read: func(s *scrape, give give) {
			eachHook(s, func(name string, c hookCounts) { give(float64(c.waiting), name) })
		}},
	{name: "lectern_trace_spans_total", kind: counter, labels: []string{"result"},
		help: "Spans that the collector has taken (sent), has not (failed), or for which the queue had no room (dropped).",
		read: func(s *scrape, give give) {
			give(float64(s.traces.Sent), "sent")
			give(float64(s.traces.Failed), "failed")
			give(float64(s.traces.Dropped), "dropped")
		}},

	{name: "lectern_webhook_deliveries_total", kind: counter, labels: []string{"result"},
		help: "Events that webhooks were told, with an answer of 2xx (delivered) or without (failed), or that were not told because too many waited (dropped).",
		read: func(s *scrape, give give) {
			give(float64(s.webhooks.Delivered), "delivered")
			give(float64(s.webhooks.Failed), "failed")
			give(float64(s.webhooks.Dropped), "dropped")
		}},
	{name: "lectern_webhook_waiting", kind: gauge,
		help: "Events that webhooks have still to be told.",
		read: func(s *scrape, give give) { give(float64(s.webhooks.Waiting)) }},

	{name: "lectern_kafka_records_total", kind: counter, labels: []string{"topic", "result"},
		help: "Events, and media packets (raw), that were written to Kafka (produced), were refused or not answered in time (failed), or found no room (dropped).",
		read: func(s *scrape, give give) {
			for topic, k := range s.kafka {
				give(float64(k.Produced), topic, "produced")
				give(float64(k.Failed), topic, "failed")
				give(float64(k.Dropped), topic, "dropped")
			}
		}},
	{name: "lectern_kafka_waiting", kind: gauge, labels: []string{"topic"},
		help: "Records that wait for the answer of a broker.",
		read: func(s *scrape, give give) {
			for topic, k := range s.kafka {
				give(float64(k.Waiting), topic)
			}
		}},

	{name: "lectern_store_writes_total", kind: counter, labels: []string{"result"},
		help: "Changes of rooms, keys and people that are on disk (written), or that the disk did not take (failed): those are gone with the next start.",
		read: func(s *scrape, give give) {
			give(float64(s.store.Written), "written")
			give(float64(s.store.Failed), "failed")
		}},
	{name: "lectern_store_waiting", kind: gauge,
		help: "Changes that wait for the disk.",
		read: func(s *scrape, give give) { give(float64(s.store.Queued)) }},
	{name: "lectern_audit_dropped_total", kind: counter,
		help: "Entries that the audit log lacks, because the disk did not keep up.",
		read: func(s *scrape, give give) { give(float64(s.auditDropped)) }},

	{name: "lectern_udp_sent_datagrams_total", kind: counter,
		help: "Datagrams sent on the media port.",
		read: func(s *scrape, give give) { give(float64(s.peers.UDP.Datagrams)) }},
	{name: "lectern_udp_send_calls_total", kind: counter,
		help: "System calls that sent them. With segmentation (GSO), one sends many.",
		read: func(s *scrape, give give) { give(float64(s.peers.UDP.Calls)) }},
	{name: "lectern_udp_batches_total", kind: counter,
		help: "System calls that sent several datagrams.",
		read: func(s *scrape, give give) { give(float64(s.peers.UDP.Trains)) }},
	{name: "lectern_udp_batches_refused_total", kind: counter,
		help: "Batches that the operating system refused, so that their datagrams went one by one.",
		read: func(s *scrape, give give) { give(float64(s.peers.UDP.Divided)) }},
	{name: "lectern_udp_send_lost_total", kind: counter,
		help: "Datagrams that the operating system refused to send.",
		read: func(s *scrape, give give) { give(float64(s.peers.UDP.Lost)) }},
}

func readClients(s *scrape, give give) {
	give(float64(s.http.Sessions["whip"]), "whip", "in")
	give(float64(s.http.Sessions["whep"]), "whep", "out")
	give(float64(s.rtmp.Publishers), "rtmp", "in")
	give(float64(s.rtmp.Players), "rtmp", "out")
}

func readBegan(s *scrape, give give) {
	give(float64(s.http.Began["whip"]), "whip", "in")
	give(float64(s.http.Began["whep"]), "whep", "out")
	give(float64(s.rtmp.Began["publish"]), "rtmp", "in")
	give(float64(s.rtmp.Began["play"]), "rtmp", "out")
}

func readEnded(s *scrape, give give) {
	for _, cause := range signaling.Causes() {
		give(float64(s.http.Ended[signaling.End{Protocol: "whip", Cause: cause}]), "whip", "in", cause)
		give(float64(s.http.Ended[signaling.End{Protocol: "whep", Cause: cause}]), "whep", "out", cause)
	}
	for _, cause := range rtmp.Causes() {
		give(float64(s.rtmp.Ended[rtmp.End{Asked: "publish", Cause: cause}]), "rtmp", "in", cause)
		give(float64(s.rtmp.Ended[rtmp.End{Asked: "play", Cause: cause}]), "rtmp", "out", cause)
	}
}

// readFirstFrame shows the protocols of viewers, each from the beginning.
func readFirstFrame(s *scrape) map[string]histogram.Snapshot {
	none := histogram.New(histogram.Waits()...).Snapshot()
	all := map[string]histogram.Snapshot{}
	for _, protocol := range watching {
		all[protocol] = none
	}
	for protocol, h := range s.media.FirstPicture {
		if protocol != "" { // what nobody has said the protocol of is no client
			all[protocol] = h
		}
	}
	return all
}

// in reads a number of each flow of publishers.
func in(number func(sfu.Received) uint64) func(*scrape, give) {
	return func(s *scrape, give give) { flows(s.media.In, publishing, number, give) }
}

// out reads a number of each flow to viewers.
func out(number func(sfu.Sent) uint64) func(*scrape, give) {
	return func(s *scrape, give give) { flows(s.media.Out, watching, number, give) }
}

// flows gives the protocols that are known from the beginning, and of the others
// those that there are. Flows without one are the server's own, such as a relay.
func flows[T any](all map[sfu.Flow]T, protocols []string, number func(T) uint64, give give) {
	values := map[sfu.Flow]uint64{}
	for _, protocol := range protocols {
		for _, kind := range kinds {
			values[sfu.Flow{Protocol: protocol, Kind: kind}] = 0
		}
	}
	for flow, t := range all {
		if flow.Protocol != "" {
			values[flow] = number(t)
		}
	}
	for flow, value := range values {
		give(float64(value), flow.Protocol, flow.Kind.String())
	}
}

// sent sums up a number of all viewers.
func (s *scrape) sent(number func(sfu.Sent) uint64) float64 {
	var n uint64
	for _, t := range s.media.Out {
		n += number(t)
	}
	return float64(n)
}

func readDropped(s *scrape, give give) {
	for _, reason := range sfu.DropReasons() {
		give(s.sent(func(t sfu.Sent) uint64 { return t.Dropped[reason] }), reason.String())
	}
}

func readProblems(s *scrape, give give) {
	values := map[string]uint64{}
	for _, code := range problems {
		values[code] = 0
	}
	for code, n := range s.http.Problems {
		values[code] = n
	}
	for code, n := range values {
		give(float64(n), code)
	}
}
