package pressure

import (
	"bytes"
	"context"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestNewWorkIsRefusedFromNineTenthsOn(t *testing.T) {
	var out bytes.Buffer
	g := New(slog.New(slog.NewTextHandler(&out, nil)))
	var used uint64
	g.read = func() []Figure {
		return []Figure{{"memory", 10, 100}, {"open files", used, 100}, {"nothing known", 7, 0}}
	}
	for _, step := range []struct {
		used uint64
		full bool
	}{{0, false}, {89, false}, {90, true}, {100, true}, {88, true}, {85, true}, {84, false}, {89, false}, {95, true}} {
		used = step.used
		if g.look(); g.Full() != step.full {
			t.Errorf("at %d of 100: full is %v, want %v", step.used, g.Full(), step.full)
		}
	}
	if n := strings.Count(out.String(), "code=exhausted"); n != 2 || strings.Count(out.String(), "there is room again") != 1 || !strings.Contains(out.String(), `what="open files"`) {
		t.Errorf("the log says\n%s", &out)
	}
}

func TestAGaugeLooksAgainAndAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(nil)
		looks := 0
		g.read = func() []Figure { looks++; return nil }
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		g.Run(ctx)
		if looks < 20 || g.Full() {
			t.Errorf("%d looks in ten seconds; full is %v", looks, g.Full())
		}
	})
}

func TestTheKernelTells(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("where the kernel tells")
	}
	for _, f := range figures() {
		if f.Used == 0 {
			t.Errorf("%+v", f)
		}
		t.Logf("%+v", f)
	}
}
