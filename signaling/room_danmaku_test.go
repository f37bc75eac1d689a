package signaling_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A thousand lines a second are posted: what is shown stays readable, who posts
// is told to slow down, and the chat goes on as if nothing was.
func TestAThousandDanmakuASecond(t *testing.T) {
	s := newSchool(t)
	name, teacher, invite := s.class(t)
	const crowd, seconds, each = 25, 3, 40
	witness := enter(t, s.url, name, map[string]any{"invite": invite, "name": "Witness"})
	var all []*pupil
	for i := range crowd {
		all = append(all, enter(t, s.url, name, map[string]any{"invite": invite, "name": fmt.Sprint("Student ", i)}))
	}
	var posted, limited atomic.Int64
	var posting sync.WaitGroup
	start := time.Now()
	for i, p := range all {
		posting.Go(func() {
			beat := time.NewTicker(time.Second / each)
			defer beat.Stop()
			for n := range seconds * each {
				<-beat.C
				f := p.ask("danmaku.send", map[string]any{"text": fmt.Sprint("line ", n, " of ", i)})
				posted.Add(1)
				if f.Error.Code == "rate_limited" {
					limited.Add(1)
				}
			}
		})
	}
	chat := time.Now()
	teacher.must("chat.send", map[string]any{"text": "can you read this?"})
	shown := 0
	for {
		f := witness.until("danmaku or chat", func(f frame) bool { return f.Type == "danmaku" || f.Type == "chat.message" })
		if f.Type == "chat.message" {
			t.Logf("the chat took %v", time.Since(chat).Round(time.Millisecond))
			break
		}
		shown += items(t, f)
	}
	posting.Wait()
	teacher.must("chat.send", map[string]any{"text": "enough"})
	for {
		f := witness.until("danmaku or chat", func(f frame) bool { return f.Type == "danmaku" || f.Type == "chat.message" })
		if f.Type == "chat.message" {
			break
		}
		shown += items(t, f)
	}
	took := time.Since(start)
	most := int(20*took.Seconds()) + 20
	t.Logf("%d posted in %v: %d shown, %d refused", posted.Load(), took.Round(time.Millisecond), shown, limited.Load())
	if shown > most || shown == 0 {
		t.Errorf("%d lines were shown in %v, want %d at most", shown, took, most)
	}
	if limited.Load() == 0 {
		t.Error("nobody was told to slow down")
	}
}

func items(t *testing.T, f frame) int {
	t.Helper()
	var d struct{ Items []any }
	if err := json.Unmarshal(f.Data, &d); err != nil {
		t.Fatal(err)
	}
	return len(d.Items)
}
