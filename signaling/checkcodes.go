package signaling

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
)

// What the owner may keep of tests of networks. It is in memory alone: a restart forgets it.
const (
	// checkKept is how long a code is good.
	checkKept = 7 * 24 * time.Hour
	// mostCodes are those at a time; the oldest makes room for one more.
	mostCodes = 100
	// mostResults are the last ones of a code.
	mostResults = 20
	// resultBytes bounds what a browser may say, mostLines and lineChars what is kept of it.
	resultBytes, mostLines, lineChars = 16 << 10, 32, 200
)

var (
	errNoCheck = errors.New("there is no such code: it is over, or never was")
	// checkWord is an identifier of /check's: what was tested, how it went.
	checkWord = regexp.MustCompile(`^[a-z_]{1,32}$`)
)

// checkCode is something that the owner gives to whoever is to run a test, who needs no other right to hand in what came of
// it.
type checkCode struct {
	Code    string        `json:"code"`
	Name    string        `json:"name,omitempty"`
	Link    string        `json:"link,omitempty"`
	Expires time.Time     `json:"expires"`
	Results []checkResult `json:"results"`
}

// checkList is the answer to GET /api/v1/checks.
type checkList struct {
	Checks []checkCode `json:"checks"`
}

// checkWanted is what a code is made of.
type checkWanted struct {
	Name string `json:"name,omitempty"` // for the owner to know it by
}

// checkReport is what a browser has found out.
type checkReport struct {
	Verdict string      `json:"verdict"`
	Lines   []checkLine `json:"lines"`
}

// checkResult is a report, with what the server knows of who hands it in.
type checkResult struct {
	checkReport
	At     time.Time  `json:"at"`
	Remote netip.Addr `json:"remote"`
	Agent  string     `json:"agent"`
}

// checkLine is one thing that was tested.
type checkLine struct {
	ID     string `json:"id"`
	Level  string `json:"level"`
	Detail string `json:"detail,omitempty"`
}

// checkCodes are the codes that there are, the oldest first.
type checkCodes struct {
	mu   sync.Mutex
	list []*checkCode
}

func newCheckCodes() *checkCodes { return &checkCodes{} }

func (l *checkCodes) add(name string, at time.Time) checkCode {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expireLocked(at)
	made := &checkCode{Code: strings.ToLower(rand.Text()[:8]), Name: name, Expires: at.Add(checkKept), Results: []checkResult{}}
	l.list = append(l.list, made)
	l.list = l.list[max(0, len(l.list)-mostCodes):]
	return *made
}

func (l *checkCodes) expireLocked(at time.Time) {
	l.list = slices.DeleteFunc(l.list, func(c *checkCode) bool { return at.After(c.Expires) })
}

// findLocked returns nil when there is no such code.
func (l *checkCodes) findLocked(code string, at time.Time) *checkCode {
	l.expireLocked(at)
	i := slices.IndexFunc(l.list, func(c *checkCode) bool { return equal(c.Code, strings.ToLower(code)) })
	if i < 0 {
		return nil
	}
	return l.list[i]
}

func (l *checkCodes) all(at time.Time) []checkCode {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expireLocked(at)
	list := make([]checkCode, 0, len(l.list))
	for _, c := range l.list {
		list = append(list, c.copy())
	}
	return list
}

func (c *checkCode) copy() checkCode {
	out := *c
	out.Results = slices.Clone(c.Results)
	return out
}

func (l *checkCodes) get(code string, at time.Time) (checkCode, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.findLocked(code, at)
	if c == nil {
		return checkCode{}, errNoCheck
	}
	return c.copy(), nil
}

func (l *checkCodes) report(code string, r checkResult) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.findLocked(code, r.At)
	if c == nil {
		return errNoCheck
	}
	c.Results = append(c.Results, r)
	c.Results = c.Results[max(0, len(c.Results)-mostResults):]
	return nil
}

func (l *checkCodes) remove(code string, at time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.findLocked(code, at)
	if c == nil {
		return errNoCheck
	}
	l.list = slices.DeleteFunc(l.list, func(one *checkCode) bool { return one == c })
	return nil
}

// addCheck makes a code, for the owner.
func (s *Server) addCheck(c *gin.Context) {
	var wanted checkWanted
	_, err := s.owns(c)
	if err == nil {
		err = s.readJSON(c, &wanted)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	made := s.checks.codes.add(plain(wanted.Name), s.options.Now())
	made.Link = s.origin(c.Request) + strings.TrimSuffix(c.Request.URL.Path, "/api/v1/checks") + "/check?c=" + made.Code
	c.Header("Location", strings.TrimSuffix(c.Request.URL.Path, "/")+"/"+made.Code)
	s.answer(c, http.StatusCreated, made)
}

func (s *Server) listChecks(c *gin.Context) {
	if _, err := s.owns(c); err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, checkList{s.checks.codes.all(s.options.Now())})
}

func (s *Server) showCheck(c *gin.Context) {
	_, err := s.owns(c)
	var found checkCode
	if err == nil {
		found, err = s.checks.codes.get(c.Param("code"), s.options.Now())
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, found)
}

func (s *Server) removeCheck(c *gin.Context) {
	_, err := s.owns(c)
	if err == nil {
		err = s.checks.codes.remove(c.Param("code"), s.options.Now())
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// reportCheck takes what a browser has found out. The code is all the right that it needs; guesses are bounded as all that
// strangers ask.
func (s *Server) reportCheck(c *gin.Context) {
	from := s.client(c.Request)
	err := s.knock(from)
	var r checkResult
	if err == nil {
		r.checkReport, err = readCheck(c)
	}
	if err == nil {
		r.At, r.Remote, r.Agent = s.options.Now(), from.ip, plain(c.Request.UserAgent())
		err = s.checks.codes.report(c.Param("code"), r)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

func readCheck(c *gin.Context) (r checkReport, err error) {
	if err := wantType(c.Request, typeJSON); err != nil {
		return r, err
	}
	body, err := readBody(c, resultBytes)
	if err != nil {
		return r, err
	}
	return parseCheck([]byte(body))
}

// plain is a text of a stranger's as it is kept: short, of one line, and without what moves a cursor.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > lineChars {
		text = string(runes[:lineChars])
	}
	return strings.TrimSpace(text)
}

// parseCheck reads what a browser says. The error wraps errJSON.
func parseCheck(body []byte) (checkReport, error) {
	var told checkReport
	if err := json.Unmarshal(body, &told); err != nil {
		return checkReport{}, fmt.Errorf("%w: %w", errJSON, err)
	}
	if !checkWord.MatchString(told.Verdict) || len(told.Lines) == 0 || len(told.Lines) > mostLines {
		return checkReport{}, fmt.Errorf(`%w: it has to have a verdict, and 1 to %d lines as {"id":"udp","level":"ok","detail":"12 ms"}`, errJSON, mostLines)
	}
	for i, line := range told.Lines {
		if !checkWord.MatchString(line.ID) || !slices.Contains([]string{"ok", "warn", "fail"}, line.Level) {
			return checkReport{}, fmt.Errorf("%w: line %d has no id, or a level that is not ok, warn or fail", errJSON, i)
		}
		told.Lines[i].Detail = plain(line.Detail)
	}
	return told, nil
}
