package sfu

// Interrupt says that packets are left out on purpose from here on. Those who
// come later are not shown what was before it, and the next packet is the first
// of a new run of numbers: viewers see no gap, and go on with a key frame.
// It must not be called while Write runs.
func (t *Track) Interrupt() {
	if t.newest.Load() == nil {
		return
	}
	t.breaks = true
	t.lastKey.Store(nil)
}
