package signaling

import (
	"encoding/json"
	"sync/atomic"
	"time"

	"lectern/sfu"
)

const (
	// layersInterval is the time between two "layers" events that tell of
	// nothing but other bitrates.
	layersInterval = 5 * time.Second
	// layerSilence is the silence after which a layer counts as not being
	// sent.
	layerSilence = 2 * time.Second
)

// status is what viewers are told of a stream. It is immutable.
type status struct {
	live    bool
	stops   int // how often it has stopped to be live
	viewers int
	layers  string // a JSON array of layer
}

// noLayers is what a source with one encoding has to choose from.
const noLayers = "[]"

// layer is one encoding of the picture, as the extension's "layers" event has
// it. A bitrate of 0 means that it is not being sent now.
type layer struct {
	RID     string `json:"rid"`
	Bitrate uint64 `json:"bitrate"`
	Width   int    `json:"width,omitempty"`
	Height  int    `json:"height,omitempty"`
}

// watched is a stream with event streams. All but status belongs to the
// monitor.
type watched struct {
	stream      string
	subscribers map[*subscriber]struct{}
	stops       int
	layers      map[string]*layerState
	told        []layer
	toldAt      time.Time
	status      atomic.Pointer[status]
}

// layerState tells a layer that is silent from one that is sent.
type layerState struct {
	packets uint64
	changed time.Time
}

// subscriber wants to know when the status has changed.
type subscriber struct {
	watched *watched
	wake    chan struct{} // holds one wake-up: more would say nothing new
}

func (s *subscriber) status() status { return *s.watched.status.Load() }

// update takes a new look at the stream.
func (w *watched) update(r *sfu.Router, at time.Time) {
	info, _ := r.Info(w.stream)
	next := status{
		live:    info.State == sfu.StateLive,
		stops:   w.stops,
		viewers: info.Viewers,
		layers:  w.describe(w.sent(info.Tracks, at), at),
	}
	if before := w.status.Load(); before != nil && *before == next {
		return
	}
	w.status.Store(&next)
	for sub := range w.subscribers {
		select {
		case sub.wake <- struct{}{}:
		default:
		}
	}
}

// sent lists the layers of a source with several of them. One without names
// for its encodings has nothing to choose from.
func (w *watched) sent(tracks []sfu.TrackStats, at time.Time) []layer {
	list := []layer{}
	for _, t := range tracks {
		if t.Kind != sfu.Video || t.RID == "" {
			continue
		}
		state := w.layers[t.RID]
		if state == nil {
			state = &layerState{changed: at}
			w.layers[t.RID] = state
		}
		if t.Packets != state.packets {
			state.packets, state.changed = t.Packets, at
		}
		l := layer{RID: t.RID, Width: t.Width, Height: t.Height}
		if at.Sub(state.changed) < layerSilence {
			l.Bitrate = t.BitsPerSecond
		}
		list = append(list, l)
	}
	if len(list) == 0 {
		clear(w.layers)
	}
	return list
}

// describe writes the layers, and leaves bitrates as they were for a while.
func (w *watched) describe(list []layer, at time.Time) string {
	if alike(list, w.told) && at.Sub(w.toldAt) < layersInterval {
		list = w.told
	} else {
		w.told, w.toldAt = list, at
	}
	text, _ := json.Marshal(list) // strings and numbers cannot fail
	return string(text)
}

// alike says that the layers differ in nothing but how large their bitrates
// are.
func alike(a, b []layer) bool {
	if len(a) != len(b) || b == nil {
		return false
	}
	for i := range a {
		x, y := a[i], b[i]
		if (x.Bitrate == 0) != (y.Bitrate == 0) {
			return false
		}
		x.Bitrate, y.Bitrate = 0, 0
		if x != y {
			return false
		}
	}
	return true
}
