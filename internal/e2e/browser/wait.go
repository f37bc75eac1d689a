package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// waitLimit ends a wait whose context has no deadline.
	waitLimit = 30 * time.Second

	// pollEvery is how often WaitFor looks: often enough that a wait adds
	// little to a test, seldom enough that two cores do not notice.
	pollEvery = 100 * time.Millisecond

	// pictureLimit is how long the picture of a failed wait may take.
	pictureLimit = 10 * time.Second
)

// WaitFor evaluates js on page, as Page.Eval does, every 100 ms until ok
// accepts the value, and returns that. An evaluation that fails, because the
// page still loads for example, counts as not yet. The wait ends with ctx, or
// after 30 s when ctx has no deadline; the error then wraps its cause and
// holds the last value, the console and the path of a screenshot. It ends at
// once, with an error that wraps ErrClosed, when the browser is gone.
//
// The screenshot is in the test's artifact directory when go test runs with
// -artifacts, and in os.TempDir otherwise, where it outlives the test.
func WaitFor[T any](ctx context.Context, page Page, js string, ok func(T) bool) (T, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, waitLimit)
		defer cancel()
	}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()

	last := "none"
	for {
		value, text, err := evalAs[T](ctx, page, js)
		switch {
		case err == nil && ok(value):
			return value, nil
		case err == nil:
			last = brief(text)
		case errors.Is(err, ErrClosed):
			return value, fmt.Errorf("waiting: %w%s", err, consoleText(page))
		case ctx.Err() == nil:
			last = "the error " + err.Error()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			var zero T
			return zero, fmt.Errorf("waiting for %s: %w; last value: %s%s; %s",
				brief(js), context.Cause(ctx), last, consoleText(page), picture(ctx, page))
		}
	}
}

// evalAs returns the value of js and the JSON it was decoded from.
func evalAs[T any](ctx context.Context, page Page, js string) (T, string, error) {
	var value T
	var raw json.RawMessage
	if err := page.Eval(ctx, js, &raw); err != nil {
		return value, "", err
	}
	return value, string(raw), decode(string(raw), &value)
}

func consoleText(page Page) string {
	lines := page.Console()
	if len(lines) == 0 {
		return "; console: empty"
	}
	return "; console:\n\t" + strings.Join(lines, "\n\t") + "\n"
}

// picture takes a screenshot for a failure message and says where it is.
func picture(ctx context.Context, page Page) string {
	dir := os.TempDir()
	if keeper, ok := page.(interface{ artifacts() string }); ok {
		dir = keeper.artifacts()
	}
	file := filepath.Join(dir, fmt.Sprintf("lectern-wait-%d.png", time.Now().UnixNano()))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pictureLimit)
	defer cancel()
	if err := page.Screenshot(ctx, file); err != nil {
		return "no screenshot: " + err.Error()
	}
	return "screenshot: " + file
}
