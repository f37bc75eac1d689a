package speaker

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// speech is somebody who is heard at a level for a time.
type speech struct {
	member   string
	from, to time.Duration
	level    uint8
}

// told is one change.
type told struct {
	at       time.Duration
	active   []string
	dominant string
}

// listen plays speeches, 50 packets a second and person, and looks every 50 ms.
func listen(d *Detector, length time.Duration, speeches ...speech) (all []told) {
	for at := time.Duration(0); at < length; at += 10 * time.Millisecond {
		for _, s := range speeches {
			if at%(20*time.Millisecond) == 0 && at >= s.from && at < s.to {
				d.Heard(start.Add(at), s.member, s.level)
			}
		}
		if at%(50*time.Millisecond) != 0 {
			continue
		}
		if s, changed := d.Speaking(start.Add(at)); changed {
			t := told{at: at, dominant: s.Dominant}
			for _, v := range s.Active {
				t.active = append(t.active, v.Member)
			}
			all = append(all, t)
		}
	}
	return all
}

const second = time.Second

func TestWhoSpeaksAndWhoHasTheRoom(t *testing.T) {
	for _, c := range []struct {
		name     string
		length   time.Duration
		speeches []speech
		want     []string // each change as "seconds active dominant"
	}{
		{"silence", 5 * second, []speech{{"a", 0, 5 * second, 127}}, nil},
		{"noise of a room", 5 * second, []speech{{"a", 0, 5 * second, 60}}, nil},
		{"a knock", 2 * second, []speech{{"a", 0, 60 * time.Millisecond, 10}}, nil},
		{"one speaks for 3 s and falls silent", 8 * second, []speech{{"a", 1 * second, 4 * second, 20}}, []string{
			"1.1 [a] ", "2.6 [a] a", "4.6 [] a", "6.5 [] ",
		}},
		{"a word is not the room", 4 * second, []speech{{"a", 1 * second, 2 * second, 20}}, []string{
			"1.1 [a] ", "2.6 [] ",
		}},
		{"the louder one takes it over", 8 * second, []speech{{"a", 0, 8 * second, 30}, {"b", 3 * second, 8 * second, 15}}, []string{
			"0.1 [a] ", "1.6 [a] a", "3.1 [b a] a", "4.6 [b a] b",
		}},
		{"one as loud does not", 8 * second, []speech{{"a", 0, 8 * second, 30}, {"b", 3 * second, 8 * second, 28}}, []string{
			"0.1 [a] ", "1.6 [a] a", "3.1 [a b] a",
		}},
		{"nobody takes it within 2.5 s", 6 * second, []speech{{"a", 0, 6 * second, 40}, {"b", 500 * time.Millisecond, 6 * second, 10}}, []string{
			"0.1 [a] ", "0.6 [b a] ", "1.6 [b a] a", "4.1 [b a] b",
		}},
		{"an answer takes it from who is silent", 8 * second, []speech{{"a", 0, 4 * second, 20}, {"b", 5 * second, 8 * second, 40}}, []string{
			"0.1 [a] ", "1.6 [a] a", "4.6 [] a", "5.1 [b] a", "6.5 [b] ", "6.8 [b] b",
		}},
		{"a pause for breath is none", 6 * second, []speech{{"a", 0, 2 * second, 20}, {"a", 2500 * time.Millisecond, 6 * second, 20}}, []string{
			"0.1 [a] ", "1.6 [a] a",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, x := range listen(&Detector{}, c.length, c.speeches...) {
				got = append(got, fmt.Sprintf("%.1f %v %s", x.at.Seconds(), x.active, x.dominant))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("told\n%q, want\n%q", got, c.want)
			}
		})
	}
}

func TestAtMostFourChangesASecond(t *testing.T) {
	var speeches []speech
	for i := range 40 { // somebody begins or ends every 50 ms
		from := time.Duration(i) * 50 * time.Millisecond
		speeches = append(speeches, speech{fmt.Sprint(i), from, from + 700*time.Millisecond, 20})
	}
	all := listen(&Detector{}, 4*second, speeches...)
	for i := 1; i < len(all); i++ {
		if gap := all[i].at - all[i-1].at; gap < interval {
			t.Errorf("told %v after the time before, want %v at least", gap, interval)
		}
	}
	if len(all) < 8 {
		t.Errorf("told %d times", len(all))
	}
}

func TestWhoLeavesLosesTheRoom(t *testing.T) {
	d := &Detector{}
	listen(d, 3*second, speech{"a", 0, 3 * second, 20})
	d.Forget("a")
	s, changed := d.Speaking(start.Add(3 * second))
	if !changed || s.Dominant != "" || len(s.Active) != 0 {
		t.Errorf("after he left: %+v, %v", s, changed)
	}
}

func TestVoicesAreBounded(t *testing.T) {
	d := &Detector{}
	for i := range 10 * most {
		d.Heard(start, fmt.Sprint(i), 20)
	}
	if len(d.voices) > most {
		t.Errorf("%d voices", len(d.voices))
	}
}
