package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/chromedp/chromedp"
)

// devtools is the pair of pipes by which Chromium speaks DevTools: it reads
// file descriptor 3 and writes 4. There is no port that a stranger could find.
// It is the chromedp.Allocator of a browser that process has started.
type devtools struct {
	theirs [2]*os.File
	reader *os.File
	writer *os.File
}

var _ chromedp.Allocator = (*devtools)(nil)

func newDevtools(cmd *exec.Cmd) (*devtools, error) {
	in, writer, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making the command pipe: %w", err)
	}
	reader, out, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making the answer pipe: %w", err), in.Close(), writer.Close())
	}
	cmd.ExtraFiles = []*os.File{in, out}
	return &devtools{theirs: [2]*os.File{in, out}, reader: reader, writer: writer}, nil
}

// started gives up the browser's ends, so that its death is an end of file.
func (d *devtools) started() {
	for _, f := range d.theirs {
		f.Close()
	}
}

// close closes our ends; again is fine.
func (d *devtools) close() {
	d.reader.Close()
	d.writer.Close()
}

// Allocate implements chromedp.Allocator. It is called once.
func (d *devtools) Allocate(ctx context.Context, opts ...chromedp.BrowserOption) (*chromedp.Browser, error) {
	return chromedp.NewBrowserTransport(ctx, chromedp.NewPipeConn(d.reader, d.writer), opts...)
}

// Wait implements chromedp.Allocator; the process is not chromedp's.
func (d *devtools) Wait() {}
