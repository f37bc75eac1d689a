package peer

import "time"

const (
	// estimateWindow is the least time, and estimateLeast the number of packets,
	// that one look at the network needs; estimateLongest is when fewer do.
	estimateWindow  = 100 * time.Millisecond
	estimateLeast   = 5
	estimateLongest = 500 * time.Millisecond
	// estimateWindows are remembered: two seconds.
	estimateWindows = 20

	// A queue is what the quickest packets of estimateRecent windows take longer
	// than those of the last half minute or more did. It is congestion when it is
	// longer than queueShort and grows by queueGrowth, or loses packets, or when
	// it is longer than queueLong; on a network whose times vary, all the later.
	estimateRecent = 2
	queueShort     = 50 * time.Millisecond
	queueLong      = 200 * time.Millisecond
	queueGrowth    = 20 * time.Millisecond
	queueLoss      = 0.1
	baseKept       = 30 * time.Second
	// lossWithoutQueue is what a network loses in two seconds that has no queue
	// and is too narrow. Less than that is bad luck, by which sending less would
	// not help.
	lossWithoutQueue = 1.0 / 3
	lossLeast        = 30 // packets
	// A network that loses between these parts, and has no queue, loses by
	// chance. More than that may be for something that cuts off what is too much.
	chanceLeast, chanceMost = 0.01, 0.15
	// estimateOutage is the least time in which every packet is lost that is no
	// congestion, where one comes through now and then: the network was away, as
	// when a client gets another address.
	estimateOutage = time.Second

	// After congestion the estimate is a part of what came through.
	estimateDecrease = 0.85
	estimateFloor    = 50_000 // bits a second
	estimateMost     = 1e9
	// Without it, it grows by a part a second, as long as it is tried out.
	estimateGrowth  = 0.08
	estimateUntried = 1.5
	// estimateRest is the least time between congestion and growth.
	estimateRest = time.Second
	// estimateObeyed is the time until a lower estimate shows in what is sent, by
	// half as much at the most: the viewer has so much saved, and may owe some.
	estimateObeyed = 300 * time.Millisecond
	// baseDoubt is how often the estimate is lowered without any effect on the
	// queue before that is taken for the way itself, which has become longer.
	baseDoubt = 4
)

// estimate tells how many bits a second a viewer's network carries, from when
// its packets were sent and came. It begins without a limit, and has none until
// it sees congestion: a viewer gets the best at once. It has no clock: times
// are arguments.
type estimate struct {
	limit float64 // 0 for none
	acked float64 // bits a second that came through lately
	queue time.Duration
	noise time.Duration // the queue of a network in good order

	congestedAt time.Time // when the estimate was lowered last,
	sentBy      time.Duration
	lowest      time.Duration // by a queue of this length
	inVain      int
	drained     bool          // the queue was gone since then
	before      float64       // the limit until then,
	obeyedFrom  time.Duration // which packets sent before this still went by; 0 when it does not matter any more

	base, baseBefore time.Duration // the quickest packet's, of the present half minute, and of the one before
	baseAt           time.Time

	away time.Duration // when the first was sent of those that were lost on end of late; 0 without one

	present window
	windows [estimateWindows]window
	count   int // of windows so far
}

// window is what was heard in a short time.
type window struct {
	began          time.Time
	quickest       time.Duration // from one epoch to the other
	quick          bool          // there was one without a queue,
	quickSent      time.Duration // the first of which was sent then
	newest         time.Duration // when the last one was sent, and
	heard          time.Duration // when the last was heard of, by the clock of sent
	firstCame      time.Duration
	lastCame       time.Duration
	bytes          int
	received, lost int
}

