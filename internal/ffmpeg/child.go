package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// stallLimit is how long a process may leave its input unread.
const stallLimit = 10 * time.Second

var (
	// errHeader ends a process whose header is no longer the stream's.
	errHeader = errors.New("the stream's header has changed")

	// errOutput ends a process whose output nobody reads any more.
	errOutput = errors.New("what ffmpeg writes is not read")
)

// child is one process.
type child struct {
	stall time.Duration // how long it may leave its input unread
	born  func(pid int) // called when it lives

	cmd      *exec.Cmd
	in       *os.File // our ends of its pipes
	out      *os.File
	complain tail
	wrote    atomic.Bool // it has given something out
	kill     context.CancelCauseFunc
}

// run starts a process, feeds it from the queue, hands its output to read, and
// returns when it has ended, with the reason.
func (c *child) run(ctx context.Context, path string, args []string, q *queue, read func(io.Reader) error) error {
	ctx, c.kill = context.WithCancelCause(ctx)
	defer c.kill(nil)
	c.cmd = exec.CommandContext(ctx, path, args...)
	c.cmd.SysProcAttr = attributes()
	c.cmd.Stderr = &c.complain
	c.cmd.WaitDelay = stallLimit
	theirs, err := c.pipes()
	if err != nil {
		return err
	}
	defer c.in.Close()
	defer c.out.Close()
	header := q.begin()

	started, ended := make(chan error, 1), make(chan error, 1)
	go c.live(theirs, started, ended)
	if err := <-started; err != nil {
		return fmt.Errorf("start ffmpeg: %w", err)
	}
	c.born(c.cmd.Process.Pid)
	var work sync.WaitGroup
	work.Go(func() {
		if err := c.feed(ctx, header, q); err != nil {
			c.kill(err)
		}
	})
	work.Go(func() { c.drain(read) })
	err = <-ended
	c.kill(err)
	// Whoever inherited the pipe must not keep the reader.
	_ = c.out.SetReadDeadline(time.Now().Add(c.stall))
	work.Wait()
	return c.reason(ctx, err)
}

// drain hands the output to read. At its end the process has a moment to end
// as well; before it, the process is of no use any more.
func (c *child) drain(read func(io.Reader) error) {
	w := &watched{c: c}
	err := read(w)
	if w.ended {
		time.AfterFunc(c.stall, func() { c.kill(nil) })
		return
	}
	c.kill(errors.Join(errOutput, err))
}

// pipes makes both pipes; theirs are the process's ends.
func (c *child) pipes() (theirs [2]*os.File, err error) {
	theirIn, in, err := os.Pipe()
	if err != nil {
		return theirs, fmt.Errorf("make a pipe: %w", err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		theirIn.Close()
		in.Close()
		return theirs, fmt.Errorf("make a pipe: %w", err)
	}
	c.cmd.Stdin, c.cmd.Stdout = theirIn, theirOut
	c.in, c.out = in, out
	return [2]*os.File{theirIn, theirOut}, nil
}

// live is the process's life on one thread, because the signal at the owner's
// death is bound to the thread that started it.
func (c *child) live(theirs [2]*os.File, started, ended chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := c.cmd.Start()
	theirs[0].Close()
	theirs[1].Close()
	started <- err
	if err == nil {
		ended <- c.cmd.Wait()
	}
}

// feed writes the header and then what comes until the process's context ends.
func (c *child) feed(ctx context.Context, header []byte, q *queue) error {
	if err := c.write(header); err != nil {
		return err
	}
	for {
		u, ok, changed := q.take()
		switch {
		case changed:
			return errHeader
		case ok:
			if err := c.write(u.data); err != nil {
				return err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-q.wake:
		}
	}
}

func (c *child) write(data []byte) error {
	if err := c.in.SetWriteDeadline(time.Now().Add(c.stall)); err != nil {
		return fmt.Errorf("write to ffmpeg: %w", err)
	}
	_, err := c.in.Write(data)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("%w for %v", ErrStalled, c.stall)
	}
	if err != nil {
		return fmt.Errorf("write to ffmpeg: %w", err)
	}
	return nil
}

// reason is why the process ended: what stopped it, or what it died of and
// said last.
func (c *child) reason(ctx context.Context, exit error) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, errHeader) || errors.Is(cause, ErrStalled) || errors.Is(cause, errOutput) {
		return cause
	}
	if exit == nil {
		exit = errors.New("it ended by itself")
	}
	if said := c.complain.lines(); said != "" {
		return fmt.Errorf("%w: %s", exit, said)
	}
	return exit
}

// watched is the process's output, noting that there is some and that it ends.
type watched struct {
	c     *child
	ended bool
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.c.out.Read(p)
	if n > 0 {
		w.c.wrote.Store(true)
	}
	w.ended = w.ended || err != nil
	return n, err
}
