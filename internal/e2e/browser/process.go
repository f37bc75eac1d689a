package browser

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

const (
	// startLimit is how long a browser may take until its tab answers. A
	// second is normal; a cold disk and busy cores take many.
	startLimit = 60 * time.Second

	// releaseLimit is how long the children of a browser may hold its output
	// open after it has ended. SIGKILL takes milliseconds.
	releaseLimit = 10 * time.Second
)

// process is a running browser: the leader of a process group, and the
// directory that is home, profile and scratch space to all of it.
type process struct {
	cmd  *exec.Cmd
	home string
	out  tail

	done  chan struct{} // closed after all of them have ended
	close func() error  // kills the group, waits, removes home; idempotent
}

// locate finds the program name, which the Debian package of the same name
// installs.
func locate(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%w; install it with: apt-get install -y %s", err, name)
	}
	return path, nil
}

// newHome makes the directory that a browser lives in.
func newHome(name string) (string, error) {
	home, err := os.MkdirTemp("", "lectern-"+name+"-")
	if err != nil {
		return "", fmt.Errorf("making a home for %s: %w", name, err)
	}
	return home, nil
}

// launch starts cmd as the leader of its own process group in home and owns
// home from then on, also when it fails. What the browser prints goes to
// watch as well, unless that is nil.
func launch(home string, cmd *exec.Cmd, watch io.Writer) (*process, error) {
	p := &process{cmd: cmd, home: home, done: make(chan struct{})}
	p.close = sync.OnceValue(p.end)
	cmd.Env = append(os.Environ(),
		"HOME="+home, "TMPDIR="+home,
		"XDG_CONFIG_HOME="+filepath.Join(home, ".config"),
		"XDG_CACHE_HOME="+filepath.Join(home, ".cache"),
		"XDG_DATA_HOME="+filepath.Join(home, ".local"),
		"MOZ_CRASHREPORTER_DISABLE=1",
		"MOZ_REMOTE_SETTINGS_DEVTOOLS=1", // Firefox heeds services.settings.server
	)
	var out io.Writer = &p.out
	if watch != nil {
		out = io.MultiWriter(out, watch)
	}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = releaseLimit
	cmd.SysProcAttr = ownGroup()

	started := make(chan error)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	return p, nil
}

// run starts the browser and waits for its end. Every child inherits the
// browser's output, so that its end of file, for which Wait waits, is the end
// of them all: also of Chromium's crash handlers, which leave the group and
// end when they have nobody to watch any more.
func (p *process) run(started chan<- error) {
	// A parent-death signal is bound to the thread that started the child.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	defer close(p.done)
	// The exit status says nothing: browsers are killed here.
	_ = p.cmd.Wait()
	// Children that outlive a crash would keep the home alive.
	killGroup(p.cmd.Process.Pid)
}

// kill starts the end of the group. It is for a group whose leader is not yet
// waited for: afterwards the number may belong to somebody else.
func (p *process) kill() {
	select {
	case <-p.done:
	default:
		killGroup(p.cmd.Process.Pid)
	}
}

// end is what close does once.
func (p *process) end() error {
	p.kill()
	<-p.done
	if err := os.RemoveAll(p.home); err != nil {
		return fmt.Errorf("removing the browser's home: %w", err)
	}
	return nil
}

// tailLen is what is kept of a browser's output: about two screens of text.
const tailLen = 8192

// tail keeps the last bytes written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (w *tail) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, p...)
	if over := len(w.text) - tailLen; over > 0 {
		w.text = append(w.text[:0], w.text[over:]...)
	}
	return len(p), nil
}

func (w *tail) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.text)
}
