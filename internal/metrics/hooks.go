package metrics

// hooks are the settings under "hooks" that are called.
var hooks = []string{"on_connect", "on_publish", "on_publish_done", "on_play", "on_play_done", "on_update"}

// hookCounts are those of one hook, zero for one that is not set.
type hookCounts struct {
	answered, failed, dropped uint64
	waiting                   int
}

func eachHook(s *scrape, show func(name string, c hookCounts)) {
	counts := map[string]hookCounts{}
	for _, h := range s.hooks {
		counts[h.Hook] = hookCounts{h.Answered, h.Failed, h.Dropped, h.Waiting}
	}
	for _, name := range hooks {
		show(name, counts[name])
	}
}

func readHooks(s *scrape, give give) {
	eachHook(s, func(name string, c hookCounts) {
		give(float64(c.answered), name, "answered")
		give(float64(c.failed), name, "failed")
	})
}
