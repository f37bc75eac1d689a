package signaling_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"lectern/signaling"
)

// A transcript is a file of cases, each of requests and what is wanted of the
// answers, against a new server each:
//
//	## S01 RFC 9725 §4.2: a sentence of what the row says
//	server: NAME...              options of the server, see servers
//	> POST /whip/demo @x.sdp     a request, its body from testdata/offers
//	  Header: value              Content-Type goes by the body's name unless given; "-" is none
//	  edit: pattern => new       the body is changed, wherever the pattern matches
//	  body: text                 or given here, \r\n and so on as in Go
//	< 201                        the answer's status
//	  Header: $name              kept as $name, or compared with what was kept
//	  Header: /pattern/          matched; "-" is no such header, otherwise equal to the text
//	  body: /pattern/            matched; "empty" is none; !/pattern/ not matched
//	  code: conflict             of a problem (RFC 9457)
//	  sdp: NAME ARGUMENT         a check of the answer, see checks
//	wait: 10s                    the server's clock goes on
//	times: 10                    the next request is sent as often, and all but the last answer ignored
//	drain                        the server drains
type transcript struct {
	id, title string
	file      string
	steps     []step
}

type step struct {
	line int
	verb string // ">", "<", "server", "wait", "times", "drain"
	args string
	with [][2]string
}

var heading = regexp.MustCompile(`^## ([A-Z]\d\d)\S* (.+)$`)

func readTranscripts(t testing.TB) []*transcript {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	var all []*transcript
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var now *transcript
		for i, line := range strings.Split(string(text), "\n") {
			at := fmt.Sprintf("%s:%d", file, i+1)
			if m := heading.FindStringSubmatch(line); m != nil {
				now = &transcript{id: m[1], title: m[2], file: file}
				all = append(all, now)
				continue
			}
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			if now == nil {
				t.Fatalf("%s: before the first case", at)
			}
			if strings.HasPrefix(line, "  ") {
				name, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
				if !ok || len(now.steps) == 0 {
					t.Fatalf("%s: %q is no name and value", at, line)
				}
				last := &now.steps[len(now.steps)-1]
				last.with = append(last.with, [2]string{name, value})
				continue
			}
			verb, args, _ := strings.Cut(line, " ")
			now.steps = append(now.steps, step{line: i + 1, verb: strings.TrimSuffix(verb, ":"), args: strings.TrimSpace(args)})
		}
	}
	return all
}

