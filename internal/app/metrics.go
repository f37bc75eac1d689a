package app

import "lectern/internal/metrics"

// sources are what the metrics are read from.
func (a *App) sources() metrics.Sources {
	return metrics.Sources{
		Version:  a.version,
		Media:    a.router.Counts().Totals,
		HTTP:     a.signaling.Stats,
		Peers:    a.peers.Stats,
		RTMP:     a.rtmp.server.Stats,
		Hooks:    a.hooks.Calls,
		Traces:   a.tracer.Stats,
		Rooms:    a.rooms.Live,
		Webhooks: a.outside.webhooks.Stats,
		Kafka:    a.outside.kafkaStats,
		Store:    a.store.Stats,
		Audit:    a.access.audit.Dropped,
	}
}