// take takes what became of a packet.
func (e *estimate) take(a arrival) {
	w := &e.present
	w.heard = max(w.heard, a.heard)
	if a.came < 0 {
		w.lost++
		if e.away == 0 {
			e.away = a.sent
		}
		return
	}
	if e.away > 0 && a.sent-e.away >= estimateOutage {
		e.forgive()
	}
	e.away = 0
	took := a.came - a.sent
	if w.received == 0 || took < w.quickest {
		w.quickest = took
	}
	if took-min(e.base, e.baseBefore) < (queueShort+2*e.noise)/2 && (!w.quick || a.sent < w.quickSent) {
		w.quick, w.quickSent = true, a.sent
	}
	if w.received == 0 || a.came < w.firstCame {
		w.firstCame = a.came
	}
	w.newest, w.lastCame = max(w.newest, a.sent), max(w.lastCame, a.came)
	w.bytes += a.size
	w.received++
}

// forgive forgets what was lost.
func (e *estimate) forgive() {
	e.present.lost = 0
	for i := range e.windows {
		e.windows[i].lost = 0
	}
}

// conclude is called after each report. It says whether it has looked at the
// network, and so may have come to another estimate.
func (e *estimate) conclude(at time.Time) bool {
	w := &e.present
	if w.began.IsZero() {
		w.began = at
	}
	span := at.Sub(w.began)
	if span < estimateWindow || w.received < estimateLeast && span < estimateLongest {
		return false
	}
	if w.received > 0 || w.lost > 0 {
		e.close(at, span)
	}
	e.present = window{began: at}
	return true
}

// back returns the window so many before the last, nil when there is none.
func (e *estimate) back(n int) *window {
	if n >= min(e.count, estimateWindows) {
		return nil
	}
	return &e.windows[(e.count-1-n)%estimateWindows]
}

func (e *estimate) close(at time.Time, span time.Duration) {
	if e.present.received == 0 {
		if before := e.back(0); before != nil {
			e.present.quickest, e.present.newest = before.quickest, before.newest
			e.present.firstCame, e.present.lastCame = before.lastCame, before.lastCame
		}
	}
	e.count++
	*e.back(0) = e.present
	if e.present.received > 0 {
		e.follow(e.present.quickest, at)
	}
	e.measure()
	quickest := e.quickest(0, estimateRecent)
	e.queue = quickest - min(e.base, e.baseBefore)
	normal := queueShort + 2*e.noise
	if e.queue < 2*queueShort {
		e.noise += (e.queue - e.noise) / 50
	}
	e.excuse()
	e.drained = e.drained || e.queue < normal/2
	if loss, congested := e.congested(quickest, normal); congested {
		e.lower(at, loss)
	} else if e.queue < normal && e.limit > 0 && at.Sub(e.congestedAt) > estimateRest {
		e.raise(span)
	}
}

// follow keeps the quickest packet of the last half minute, and of up to
// another one.
func (e *estimate) follow(quickest time.Duration, at time.Time) {
	switch {
	case e.baseAt.IsZero():
		e.base, e.baseBefore, e.baseAt = quickest, quickest, at
	case at.Sub(e.baseAt) > baseKept:
		e.base, e.baseBefore, e.baseAt = quickest, e.base, at
	default:
		e.base = min(e.base, quickest)
	}
}

// quickest returns the shortest time of n windows.
func (e *estimate) quickest(from, n int) time.Duration {
	found := e.back(0).quickest
	for i := range n {
		if w := e.back(from + i); w != nil {
			if i == 0 {
				found = w.quickest
			}
			found = min(found, w.quickest)
		}
	}
	return found
}

// measure finds out how much came through in the last half second.
func (e *estimate) measure() {
	const enough = 450 * time.Millisecond
	bytes, last := 0, e.back(0).lastCame
	for i := 0; ; i++ {
		w, before := e.back(i), e.back(i+1)
		if before == nil {
			return
		}
		bytes += w.bytes
		if span := last - before.lastCame; span >= enough {
			e.acked = float64(bytes*8) / span.Seconds()
			return
		}
	}
}

// busy returns what came through while all packets waited in a queue: what the
// network carries.
func (e *estimate) busy() float64 {
	const enough = 50 * time.Millisecond
	last, base := e.back(0).lastCame, min(e.base, e.baseBefore)
	bytes, span := 0, time.Duration(0)
	for i := range estimateWindows {
		w := e.back(i)
		if w == nil || w.quickest-base < queueShort/2 {
			break
		}
		bytes += w.bytes
		span = last - w.firstCame
	}
	if span < enough {
		return e.acked
	}
	return float64(bytes*8) / span.Seconds()
}

