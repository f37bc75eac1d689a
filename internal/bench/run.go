package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
)

const (
	// warmUp is how long a stream runs before anybody watches.
	warmUp = time.Second
	// startTimeout is how long a server may take to know of its publisher.
	startTimeout = 5 * time.Second
	startRetry   = 200 * time.Millisecond
	// settle is the time between the last join and the measurement; viewers
	// without a key frame are waited for up to settleLongest, which is a long
	// GOP.
	settle        = time.Second
	settleLongest = 6 * time.Second
	// leaveTimeout is for the end of one session, and leaving is how many end at
	// the same time.
	leaveTimeout = 3 * time.Second
	leaving      = 16
	// reportSlots is into how many parts the viewers are divided whose receiver
	// reports leave at the same time.
	reportSlots = 50
	// tolerated is how many viewers may fail after the first has joined: the
	// tenth part, and at least so many.
	tolerated = 3
	// shortest is how much of an interrupted measurement is worth a report.
	shortest = time.Second
)

// errInterrupted is the end of a run that has nothing to report yet.
var errInterrupted = errors.New("interrupted before anything was measured")

// run is one run: a publisher, and viewers who come, are measured and leave.
type run struct {
	options  Options
	codec    *codec // of what is published; nil if somebody else publishes
	workshop *workshop
	whip     endpoint
	whep     endpoint
	kinds    kinds // of viewers
	progress progress

	mu       sync.Mutex
	viewers  []*viewer
	failed   int
	failure  error // the first
	attempts int
}

// Run measures. When ctx ends during the measurement, the report is of what
// there is, and says so. All sessions are ended on the server, in each case.
// Errors wrap those of this package or are a *Refusal.
func Run(ctx context.Context, o Options) (*Report, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	r, err := prepare(ctx, o)
	if err != nil {
		return nil, errorOf(ctx, err)
	}
	defer r.whep.http.CloseIdleConnections()
	return r.run(ctx)
}

func prepare(ctx context.Context, o Options) (*run, error) {
	client := newHTTPClient(o.Joins)
	defer client.CloseIdleConnections()
	r := &run{
		options: o,
		whip:    endpoint{o.WHIP, o.Token, client},
		whep:    endpoint{o.WHEP, o.WatchToken, client},
		kinds:   kinds{video: everyVideo(), audio: audioOf(true)},
	}
	if o.WHIP != "" {
		c, err := findCodec(o.Codec)
		if err != nil {
			return nil, err
		}
		r.codec = &c
		r.kinds.video = []webrtc.RTPCodecParameters{{RTPCodecCapability: c.capability, PayloadType: videoPayload}}
		r.kinds.audio = audioOf(!o.Silent)
	}
	if _, err := consume(o.PIDs); err != nil {
		return nil, err
	}
	local, err := r.whep.reach(ctx)
	if err != nil {
		return nil, err
	}
	certificate, err := newCertificate()
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	r.workshop, err = newWorkshop(time.Now(), local, certificate, !o.Apart)
	return r, err
}

func newCertificate() (webrtc.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return webrtc.Certificate{}, err
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return webrtc.Certificate{}, err
	}
	return *certificate, nil
}

func audioOf(wanted bool) []webrtc.RTPCodecParameters {
	if !wanted {
		return nil
	}
	return []webrtc.RTPCodecParameters{{RTPCodecCapability: audioCapability, PayloadType: audioPayload}}
}

// everyVideo is what viewers of somebody else's stream take.
func everyVideo() []webrtc.RTPCodecParameters {
	var list []webrtc.RTPCodecParameters
	for i, c := range []struct{ mimeType, fmtp string }{
		{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
		{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"},
		{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f"},
		{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640032"},
		{webrtc.MimeTypeVP8, ""},
		{webrtc.MimeTypeVP9, "profile-id=0"},
		{webrtc.MimeTypeAV1, "profile=0"},
		{webrtc.MimeTypeH265, "profile-id=1;tier-flag=0;level-id=120;tx-mode=SRST"},
	} {
		list = append(list, webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: c.mimeType, ClockRate: videoClock, SDPFmtpLine: c.fmtp, RTCPFeedback: feedback},
			PayloadType:        webrtc.PayloadType(96 + i),
		})
	}
	return list
}

// run has three steps, and an end that is always taken.
func (r *run) run(outer context.Context) (*Report, error) {
	ctx, stop := context.WithCancelCause(outer)
	var running sync.WaitGroup
	defer running.Wait()
	defer r.leave(ctx)
	defer stop(nil)
	if r.options.WHIP != "" {
		p, err := publish(ctx, r.workshop, r.whip, r.options, *r.codec)
		if err != nil {
			return nil, errorOf(outer, err)
		}
		running.Go(func() {
			if err := p.Run(ctx); err != nil {
				stop(err)
			}
			p.finish(ctx)
		})
		if err := pause(ctx, warmUp); err != nil {
			return nil, err
		}
	}
	running.Go(func() { r.progress.run(ctx, r) })
	running.Go(func() { r.sendReports(ctx) })

	report := newReport(r)
	before, err := r.observe()
	if err != nil {
		return nil, err
	}
	if err := r.join(ctx); err != nil {
		return nil, err
	}
	joined, err := r.observe()
	if err != nil {
		return nil, err
	}
	if err := r.settle(ctx); err != nil {
		return nil, err
	}
	from, err := r.observe()
	if err != nil {
		return nil, err
	}
	r.measure(window{from: from.at})
	r.progress.say("measuring")
	waited := pause(ctx, r.options.Duration)
	to, err := r.observe()
	if err != nil {
		return nil, err
	}
	r.measure(window{from.at, to.at})
	if waited != nil {
		// What the publisher ran into is no measurement; who asks for the end
		// gets what there is.
		if outer.Err() == nil || to.at-from.at < shortest {
			return nil, waited
		}
		report.Interrupted = true
	}
	viewers := r.joinedViewers()
	report.Viewers = len(viewers)
	report.Failed, report.Failure = r.failures()
	report.JoinsPerSecond = round(float64(len(viewers))/(joined.at-before.at).Seconds(), 1)
	report.fill(before, joined, from, to)
	report.Together = slices.ContainsFunc(viewers, func(v *viewer) bool { return v.tap.together })
	report.attend(viewers)
	return report, nil
}

// pause waits, and returns why it did not wait to the end.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return interruption(ctx)
	}
}

