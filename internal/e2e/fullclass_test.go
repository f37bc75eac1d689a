package e2e

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// fullClass is the variable that makes TestAFullClass as large as a class gets.
// It has not the prefix of the settings, which the server would refuse.
const fullClass = "FULL_CLASS"

// classSize is how large a class is, and what it goes through.
type classSize struct {
	audience, promotions int
	danmakuFor           time.Duration
}

// class is a room with a crowd in it.
type class struct {
	t       *testing.T
	server  *server
	room    string
	running sync.WaitGroup
	teacher *classmate
	crowd   []*classmate // the audience

	mu    sync.Mutex
	debut *debut
}

// debut is somebody's coming on stage, as the audience sees it.
type debut struct {
	turn     uint16
	of       *classmate
	accepted time.Time
	seen     map[*classmate]time.Duration
	want     int
	done     chan struct{}
}

// seen notes who sees somebody's first key frame.
func (c *class) seen(m *classmate, turn uint16, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.debut
	if d == nil || d.turn != turn || m == d.of || m == c.teacher {
		return
	}
	if _, again := d.seen[m]; again {
		return
	}
	d.seen[m] = at.Sub(d.accepted)
	if len(d.seen) == d.want {
		close(d.done)
	}
}

// A class as large as they get, and everything at once: people come on stage
// and go, the chat runs, and everybody writes over the stage as fast as it
// goes. The audience offers once, misses nothing of the chat, and sees everyone
// who comes, from a key frame on.
func TestAFullClass(t *testing.T) {
	size := classSize{audience: 60, promotions: 10, danmakuFor: 5 * time.Second}
	if os.Getenv(fullClass) != "" {
		size = classSize{audience: 300, promotions: 50, danmakuFor: 10 * time.Second}
	}
	c := &class{t: t, server: startServer(t), room: "media"}
	forTeachers, forStudents := openRoom(t, c.server)
	t.Cleanup(c.running.Wait)

	c.staff(forTeachers, forStudents)
	before := c.server.usage(t)
	joined := time.Now()
	c.fill(forStudents, size.audience)
	if t.Failed() {
		return
	}
	joins := time.Since(joined)
	joinedUsage := c.server.usage(t)
	t.Logf("%d joined in %v, both ends; the server took %v of a core, %d MiB before and %d after: %d KiB each", size.audience, joins.Round(time.Millisecond),
		joinedUsage.cpu-before.cpu, before.rss>>10, joinedUsage.rss>>10, (joinedUsage.rss-before.rss)/size.audience)

	var debuts []time.Duration
	promoted := make(chan struct{})
	began := time.Now()
	var lesson sync.WaitGroup
	lesson.Go(func() {
		defer close(promoted)
		debuts = c.promote(size.promotions)
	})
	lesson.Go(func() { c.scribble(size.danmakuFor) })
	said := c.talk(promoted)
	lesson.Wait()
	took := time.Since(began)
	after := c.server.usage(t)
	c.heard(said)
	var packets, lost int64
	for _, m := range c.crowd {
		packets += m.packets.Load()
		lost += m.lost.Load()
		if m.offers.Load() != 1 || m.needs.Load() != 0 || m.renegotiations.Load() != 0 {
			t.Errorf("%s has offered %d times, was asked to %d times and wanted to %d times", m.member, m.offers.Load(), m.needs.Load(), m.renegotiations.Load())
		}
		if n := m.keyless.Load(); n > 0 && m.lost.Load() == 0 {
			t.Errorf("%s has seen %d people without a key frame", m.member, n)
		}
	}
	t.Logf("%v of class: the server took %.2f cores, and %d MiB at its end; the audience got %d packets, %.0f a second, and missed %d",
		took.Round(time.Millisecond), (after.cpu-joinedUsage.cpu).Seconds()/took.Seconds(), after.rss>>10, packets, float64(packets)/took.Seconds(), lost)
	t.Logf("%d came on stage; from accepting to the first key frame at the audience: p50 %v, p95 %v, max %v (%d)", size.promotions,
		quantile(debuts, 0.5), quantile(debuts, 0.95), quantile(debuts, 1), len(debuts))
	if lost > packets/100 {
		t.Errorf("%d packets lost of %d", lost, packets+lost)
	}
}

// staff lets the teacher in, and four students who stay on stage, each of whom
// publishes. With who comes and goes, six are on stage.
func (c *class) staff(forTeachers, forStudents string) {
	t := c.t
	t.Helper()
	_, key, _ := strings.Cut(forTeachers, "#i=")
	teacher, err := c.enterClass(key, "Ms Noether")
	if err != nil {
		t.Fatal(err)
	}
	c.teacher = teacher
	lesson, err := teacher.publish(1000, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(lesson.end)
	_, key, _ = strings.Cut(forStudents, "#i=")
	for n := range 4 {
		m, err := c.enterClass(key, fmt.Sprint("Panel ", n))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.bring(m); err != nil {
			t.Fatal(err)
		}
		s, err := m.publish(uint16(1001+n), false)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.end)
	}
}

