package signaling_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// A full class that talks: everybody gets every message, in one order.
func TestThreeHundredHearTwentyMessagesASecond(t *testing.T) {
	s := newSchool(t)
	name, teacher, invite := s.class(t)
	const audience, messages, every = 300, 100, 50 * time.Millisecond
	var all []*pupil
	for i := range audience {
		all = append(all, enter(t, s.url, name, map[string]any{"invite": invite, "name": fmt.Sprint("Student ", i)}))
	}
	runtime.GC()
	goroutines := runtime.NumGoroutine()
	start := time.Now()

	late := make([]time.Duration, audience)
	var hearing sync.WaitGroup
	for i, p := range all {
		hearing.Go(func() {
			for n := range messages {
				f := p.until("message "+fmt.Sprint(n), func(f frame) bool { return f.Type == "chat.message" })
				var m struct {
					Text string
					At   time.Time
				}
				if err := json.Unmarshal(f.Data, &m); err != nil || m.Text != fmt.Sprintf("message %d", n) {
					t.Errorf("student %d: got %q, %v; want message %d", i, m.Text, err, n)
					return
				}
				late[i] = max(late[i], time.Since(m.At))
			}
		})
	}
	beat := time.NewTicker(every)
	defer beat.Stop()
	for n := range messages {
		<-beat.C
		all[n].send(map[string]any{"type": "chat.send", "data": map[string]any{"text": fmt.Sprintf("message %d", n)}})
		teacher.want("chat.message", fmt.Sprintf(`"message %d"`, n))
	}
	hearing.Wait()
	slices.Sort(late)
	t.Logf("%d messages to %d people in %v; the latest came after %v, half of the people had all within %v; %d goroutines",
		messages, audience, time.Since(start).Round(time.Millisecond), late[audience-1].Round(time.Millisecond), late[audience/2].Round(time.Millisecond), goroutines)
}
