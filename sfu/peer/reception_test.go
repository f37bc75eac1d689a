package peer

import (
	"testing"
	"time"
)

func TestReceptionIsReported(t *testing.T) {
	for _, start := range edges {
		at := time.Unix(1_000_000, 0)
		r := reception{ssrc: 7, clockRate: 90000}
		come := func(offsets ...int) {
			for _, o := range offsets {
				r.note(start+uint16(o), uint32(o)*900, at)
				at = at.Add(10 * time.Millisecond)
			}
		}
		come(0, 1, 2, 4, 5, 6, 7) // 3 is lost
		first := r.report(at)
		if first.SSRC != 7 || uint16(first.LastSequenceNumber) != start+7 || first.TotalLost != 1 || first.FractionLost != 256/8 {
			t.Errorf("from %d: %+v; want 1 of 8 lost up to %d", start, first, start+7)
		}
		if first.LastSenderReport != 0 || first.Delay != 0 {
			t.Errorf("from %d: there was no sender report: %+v", start, first)
		}
		r.synced(0x1234_5678_9abc_def0, at)
		at = at.Add(500 * time.Millisecond)
		come(3, 8, 9)
		second := r.report(at)
		if second.TotalLost != 0 || second.FractionLost != 0 || second.LastSenderReport != 0x5678_9abc {
			t.Errorf("from %d: %+v; want none lost", start, second)
		}
		if want := uint32(530 << 16 / 1000); second.Delay-want > 70 {
			t.Errorf("from %d: the sender report came %d/65536 s ago, want %d", start, second.Delay, want)
		}
		if r.heard() {
			t.Errorf("from %d: nothing came since", start)
		}
	}
}

func TestReceptionAcrossAWrap(t *testing.T) {
	r := reception{clockRate: 90000}
	at := time.Unix(1_000_000, 0)
	for i := range 70_000 {
		if i%10 != 9 {
			r.note(uint16(i), uint32(i)*900, at)
		}
		at = at.Add(10 * time.Millisecond)
	}
	report := r.report(at)
	if report.LastSequenceNumber&0x1ffff != 69_998 || report.TotalLost != 6999 || report.Jitter != 0 {
		t.Errorf("%+v; want 6999 lost up to 69998, no jitter", report)
	}
}

func TestReceptionOfNumbersThatJump(t *testing.T) {
	r := reception{clockRate: 90000}
	at := time.Unix(1_000_000, 0)
	for i := range uint16(10) {
		r.note(i, 0, at)
	}
	for i := range uint16(10) {
		r.note(40_000+i, 0, at)
	}
	if report := r.report(at); report.TotalLost != 0 || uint16(report.LastSequenceNumber) != 40_009 {
		t.Errorf("%+v; want none lost up to 40009", report)
	}
}

func TestJitter(t *testing.T) {
	r := reception{clockRate: 90000}
	at := time.Unix(1_000_000, 0)
	for i := range uint16(500) {
		late := time.Duration(i%2) * 10 * time.Millisecond // every other packet, by 900 ticks
		r.note(i, uint32(i)*900, at.Add(time.Duration(i)*10*time.Millisecond+late))
	}
	if report := r.report(at); report.Jitter < 850 || report.Jitter > 950 {
		t.Errorf("jitter of %d ticks, want 900", report.Jitter)
	}
}