// waiting is the queue that the last look alone has found.
func (e *estimate) waiting() time.Duration {
	if w := e.back(0); w != nil {
		return w.quickest - min(e.base, e.baseBefore)
	}
	return 0
}

// lossOf returns the part of the packets that was lost in the last n windows,
// and how many there were.
func (e *estimate) lossOf(n int) (part float64, packets int) {
	lost := 0
	for i := range n {
		if w := e.back(i); w != nil {
			lost += w.lost
			packets += w.lost + w.received
		}
	}
	return float64(lost) / float64(max(packets, 1)), packets
}

// lossy says whether packets are lost for which too much is not the cause:
// there is no queue.
func (e *estimate) lossy() bool {
	loss, packets := e.lossOf(estimateWindows)
	return packets >= lossLeast && loss >= chanceLeast && loss <= chanceMost && e.calm()
}

// calm says whether there is no queue, but for what is usual on this network.
func (e *estimate) calm() bool { return e.queue < queueShort+2*e.noise }

// congested says whether too much is sent, and whether it shows by loss alone.
func (e *estimate) congested(quickest, normal time.Duration) (loss, congested bool) {
	before := e.quickest(estimateRecent, 2*estimateRecent)
	recent, _ := e.lossOf(2 * estimateRecent)
	switch all, packets := e.lossOf(estimateWindows); {
	case e.queue > normal && (quickest-before > queueGrowth || recent > queueLoss), e.queue > queueLong+2*e.noise:
		return false, true
	case all > lossWithoutQueue && packets >= lossLeast:
		return true, true
	}
	return false, false
}

// lower takes what came through for what the network carries; again only when
// that was tried, and the queue has not become shorter by it.
func (e *estimate) lower(at time.Time, loss bool) {
	w := e.back(0)
	if e.limit > 0 && !e.drained {
		if w.newest < e.sentBy || !loss && e.queue < e.lowest-queueGrowth/2 {
			e.lowest = min(e.lowest, e.queue)
			return
		}
		if e.inVain++; e.inVain >= baseDoubt && !loss {
			e.base, e.baseBefore, e.inVain = w.quickest, w.quickest, 0
			return
		}
	} else {
		e.inVain = 0
	}
	through := e.acked
	if !loss {
		through = e.busy()
	}
	if through == 0 {
		return
	}
	e.before, e.obeyedFrom = e.limit, 0
	if !loss && w.heard > 0 {
		e.obeyedFrom = w.heard + estimateObeyed
	}
	e.limit = max(estimateDecrease*through, 0.5*e.limit, estimateFloor)
	// What is sent less by now is seen in those that are sent from now on, which
	// the newest that came is a round trip behind; and by a key frame later.
	e.drained = false
	e.congestedAt, e.sentBy, e.lowest = at, w.newest+e.queue+300*time.Millisecond, e.queue
}

// excuse takes back what was done about a queue that is gone for packets which
// were sent as before: it was no congestion. Something on a busy machine had to
// wait for its turn, and a viewer would lose pictures by that.
func (e *estimate) excuse() {
	w := e.back(0)
	if e.obeyedFrom == 0 || w.received == 0 {
		return
	}
	if loss, _ := e.lossOf(2 * estimateRecent); loss == 0 && w.quick && w.quickSent < e.obeyedFrom {
		if e.before > 0 {
			e.before = max(e.before, e.limit) // it may have grown since
		}
		e.limit, e.obeyedFrom, e.drained, e.inVain = e.before, 0, true, 0
	} else if w.newest > e.obeyedFrom {
		e.obeyedFrom = 0
	}
}

// raise lets the estimate grow to what has come through, and a part further
// while little is lost.
func (e *estimate) raise(span time.Duration) {
	e.limit = max(e.limit, e.acked)
	if loss, _ := e.lossOf(estimateWindows); loss < queueLoss {
		e.limit = max(e.limit, min(e.limit*(1+estimateGrowth*span.Seconds()), estimateUntried*e.acked))
	}
}
