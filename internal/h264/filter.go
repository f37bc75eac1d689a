package h264

import "slices"

// Verdict is what a Filter does with an access unit.
type Verdict uint8

const (
	// Kept is passed on.
	Kept Verdict = iota
	// LeftOut is a picture that is shown before one that came before it: a B
	// picture.
	LeftOut
	// Lost is a picture that may refer to one that has been left out. Only
	// B pictures to which others refer (x264's b-pyramid) cause that.
	Lost
)

// String names the verdict.
func (v Verdict) String() string {
	switch v {
	case Kept:
		return "kept"
	case LeftOut:
		return "left out"
	case Lost:
		return "lost"
	}
	return "unknown"
}

// Stats counts access units with a picture.
type Stats struct {
	Kept, LeftOut, Lost uint64

	// BPictures counts the pictures that are shown before one that came before
	// them. It is above 0 before the first GOP of a stream with such pictures
	// has ended, and stays 0 for one that has none, whatever its slices' types.
	BPictures uint64

	// Run is the most B pictures that came one behind the other: what an
	// encoder's setting of B frames is.
	Run int

	// Unread counts what could not be read and was passed on unchanged.
	Unread uint64
}

// Filter takes the access units of one stream in decoding order and leaves out
// pictures so that those which remain are shown in the order in which they
// come. A picture that may refer to one which is missing is not kept: a
// decoder never guesses. The zero value is ready. It is used by one goroutine.
//
// B pictures to which nothing refers are left out without a trace. Where
// others are left out, numbers of frames are missing, which the sequence
// parameter set announces; the pictures behind them are kept as far as their
// reference lists, computed with and without what is missing, are the same.
//
// Key frames need their parameter sets in front of them in the same access
// unit, or earlier in an access unit of their own.
type Filter struct {
	sets    parameters
	scratch []byte
	stats   Stats

	picture int // number of the current one, since the IDR picture
	run     int
	latest  int64 // the highest PicOrderCnt that came
	shown   int64 // and that was kept

	follows  bool // what came since the last beginning is known
	fields   bool // there was a field since the IDR picture
	thin     bool // reference pictures have been left out since the IDR picture
	wantGaps bool // gaps are to be announced
	gaps     bool // and have been, in the parameter set in force

	all, sent view // as the encoder and the viewer's decoder have it
	absent    map[int]bool
}

// view is what somebody who has a part of the stream knows.
type view struct {
	buffer
	order order
}

// Stats returns the counts so far.
func (f *Filter) Stats() Stats { return f.stats }

// Next takes the NAL units of one access unit and returns those to be passed
// on, none if the verdict is not Kept. Parameter sets that promise the order
// of pictures are replaced; the rest is what came, and nothing of it is
// changed or retained. An access unit that cannot be read is kept as it is.
func (f *Filter) Next(units [][]byte) ([][]byte, Verdict) {
	out := f.learn(units)
	headers, ok := f.headers(units)
	switch {
	case !ok:
		f.stats.Unread++
		f.follows = false
		return units, Kept
	case len(headers) == 0:
		return out, Kept
	case headers[0].idr, !f.follows && intra(headers):
		f.restart()
	case !f.follows:
		f.stats.Kept++
		return out, Kept
	}
	v := f.judge(headers)
	f.count(v)
	if v != Kept {
		return nil, v
	}
	return out, Kept
}

// learn reads parameter sets and returns the units with the rewritten ones in
// their place.
func (f *Filter) learn(units [][]byte) [][]byte {
	out := units
	for i, u := range units {
		switch kind(u) {
		case unitSPS:
			s, err := ParseSPS(u)
			if err != nil {
				// Slices must not be read by an earlier one.
				f.sets = parameters{}
				f.stats.Unread++
				f.follows = false
				continue
			}
			f.sets.sps[s.id] = &s
			// Two or more pictures wait for another: some of them refer to others.
			f.gaps = f.wantGaps || s.gaps || s.Reorder >= 2
			if rewritten := s.inOrder(u, f.gaps); !slices.Equal(rewritten, u) {
				if &out[0] == &units[0] {
					out = slices.Clone(units)
				}
				out[i] = rewritten
			}
		case unitPPS:
			p, err := parsePPS(u)
			if err != nil {
				f.sets.pps = [256]*pps{}
				f.stats.Unread++
				f.follows = false
				continue
			}
			f.sets.pps[p.id] = &p
		}
	}
	return out
}