// connectingAtOnce is how many of the audience make their connection for media
// at a time: they share their cores with the server.
const connectingAtOnce = 8

// fill lets the audience in, all of them at the same moment and from one
// address, as in a school when the bell rings: each asks for what a page asks
// for, too. None of them is to be refused by the limits as they are.
func (c *class) fill(forStudents string, audience int) {
	_, key, _ := strings.Cut(forStudents, "#i=")
	c.crowd = make([]*classmate, audience)
	welcomed, connected := make([]time.Duration, audience), make([]time.Duration, audience)
	turn := make(chan struct{}, connectingAtOnce)
	began := time.Now()
	var joining sync.WaitGroup
	for n := range audience {
		joining.Go(func() {
			m, err := c.arrive(key, fmt.Sprint("Student ", n))
			if err != nil {
				c.t.Errorf("student %d: %v", n, err)
				return
			}
			c.crowd[n], welcomed[n] = m, time.Since(began)
			turn <- struct{}{}
			defer func() { <-turn }()
			if err := m.watch(); err != nil {
				c.t.Errorf("student %d: %v", n, err)
				return
			}
			connected[n] = time.Since(began)
		})
	}
	joining.Wait()
	c.t.Logf("%d at once from one address: welcome after p50 %v, p99 %v, the last %v; connected after p50 %v, p99 %v, the last %v", audience,
		quantile(welcomed, 0.5), quantile(welcomed, 0.99), quantile(welcomed, 1), quantile(connected, 0.5), quantile(connected, 0.99), quantile(connected, 1))
	if last := quantile(welcomed, 1); last > 10*time.Second {
		c.t.Errorf("the last is in the room after %v, want 10 s at the most", last)
	}
	if limits := grep(get(c.t, c.server.admin+"/metrics"), `lectern_limit_hit_total{limit="(join_rate|half_open_address|half_open_total|room_sockets|room_link)"} [^0]`); len(limits) > 0 {
		c.t.Errorf("limits were met: %v", limits)
	}
}

// arrive does what a page does at the door of a room: it asks for the room's
// name, and goes in.
func (c *class) arrive(key, name string) (*classmate, error) {
	resp, err := http.Get(c.server.url + "/api/v1/rooms/" + c.room)
	if err != nil {
		return nil, err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the room is not shown: %s", resp.Status)
	}
	return c.enterClass(key, name)
}

// bring takes a student on stage: hand, invitation, acceptance.
func (c *class) bring(m *classmate) error {
	raised := c.teacher.expect("hand.update", `"`+m.member+`"`)
	if err := m.ask("hand.raise", nil, nil); err != nil {
		return err
	}
	if err := raised.arrive(); err != nil {
		return err
	}
	invited := m.expect("stage.invited", "")
	if err := c.teacher.ask("stage.invite", map[string]any{"member": m.member}, nil); err != nil {
		return err
	}
	if err := invited.arrive(); err != nil {
		return err
	}
	return m.ask("stage.accept", nil, nil)
}

// promotionEvery keeps below the invitations that a teacher may send.
const promotionEvery = 1100 * time.Millisecond

// promote lets one after the other of the audience come on stage, be seen, and
// step down, and returns how long each of the others waited for a picture.
func (c *class) promote(times int) (waited []time.Duration) {
	beat := time.NewTicker(promotionEvery)
	defer beat.Stop()
	for n := range times {
		d, err := c.promoteOne(uint16(n+1), c.crowd[n%len(c.crowd)])
		if err != nil {
			c.t.Errorf("promotion %d: %v", n, err)
			return waited
		}
		waited = append(waited, d...)
		<-beat.C
	}
	return waited
}

func (c *class) promoteOne(turn uint16, m *classmate) ([]time.Duration, error) {
	d := &debut{turn: turn, of: m, seen: map[*classmate]time.Duration{}, want: len(c.crowd) - 1, done: make(chan struct{}), accepted: time.Now()}
	c.mu.Lock()
	c.debut = d
	c.mu.Unlock()
	if err := c.bring(m); err != nil {
		return nil, err
	}
	c.mu.Lock()
	d.accepted = time.Now()
	c.mu.Unlock()
	s, err := m.publish(turn, true)
	if err != nil {
		return nil, err
	}
	var late error
	select {
	case <-d.done:
	case <-time.After(patience):
		late = errors.New("not everybody sees who has come")
	}
	c.mu.Lock()
	c.debut = nil
	var waited []time.Duration
	for _, after := range d.seen {
		waited = append(waited, after)
	}
	c.mu.Unlock()
	if late != nil {
		late = fmt.Errorf("%w: %d of %d do", late, len(waited), d.want)
	}
	err = errors.Join(late, m.ask("stage.leave", nil, nil))
	s.end()
	return waited, err
}

