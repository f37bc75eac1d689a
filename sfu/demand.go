package sfu

import (
	"slices"
	"time"
)

// demandRest is for how long nobody wants a layer before that is told: viewers
// come and go, and each return costs a key frame.
const demandRest = 10 * time.Second

// Demand tells the publisher of several layers which of them somebody wants, so
// that it need not send the others. It is of use only where the publisher does
// as it is told: a layer that is not wanted counts as resting, and viewers whose
// network carries it want it back.
//
// The smallest layer is always wanted. It is what viewers have until another
// one has begun, and what they fall to. So is a layer of which the size or the
// rate is not known yet.
//
// A Demand is used by one goroutine; only Changed may be waited for by others.
type Demand struct {
	publication *Publication
	changed     chan struct{}
	unwanted    map[*Track]time.Time // since when
}

// LayerDemand is what a publisher is told of one layer.
type LayerDemand struct {
	RID    string
	Wanted bool
}

// Demand begins to tell. An earlier one of the publication means nothing any
// more. The caller closes it.
func (p *Publication) Demand() *Demand {
	d := &Demand{publication: p, changed: make(chan struct{}, 1), unwanted: map[*Track]time.Time{}}
	p.demand.Store(d)
	return d
}

// Changed receives when Layers may say something else than it did. It holds one
// value.
func (d *Demand) Changed() <-chan struct{} { return d.changed }

// Layers returns the layers, in the order in which they came. Without any
// change it may say something else after again, when that is not 0.
func (d *Demand) Layers(at time.Time) (layers []LayerDemand, again time.Duration) {
	p := d.publication
	if p.demand.Load() != d {
		return nil, 0
	}
	lowest := smallest(p.Tracks())
	for _, t := range p.Tracks() {
		if t.Kind != Video || t.RID == "" || t.retired.Load() {
			continue
		}
		left := d.left(t, t == lowest || t.wishes.Load() > 0, at)
		if left > 0 && (again == 0 || left < again) {
			again = left
		}
		t.rest(left == 0)
		layers = append(layers, LayerDemand{t.RID, left != 0})
	}
	return layers, again
}

// left is the time after which a layer is to rest; -1 when there is no such time.
func (d *Demand) left(t *Track, wanted bool, at time.Time) time.Duration {
	if wanted {
		delete(d.unwanted, t)
		return -1
	}
	since, before := d.unwanted[t]
	if !before {
		since, d.unwanted[t] = at, at
	}
	left := demandRest - at.Sub(since)
	if left <= 0 && (t.area() == 0 || t.stats.usual.Load() == 0) {
		return demandRest // it has not begun
	}
	return max(left, 0)
}

// Close says that the publisher is told nothing any more, and sends what it
// likes. It may be called again.
func (d *Demand) Close() {
	if d.publication.demand.CompareAndSwap(d, nil) {
		for _, t := range d.publication.Tracks() {
			t.rest(false)
		}
	}
}

func (d *Demand) wake() {
	if d == nil {
		return
	}
	select {
	case d.changed <- struct{}{}:
	default: // it is told already
	}
}

// smallest returns the layer with the smallest picture.
func smallest(tracks []*Track) (found *Track) {
	for _, t := range tracks {
		if t.Kind == Video && t.RID != "" && t.area() > 0 && !t.retired.Load() && (found == nil || t.area() < found.area()) {
			found = t
		}
	}
	return found
}

// rest notes whether the publisher was told that nobody wants the layer.
func (t *Track) rest(resting bool) {
	if t.resting.Swap(resting) && !resting {
		t.rested.Store(true)
	}
}

// wished is called when somebody wants the layer who did not, or the reverse.
func (t *Track) wished(more int32) {
	if n := t.wishes.Add(more); n == 0 || n == 1 && more > 0 {
		t.publication.demand.Load().wake()
	}
}

// wish is what one viewer wants of the layers: the one that it gets or should
// get, and where its network has a limit, the one that it would fall to.
type wish [2]*Track

// of makes the wish out of all layers, those that rest too; rid is the layer
// that was asked for, current the one that was decided on among those that are
// sent.
func (w *wish) of(all []rung, rid *string, current *Track, bitrate uint64) {
	best := len(all) - 1
	switch asked := slices.IndexFunc(all, func(r rung) bool { return rid != nil && r.track.RID == *rid }); {
	case asked >= 0:
		best, bitrate = asked, 0
	case bitrate > 0:
		best = max(below(all, bitrate, climbMargin), slices.IndexFunc(all, func(r rung) bool { return r.track == current }))
	}
	if best > 0 && bitrate > 0 {
		w.change(all[best].track, all[best-1].track)
	} else {
		w.change(all[best].track, nil)
	}
}

func (w *wish) change(best, next *Track) {
	for i, t := range [...]*Track{best, next} {
		before := w[i]
		if before == t {
			continue
		}
		w[i] = t
		if t != nil {
			t.wished(1)
		}
		if before != nil {
			before.wished(-1)
		}
	}
}