// interruption is why a run whose context has ended has no report.
func interruption(ctx context.Context) error {
	if cause := context.Cause(ctx); errors.Is(cause, ErrNoMedia) {
		return cause
	}
	return errInterrupted
}

// join lets all viewers join, and returns when the last has.
func (r *run) join(ctx context.Context) error {
	r.progress.say("joining")
	if err := r.joinFirst(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan int)
	var joining sync.WaitGroup
	for range r.options.Joins {
		joining.Go(func() {
			for i := range next {
				if err := r.joinOne(ctx, i); err != nil && r.fail(err) {
					stop(err)
				}
			}
		})
	}
	for i := 1; i < r.options.Viewers; i++ {
		select {
		case next <- i:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	joining.Wait()
	if ctx.Err() == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failure != nil && r.failed > r.tolerated() {
		return fmt.Errorf("%d of %d viewers could not join, the first because: %w", r.failed, r.attempts, r.failure)
	}
	return interruption(ctx)
}

// joinFirst tries until the server knows the stream that the bench publishes.
func (r *run) joinFirst(ctx context.Context) error {
	deadline := time.Now().Add(startTimeout)
	for {
		err := r.joinOne(ctx, 0)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return interruption(ctx)
		}
		refusal, refused := errors.AsType[*Refusal](err)
		early := refused && slices.Contains([]int{http.StatusNotFound, http.StatusConflict, http.StatusServiceUnavailable}, refusal.Status)
		if !early || r.options.WHIP == "" || time.Now().After(deadline) {
			return fmt.Errorf("watch: %w", err)
		}
		if err := pause(ctx, startRetry); err != nil {
			return err
		}
	}
}

func (r *run) joinOne(ctx context.Context, i int) error {
	v, err := watch(ctx, r.workshop, r.whep, r.kinds, r.isProbe(i), r.codec)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.attempts++
	if err == nil {
		r.viewers = append(r.viewers, v)
	}
	return err
}

// isProbe spreads the probes among the viewers: who joined first is often
// served first.
func (r *run) isProbe(i int) bool {
	n, of := r.options.Probes, r.options.Viewers
	return (i+1)*n/of > i*n/of
}

// fail counts a viewer that could not join, and says whether those are too
// many.
func (r *run) fail(err error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed++
	if r.failure == nil {
		r.failure = err
	}
	return r.failed > r.tolerated()
}

// failures is how many could not join, and why the first could not.
func (r *run) failures() (n int, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failure != nil {
		why = r.failure.Error()
	}
	return r.failed, why
}

func (r *run) tolerated() int { return max(tolerated, r.options.Viewers/10) }

// joinedViewers is a copy of the list.
func (r *run) joinedViewers() []*viewer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.viewers)
}

// settle waits for the key frames, and for what joins leave behind.
func (r *run) settle(ctx context.Context) error {
	r.progress.say("settling")
	deadline := time.Now().Add(settleLongest)
	for {
		if err := pause(ctx, settle); err != nil {
			return err
		}
		waiting := slices.ContainsFunc(r.joinedViewers(), func(v *viewer) bool { return !v.begun() })
		if waiting && time.Now().Before(deadline) {
			continue
		}
		if r.counts().Packets == 0 {
			return fmt.Errorf("%w from %s, though the connection stands: does anybody publish (--whip)?", ErrNothingCame, r.whep.url)
		}
		return nil
	}
}

func (r *run) measure(w window) {
	for _, v := range r.joinedViewers() {
		v.measure(w)
	}
}

// counts is what has come to all viewers so far.
func (r *run) counts() Counts {
	var sum Counts
	for _, v := range r.joinedViewers() {
		sum = sum.plus(v.tap.counts())
	}
	return sum
}

// sendReports sends the viewers' receiver reports, a slot at a time, so that
// the bench has no second at which everything happens.
func (r *run) sendReports(ctx context.Context) {
	tick := time.NewTicker(reportInterval / reportSlots)
	defer tick.Stop()
	for slot := 0; ; slot = (slot + 1) % reportSlots {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		viewers := r.joinedViewers()
		for i := slot; i < len(viewers); i += reportSlots {
			viewers[i].report()
		}
	}
}

// leave ends all viewers' sessions.
func (r *run) leave(ctx context.Context) {
	slots := make(chan struct{}, leaving)
	var ending sync.WaitGroup
	for _, v := range r.joinedViewers() {
		slots <- struct{}{}
		ending.Go(func() {
			v.finish(ctx)
			<-slots
		})
	}
	ending.Wait()
}
