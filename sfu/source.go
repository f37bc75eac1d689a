package sfu

import (
	"sync/atomic"
	"time"
)

// State is whether a source has media.
//
//	waiting ──first packet──▶ live ──publisher ends──▶ waiting
//	                                                     └──grace over──▶ gone
type State string

// The states of a source.
const (
	StateWaiting State = "waiting" // nobody publishes, somebody may come (back)
	StateLive    State = "live"
)

// Source is what a name stands for: at most one publication whose media
// flow, and any number of viewers. It is made by the first of them and
// forgotten after the last.
type Source struct {
	router *Router
	name   string

	// Guarded by router.mu.
	publications []*Publication // the live one, and those without media yet
	viewers      map[*Viewer]struct{}
	since        time.Time   // of the present state
	grace        *time.Timer // runs while viewers wait for a publisher that went away
	waits        uint64      // how often it was started or stopped
	contest      contest

	live    atomic.Pointer[Publication] // changed under router.mu
	workers atomic.Pointer[[]*worker]   // copy on write, under router.mu
	runs    atomic.Uint32               // numbers given to runs of packets

	gathering atomic.Int32 // tracks of which a picture is waited for
}

// SourceInfo describes a source at one moment.
type SourceInfo struct {
	Name     string
	State    State
	Since    time.Time // of the state
	Viewers  int
	Protocol string // how the publisher's media come in, "whip" or "rtmp"; "" while waiting
	Tracks   []TrackStats
	Report   *Report // what the publisher's adapter has found out, nil if it says nothing
	// Contested says that publishers of one identity take it from each other
	// again and again.
	Contested bool
}

func newSource(r *Router, name string) *Source {
	s := &Source{router: r, name: name, viewers: map[*Viewer]struct{}{}, since: time.Now()}
	s.workers.Store(new([]*worker))
	return s
}

func (s *Source) infoLocked() SourceInfo {
	info := SourceInfo{Name: s.name, State: StateWaiting, Since: s.since, Viewers: len(s.viewers), Contested: s.contest.on(time.Now())}
	if p := s.live.Load(); p != nil {
		info.State, info.Protocol, info.Report = StateLive, p.options.Protocol, p.report.Load()
		for _, t := range p.Tracks() {
			if !t.retired.Load() {
				info.Tracks = append(info.Tracks, t.Stats())
			}
		}
	}
	return info
}

// wake tells the workers that there are packets. It never waits.
func (s *Source) wake() {
	for _, w := range *s.workers.Load() {
		select {
		case w.awake <- struct{}{}:
		default: // it is told already
		}
	}
}

// goLiveLocked puts the publication in the place of the one before.
func (s *Source) goLiveLocked(p *Publication) {
	s.stopGraceLocked()
	before := s.live.Swap(p)
	if before == nil {
		s.since = time.Now()
	} else {
		before.endLocked(ErrReplaced)
	}
	s.router.publishLocked(s, EventLive)
	if before != nil && p.rival.sends(before) && s.contest.takeover(time.Now()) {
		s.router.publishLocked(s, EventContested)
	}
	p.rival = rival{} // which keeps in memory whom it has replaced in turn
}

// goWaitingLocked keeps the viewers for the time of grace.
func (s *Source) goWaitingLocked() {
	s.live.Store(nil)
	s.since = time.Now()
	s.router.publishLocked(s, EventWaiting)
	if s.router.closed || s.router.options.Grace == Forever {
		return
	}
	s.waits++
	wait := s.waits
	s.grace = time.AfterFunc(s.router.options.Grace, func() { s.graceOver(wait) })
}

func (s *Source) stopGraceLocked() {
	if s.grace != nil {
		s.grace.Stop()
		s.grace = nil
		s.waits++
	}
}

func (s *Source) graceOver(wait uint64) {
	s.router.mu.Lock()
	if s.waits != wait { // stopped too late
		s.router.mu.Unlock()
		return
	}
	s.grace = nil
	var viewers []*Viewer
	for v := range s.viewers {
		viewers = append(viewers, v)
	}
	s.router.publishLocked(s, EventEnded)
	s.router.releaseLocked(s)
	s.router.mu.Unlock()
	for _, v := range viewers {
		v.end(ErrEnded)
	}
}
