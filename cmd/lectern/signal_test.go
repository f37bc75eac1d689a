package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"lectern/internal/config"
)

// childEnv, when set, makes the test binary be lectern with a server that says
// what happens to it and, if the value is "stubborn", does not end.
const childEnv = "CHILD_OF_SIGNAL_TEST"

func TestMain(m *testing.M) {
	mode := os.Getenv(childEnv)
	if mode == "" {
		os.Exit(m.Run())
	}
	ctx, stop := untilSignal(context.Background())
	code := execute(ctx, func(ctx context.Context, _ config.Config, stdout io.Writer) error {
		fmt.Fprintln(stdout, "running")
		<-ctx.Done()
		fmt.Fprintln(stdout, context.Cause(ctx))
		if mode == "stubborn" {
			select {}
		}
		return nil
	}, nil, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// start runs the test binary as lectern and waits until it serves. The function
// it gives reads the next line that lectern prints.
func start(t *testing.T, mode string) (*exec.Cmd, func() string) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Dir = t.TempDir()
	c.Env = append(os.Environ(), childEnv+"="+mode)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	lines := bufio.NewScanner(out)
	next := func() string {
		if !lines.Scan() {
			t.Fatalf("lectern stopped printing: %v", lines.Err())
		}
		return lines.Text()
	}
	if got := next(); got != "running" {
		t.Fatalf("printed %q, want running", got)
	}
	return c, next
}

func TestFirstSignalEndsCleanly(t *testing.T) {
	for _, s := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		c, next := start(t, "obedient")
		if err := c.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		if got, want := next(), fmt.Sprintf("received %v", s); got != want {
			t.Errorf("the context's cause is %q, want %q", got, want)
		}
		if err := c.Wait(); err != nil || c.ProcessState.ExitCode() != exitClean {
			t.Errorf("%v: exit code %d, %v", s, c.ProcessState.ExitCode(), err)
		}
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	c, next := start(t, "stubborn")
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	next() // the first was taken
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	c.Wait()
	if code := c.ProcessState.ExitCode(); code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
}

func TestStopLeavesNoGoroutine(t *testing.T) {
	// The first use starts a goroutine of os/signal, which stays.
	_, stop := untilSignal(context.Background())
	stop()
	before := runtime.NumGoroutine()
	ctx, stop := untilSignal(context.Background())
	stop()
	if ctx.Err() == nil {
		t.Error("the context has not ended")
	}
	// A goroutine that has said its last word takes a moment to be gone.
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}