// headers reads the slices of the primary picture, or of the two fields.
func (f *Filter) headers(units [][]byte) ([]slice, bool) {
	if f.scratch == nil {
		f.scratch = make([]byte, 0, sliceHeaderLen)
	}
	var headers []slice
	for _, u := range units {
		if !isSlice(u) || kind(u) > unitPartitionA && kind(u) != unitIDR {
			continue
		}
		s, err := f.sets.readSlice(u, f.scratch)
		if err != nil {
			return nil, false
		}
		if !s.redundant {
			headers = append(headers, s)
		}
	}
	return headers, true
}

// intra says that a picture refers to no other: a stream that is joined, or of
// which something could not be read, can begin with it.
func intra(headers []slice) bool {
	return !slices.ContainsFunc(headers, func(s slice) bool { return s.lists() > 0 })
}

// restart forgets what was before an IDR picture.
func (f *Filter) restart() {
	f.picture = 0
	f.follows, f.fields, f.thin = true, false, false
	f.latest, f.shown = lowest, lowest
	f.all, f.sent = view{}, view{}
	f.absent = nil
}

// lowest is below every PicOrderCnt.
const lowest = -1 << 62

// judge decides on a picture and follows what it does to the buffers.
func (f *Filter) judge(headers []slice) Verdict {
	first := &headers[0]
	for i := range headers {
		f.fields = f.fields || headers[i].field
	}
	at := f.all.order.at(headers)
	viewers := f.sent.order
	same := viewers.at(headers) == at
	late := at < f.latest
	f.latest = max(f.latest, at)
	f.follow(late)

	verdict := Kept
	switch {
	case first.idr:
	case !same, f.thin && !f.provable(headers):
		verdict = Lost
	case at < f.shown:
		verdict = LeftOut
	}
	if late && verdict == Lost {
		verdict = LeftOut // it could not have been shown in any case
	}
	f.store(first, verdict == Kept, at)
	if verdict == Kept {
		f.shown = max(f.shown, at)
		f.sent.order = viewers
	}
	if first.marking.resets() {
		// Pictures are counted from here again (§8.2.1).
		f.latest, f.shown = 0, 0
	}
	f.picture++
	return verdict
}

// follow notes whether a picture is one in a run of B pictures.
func (f *Filter) follow(late bool) {
	if !late {
		f.run = 0
		return
	}
	f.run++
	f.stats.BPictures++
	f.stats.Run = max(f.stats.Run, f.run)
}

// provable says that a picture refers to nothing that is missing, and that a
// decoder finds for each of its references, and for each that it names in its
// marking, the same picture as the encoder.
func (f *Filter) provable(headers []slice) bool {
	if f.fields || !f.gaps {
		return false
	}
	f.all.fill(&headers[0])
	// What the viewer's decoder does when this picture comes next.
	sent := buffer{frames: slices.Clone(f.sent.frames), previous: f.sent.previous}
	sent.fill(&headers[0])
	for i := range headers {
		s := &headers[i]
		switch s.lists() {
		case 0:
			continue
		case 2:
			// Where gaps stand in the lists of B slices is for decoders to
			// differ about.
			return false
		}
		want, ok := f.all.list(s)
		if !ok {
			return false
		}
		got, ok := sent.list(s)
		if !ok {
			return false
		}
		for i, picture := range want {
			if picture == missing && i >= len(f.all.frames) {
				continue // behind the end of the list
			}
			if picture == missing || f.absent[picture] || got[i] != picture {
				return false
			}
		}
	}
	return !headers[0].reference || sent.mark(&headers[0], f.picture, 0)
}

// store follows the marking of a picture in both buffers.
func (f *Filter) store(s *slice, kept bool, at int64) {
	if !s.reference {
		return
	}
	f.all.fill(s)
	f.all.mark(s, f.picture, at)
	if kept {
		f.sent.fill(s)
		f.sent.mark(s, f.picture, at)
		return
	}
	f.thin, f.wantGaps = true, true
	if f.absent == nil {
		f.absent = map[int]bool{}
	}
	f.absent[f.picture] = true
	f.forget()
}

// forget drops absent pictures to which nothing can refer any more, so that a
// stream without IDR pictures needs no memory.
func (f *Filter) forget() {
	for picture := range f.absent {
		if !slices.ContainsFunc(f.all.frames, func(r frame) bool { return r.picture == picture }) {
			delete(f.absent, picture)
		}
	}
}

func (f *Filter) count(v Verdict) {
	switch v {
	case Kept:
		f.stats.Kept++
	case LeftOut:
		f.stats.LeftOut++
	case Lost:
		f.stats.Lost++
	}
}