// messageEvery makes twenty messages of the chat a second.
const messageEvery = time.Second / 20

// talk sends messages, each from somebody else, until the end, and returns how
// many were sent.
func (c *class) talk(end <-chan struct{}) int {
	beat := time.NewTicker(messageEvery)
	defer beat.Stop()
	var sending sync.WaitGroup
	defer sending.Wait()
	for n := 0; ; n++ {
		select {
		case <-end:
			return n
		case <-beat.C:
		}
		sending.Go(func() {
			text := fmt.Sprintf("message %d at %d", n, time.Now().UnixNano())
			if err := c.crowd[n%len(c.crowd)].ask("chat.send", map[string]any{"text": text}, nil); err != nil {
				c.t.Errorf("message %d: %v", n, err)
			}
		})
	}
}

// heard waits until everybody has every message, and checks that they came to
// all in one order.
func (c *class) heard(said int) {
	t := c.t
	t.Helper()
	deadline := time.Now().Add(patience)
	for _, m := range c.crowd {
		for m.messages() < said && time.Now().Before(deadline) {
			<-time.After(20 * time.Millisecond) // nothing tells that the last has come
		}
	}
	var late []time.Duration
	c.crowd[0].mu.Lock()
	order := slices.Clone(c.crowd[0].said)
	c.crowd[0].mu.Unlock()
	for _, m := range c.crowd {
		m.mu.Lock()
		if len(m.said) != said {
			t.Errorf("%s has got %d of %d messages (%v)", m.member, len(m.said), said, m.over)
		}
		if !slices.EqualFunc(m.said, order, func(a, b saying) bool { return a.number == b.number }) {
			t.Errorf("%s has got other messages, or in another order", m.member)
		}
		for _, s := range m.said {
			late = append(late, s.late)
		}
		m.mu.Unlock()
	}
	t.Logf("chat: %d messages to %d, %d deliveries: p50 %v, p99 %v, max %v", said, len(c.crowd), len(late), quantile(late, 0.5), quantile(late, 0.99), quantile(late, 1))
}

func (m *classmate) messages() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.said)
}

// scribble posts a thousand danmaku a second, from everybody in turn.
func (c *class) scribble(last time.Duration) {
	const together = 20
	beat := time.NewTicker(together * time.Millisecond)
	defer beat.Stop()
	before := c.witness()
	var posted, taken, limited atomic.Int64
	var posting sync.WaitGroup
	began := time.Now()
	for n := 0; time.Since(began) < last; {
		<-beat.C
		for range together {
			m, text := c.crowd[n%len(c.crowd)], fmt.Sprint("line ", n)
			n++
			posting.Go(func() {
				err := m.ask("danmaku.send", map[string]any{"text": text}, nil)
				posted.Add(1)
				no, isRefused := errors.AsType[refused](err)
				switch {
				case err == nil:
					taken.Add(1)
				case isRefused && no.code == "rate_limited":
					limited.Add(1)
				default:
					c.t.Errorf("%s: %v", text, err)
				}
			})
		}
	}
	posting.Wait()
	took := time.Since(began)
	shown := c.witness() - before
	c.t.Logf("danmaku: %d posted in %v, %d taken, %d refused; %d shown, %.1f a second", posted.Load(), took.Round(time.Millisecond), taken.Load(), limited.Load(), shown, float64(shown)/took.Seconds())
	if most := int(20*took.Seconds()) + 20; shown == 0 || shown > most {
		c.t.Errorf("%d lines were shown in %v, want %d at most", shown, took, most)
	}
	if limited.Load() == 0 {
		c.t.Error("nobody was told to slow down")
	}
}

// witness is how many danmaku the last of the audience has seen.
func (c *class) witness() int {
	m := c.crowd[len(c.crowd)-1]
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.flown
}

// quantile is the value below which that part of all lies, 0 of none.
func quantile(all []time.Duration, part float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[int(part*float64(len(all)-1))].Round(100 * time.Microsecond)
}

// grep is the lines of a text in which something is.
func grep(text, pattern string) (lines []string) {
	what := regexp.MustCompile(pattern)
	for line := range strings.Lines(text) {
		if what.MatchString(line) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}
