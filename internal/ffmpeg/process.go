package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

const (
	// pauseFirst and pauseMost are how long a dead process is not replaced;
	// the pause doubles from one death to the next.
	pauseFirst = 250 * time.Millisecond
	pauseMost  = 8 * time.Second

	// turnPause is how far apart processes begin that another header replaces:
	// who changes it with every unit gets one a second.
	turnPause = time.Second

	// steady is how long a process must have lived for its death to be the
	// first one again.
	steady = 30 * time.Second

	// failuresMost processes in a row may die without having given anything
	// out. Then it is not by accident.
	failuresMost = 4
)

// Options say what to run.
type Options struct {
	// Path is the program's, as Find returns it.
	Path string
	// Args are its arguments, as Transcode and Sound return them.
	Args []string
	// Output is called for each process with what it writes, in a goroutine of
	// its own. It reads until io.EOF and returns nil; the process is replaced
	// when it returns earlier.
	Output func(io.Reader) error
	// Log hears of each start and death. Nil is silent.
	Log *slog.Logger
}

// Stats is what a Process has been through.
type Stats struct {
	// Starts counts processes, Deaths those that ended though they were wanted.
	Starts, Deaths uint64
	// Dropped counts units that no process was given: those for which there
	// was no room, and those before the key unit with which a process begins.
	Dropped uint64
	// PID is the number of the living process, 0 if there is none.
	PID int
	// Failure is why the last process died, in its own last words; nil while
	// none has.
	Failure error
}

// Process is an ffmpeg that is kept running. Its methods may be called from
// several goroutines.
type Process struct {
	o     Options
	queue *queue
	pause time.Duration // the first one
	stall time.Duration

	mu    sync.Mutex
	stats Stats
}

// New prepares a Process; Run runs it.
func New(o Options) *Process {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Process{o: o, queue: newQueue(), pause: pauseFirst, stall: stallLimit}
}

// SetHeader says what each process gets first: FLV's header and the decoder
// configurations. Another header than before ends the process that runs, and a
// new one starts with the next key unit. The octets must not be changed
// afterwards.
func (p *Process) SetHeader(header []byte) { p.queue.setHeader(header) }

// Write hands over a unit, key if a decoder can begin with it, and says whether
// it was taken. It does not wait: when more than 5 MiB or two seconds wait for
// the process, units are dropped up to the next key one, which takes the place
// of all that wait. The octets must not be changed afterwards.
func (p *Process) Write(data []byte, key bool) bool {
	return p.queue.put(unit{data: data, key: key, came: time.Now()})
}

// Stats returns the counts so far.
func (p *Process) Stats() Stats {
	dropped := p.queue.drops()
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Dropped = dropped
	return s
}

// Run keeps a process running from the first key unit until ctx ends, and
// returns nil then. It gives up with an error that wraps ErrFailing and has the
// process's last words when several in a row die without having given anything
// out. It returns after the process and Output have ended.
func (p *Process) Run(ctx context.Context) error {
	failures, pause := 0, p.pause
	for p.wait(ctx) {
		began := time.Now()
		c := &child{stall: p.stall, born: p.born}
		err := c.run(ctx, p.o.Path, p.o.Args, p.queue, p.o.Output)
		if replaced := errors.Is(err, errHeader); ctx.Err() != nil || replaced {
			p.died(nil)
			sleep(ctx, turnPause-time.Since(began))
			continue
		}
		p.died(err)
		failures++
		if c.wrote.Load() {
			failures = 0
		}
		if failures >= failuresMost {
			return fmt.Errorf("%w: %w", ErrFailing, err)
		}
		if time.Since(began) > steady {
			pause = p.pause
		}
		p.o.Log.Warn("ffmpeg died", "reason", err, "pause", pause)
		sleep(ctx, pause)
		pause = min(2*pause, pauseMost)
	}
	return nil
}

// sleep returns after a time, or when ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// wait returns true when there is something to begin with.
func (p *Process) wait(ctx context.Context) bool {
	for ctx.Err() == nil && !p.queue.ready() {
		select {
		case <-ctx.Done():
			return false
		case <-p.queue.wake:
		}
	}
	return ctx.Err() == nil
}

func (p *Process) born(pid int) {
	p.mu.Lock()
	p.stats.PID = pid
	p.stats.Starts++
	p.mu.Unlock()
	p.o.Log.Info("ffmpeg started", "pid", pid)
}

// died notes the end of a process, and why if it was not wanted.
func (p *Process) died(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.PID = 0
	if why != nil {
		p.stats.Deaths++
		p.stats.Failure = why
	}
}