// servers are the options that a transcript can name.
var servers = map[string]func(testing.TB, *setup){
	"keys":    func(t testing.TB, o *setup) { o.Authorizer = keys(t, false) },
	"closed":  func(t testing.TB, o *setup) { o.Authorizer = keys(t, true) },
	"live":    func(_ testing.TB, o *setup) { o.RequireLive = true },
	"query":   func(_ testing.TB, o *setup) { o.QueryToken = true },
	"origins": func(_ testing.TB, o *setup) { o.CORSOrigins = []string{"https://a.example", "https://b.example"} },
	"pending": func(_ testing.TB, o *setup) { o.peers.MaxPending = 1 },
	"busy":    func(_ testing.TB, o *setup) { o.Limits.Setups = 1 },
	"setups": func(_ testing.TB, o *setup) {
		o.Limits.PublishSetups = 1
		o.Limits.AddressSetups = 2
	},
	"front":   func(_ testing.TB, o *setup) { o.Exempt = []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32")} },
	"proxied": func(_ testing.TB, o *setup) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32")} },
	"rtmp":    func(_ testing.TB, o *setup) { o.Info.RTMP = 1935 },
	"port":    func(_ testing.TB, o *setup) { o.Info.RTMP = 1936 },
	"ice": func(_ testing.TB, o *setup) {
		o.ICEServers = []signaling.ICEServer{
			{URL: "stun:stun.example.com"},
			{URL: "turn:turn.example.com:3478?transport=udp", Username: "u,1", Credential: `p"\q`},
		}
	},
	"unlimited": func(_ testing.TB, o *setup) {
		o.Limits.Publish, o.Limits.Session, o.Limits.Watch = signaling.Rate{PerSecond: -1}, signaling.Rate{PerSecond: -1}, signaling.Rate{PerSecond: -1}
		o.Limits.Refused = signaling.Rate{PerSecond: -1}
	},
}

func (c *transcript) run(t *testing.T) {
	var configure []func(*setup)
	for _, s := range c.steps {
		if s.verb != "server" {
			continue
		}
		for _, name := range strings.Fields(s.args) {
			f, ok := servers[name]
			if !ok {
				t.Fatalf("%s:%d: no server %q", c.file, s.line, name)
			}
			configure = append(configure, func(o *setup) { f(t, o) })
		}
	}
	p := &play{t: t, c: c, lab: newLab(t, configure...), kept: map[string]string{}, times: 1}
	for _, s := range c.steps {
		p.at = fmt.Sprintf("%s:%d", c.file, s.line)
		p.step(s)
	}
}

// play is a transcript that is being run.
type play struct {
	t     *testing.T
	c     *transcript
	lab   *lab
	at    string
	kept  map[string]string
	times int
	got   *httptest.ResponseRecorder
	offer string
}

func (p *play) step(s step) {
	switch s.verb {
	case "server":
	case "wait":
		d, err := time.ParseDuration(s.args)
		if err != nil {
			p.t.Fatalf("%s: %v", p.at, err)
		}
		p.lab.clock.advance(d)
	case "times":
		if _, err := fmt.Sscan(s.args, &p.times); err != nil {
			p.t.Fatalf("%s: %v", p.at, err)
		}
	case "drain":
		p.lab.Drain()
	case ">":
		p.request(s)
	case "<":
		p.answer(s)
	default:
		p.t.Fatalf("%s: what is %q?", p.at, s.verb)
	}
}

func (p *play) request(s step) {
	fields := strings.Fields(p.fill(s.args))
	var body, contentType string
	if len(fields) > 2 {
		name := strings.TrimPrefix(fields[2], "@")
		body = offer(p.t, name)
		contentType = "application/sdp"
		if strings.HasSuffix(name, ".sdpfrag") {
			contentType = "application/trickle-ice-sdpfrag"
		}
	}
	var headers []string
	for _, w := range s.with {
		value := p.fill(w[1])
		switch w[0] {
		case "edit":
			old, replacement, _ := strings.Cut(value, " =>")
			pattern := regexp.MustCompile("(?m)" + old)
			if !pattern.MatchString(body) {
				p.t.Fatalf("%s: nothing to edit for %s", p.at, old)
			}
			body = pattern.ReplaceAllString(body, unescape(p.t, strings.TrimPrefix(replacement, " ")))
		case "body":
			body = unescape(p.t, value)
			if fields[0] == "PATCH" && contentType == "" {
				contentType = "application/trickle-ice-sdpfrag"
			}
		case "Content-Type":
			contentType = value
		default:
			headers = append(headers, w[0], value)
		}
	}
	if contentType != "" && contentType != "-" {
		headers = append(headers, "Content-Type", contentType)
	}
	if fields[0] == "POST" {
		p.offer = body
	}
	for range p.times {
		p.got = p.lab.do(fields[0], fields[1], body, headers...)
	}
	p.times = 1
}

func (p *play) answer(s step) {
	if got := fmt.Sprint(p.got.Code); got != s.args {
		p.t.Errorf("%s: status %s, want %s; body %s", p.at, got, s.args, p.got.Body)
		return
	}
	for _, w := range s.with {
		name, want := w[0], p.fillKnown(w[1])
		switch name {
		case "body":
			p.match("body", p.got.Body.String(), want)
		case "code":
			var problem struct {
				Type, Title, Detail, Code string
				Status                    int
			}
			if err := json.Unmarshal(p.got.Body.Bytes(), &problem); err != nil {
				p.t.Errorf("%s: problem: %v", p.at, err)
			}
			if problem.Code != want || problem.Status != p.got.Code || problem.Detail == "" || problem.Title == "" {
				p.t.Errorf("%s: problem %+v, want code %s", p.at, problem, want)
			}
			if got := p.got.Header().Get("Content-Type"); got != "application/problem+json" {
				p.t.Errorf("%s: a problem of type %q", p.at, got)
			}
		case "sdp":
			check, argument, _ := strings.Cut(want, " ")
			f, ok := checks[check]
			if !ok {
				p.t.Fatalf("%s: no check %q", p.at, check)
			}
			f(p.t, p.offer, p.got.Body.String(), argument)
		default:
			values := p.got.Header().Values(name)
			p.match(name, strings.Join(values, ", "), want)
		}
	}
}

var kept = regexp.MustCompile(`\$[a-z]\w*`)

// fill puts in what was kept.
func (p *play) fill(s string) string {
	return kept.ReplaceAllStringFunc(s, func(name string) string {
		value, ok := p.kept[name]
		if !ok {
			p.t.Fatalf("%s: %s was not kept", p.at, name)
		}
		return value
	})
}

// fillKnown leaves names alone that are to be kept now.
func (p *play) fillKnown(s string) string {
	return kept.ReplaceAllStringFunc(s, func(name string) string {
		if value, ok := p.kept[name]; ok {
			return value
		}
		return name
	})
}

func (p *play) match(what, got, want string) {
	p.t.Helper()
	switch {
	case want == "-" || want == "empty":
		if got != "" {
			p.t.Errorf("%s: %s is %q, want none", p.at, what, got)
		}
	case kept.FindString(want) == want:
		if got == "" {
			p.t.Errorf("%s: no %s", p.at, what)
		}
		p.kept[want] = got
	case strings.HasPrefix(want, "/"):
		if !regexp.MustCompile(strings.Trim(want, "/")).MatchString(got) {
			p.t.Errorf("%s: %s is %q, want %s", p.at, what, got, want)
		}
	case strings.HasPrefix(want, "!/"):
		if regexp.MustCompile(strings.Trim(want[1:], "/")).MatchString(got) {
			p.t.Errorf("%s: %s is %q, want not %s", p.at, what, got, want)
		}
	case got != want:
		p.t.Errorf("%s: %s is %q, want %q", p.at, what, got, want)
	}
}

func unescape(t testing.TB, s string) string {
	var out string
	if err := json.Unmarshal([]byte(`"`+strings.ReplaceAll(s, `"`, `\"`)+`"`), &out); err != nil {
		t.Fatalf("unescape %q: %v", s, err)
	}
	return out
}
