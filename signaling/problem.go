package signaling

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"lectern/internal/auth"
	"lectern/internal/classroom"
	"lectern/internal/room"
	"lectern/internal/webhook"
	"lectern/sfu"
	"lectern/sfu/peer"
)

// What is wrong with a request, beyond what the packages below say.
var (
	errInternal  = errors.New("an error of the server, which its log describes")
	errMethod    = errors.New("this resource does not have the method; Allow lists those that it has")
	errNoSession = errors.New("there is no such session: it has ended, or never was")
	errNoEvents  = errors.New("there is no such event stream")
	errNoStream  = errors.New("nobody publishes or watches under this name")
	errNoPicture = errors.New("there is no key frame: nobody publishes video under this name, or the next one has not come yet")
	errNotYours  = fmt.Errorf("the session was made with another token: %w", ErrDenied)
	errMediaType = errors.New("the body's Content-Type is not what this resource takes")
	errBody      = errors.New("the body is too large")
	errTruncated = errors.New("the body could not be read to its end")
	errJSON      = errors.New("the body is not the JSON that this resource takes")
	errForm      = errors.New("the form cannot be read")
	errFront     = errors.New("the client may not")
	errApp       = errors.New("the stream is to have another app, which a front cannot give it")
	errNoRTMP    = errors.New("this server takes no RTMP: publish by WHIP, or set rtmp.listen")
	errEvents    = errors.New("no such event")
	errLayer     = errors.New("the layer cannot be sent")
	errNoIfMatch = errors.New("If-Match is missing: send the session's entity tag, or * to restart ICE")
	errIfMatch   = errors.New("If-Match names another ICE session than the present one")
	errNoRoom    = errors.New("the server has no room for more")
	errNotLive   = errors.New("the stream is not live")
	errDraining  = errors.New("the server is shutting down and takes no new sessions")
	errSetups    = errors.New("too many sessions are being set up from here")
	errOvertaken = fmt.Errorf("another ICE restart has followed this one: %w", errIfMatch)
	errFeeds     = errors.New("too many connections to the events from here")

	errFeedsTotal = errors.New("as many follow the events as may")
)

// tooManyError is a token bucket that is empty.
type tooManyError struct {
	what string
	wait time.Duration
}

func tooMany(what string, wait time.Duration) error { return &tooManyError{what, wait} }

func (e *tooManyError) Error() string { return "too many " + e.what }

// problems is the one place where errors become statuses. The first row that
// matches counts; retry is in seconds, and hint tells what to do.
var problems = []struct {
	err    error
	status int
	code   string
	retry  int
	hint   string
}{
	{errFront, 403, "forbidden", 0, ""},
	{errForged, 403, "forbidden", 0, "log in at /admin of this address, or use a key as bearer token"},
	{errBusyDoctor, 503, "busy", 10, "try again"},
	{errNoSpan, 400, "malformed", 0, ""},
	{errNoStreamNamed, 400, "malformed", 0, ""},
	{errTails, 429, "rate_limited", 30, ""},
	{errLevel, 400, "malformed", 0, ""},
	{errApp, 403, "forbidden", 0, ""},
	{ErrNoToken, 401, "unauthorized", 0, "send it as Authorization: Bearer TOKEN"},
	{ErrInvalidToken, 401, "invalid_token", 0, "ask for a new one"},
	{ErrDenied, 403, "forbidden", 0, "ask for a token with this right"},
	{ErrUnavailable, 503, "unavailable", 5, "try again"},
	{webhook.ErrNotFound, 404, "not_found", 0, ""},
	{auth.ErrNoKey, 404, "not_found", 0, ""},
	{auth.ErrUnsound, 400, "malformed", 0, ""},
	{auth.ErrTooManyKeys, 409, "conflict", 0, ""},
	{sfu.ErrName, 400, "malformed", 0, ""},
	{sfu.ErrTaken, 409, "conflict", 0, "wait until it has ended, or choose another name"},
	{peer.ErrMalformed, 400, "malformed", 0, ""},
	{peer.ErrTooLarge, 400, "too_large", 0, ""},
	{peer.ErrNoCommonCodec, 422, "codec_unsupported", 0, ""},
	{peer.ErrUnsupported, 422, "unsupported", 0, ""},
	{peer.ErrBusy, 503, "busy", 5, "try again"},
	{peer.ErrClosed, 503, "draining", 5, "try again"},
	{sfu.ErrClosed, 503, "draining", 5, "try again"},
	{errNoRoom, 503, "busy", 5, "try again"},
	{errDraining, 503, "draining", 5, "try again"},
	{errSetups, 429, "rate_limited", 5, "connect or delete those that are there, and try again"},
	{errFeeds, 429, "rate_limited", 30, ""},
	{errFeedsTotal, 503, "busy", 30, "try again"},
	{errNotLive, 409, "not_live", 2, "try again"},
	{errNoSession, 404, "not_found", 0, "POST a new offer to the endpoint"},
	{errNoEvents, 404, "not_found", 0, ""},
	{errNoStream, 404, "not_found", 0, ""},
	{errNoPicture, 404, "not_found", 0, ""},
	{errNoIfMatch, 428, "precondition_required", 0, ""},
	{errIfMatch, 412, "precondition_failed", 0, ""},
	{errMediaType, 415, "unsupported_media_type", 0, ""},
	{errMethod, 405, "method_not_allowed", 0, ""},
	{errBody, 413, "too_large", 0, ""},
	{errTruncated, 400, "malformed", 0, ""},
	{errJSON, 400, "malformed", 0, ""},
	{errForm, 400, "malformed", 0, ""},
	{errNoRTMP, 404, "not_found", 0, ""},
	{errEvents, 400, "unsupported", 0, ""},
	{errLayer, 422, "unsupported", 0, ""},
	{errOrigin, 403, "forbidden", 0, "a proxy in front has to pass Host on, or X-Forwarded-Host if http.trusted_proxies names it"},
	{errSubprotocol, 400, "unsupported", 0, ""},
	{errEchoSocket, 400, "unsupported", 0, ""},
	{errChecks, 429, "rate_limited", 10, "try again"},
	{errNoCheck, 404, "not_found", 0, "ask for another one"},
	{errNoUpgrade, 426, "upgrade_required", 0, ""},
	{errSockets, 429, "rate_limited", 30, ""},
	{classroom.ErrNotFound, 404, "not_found", 0, ""},
	{classroom.ErrPresent, 409, "conflict", 0, "end the class, or wait until the person has left"},
	{classroom.ErrTaken, 409, "conflict", 0, "choose another id"},
	{classroom.ErrMalformed, 400, "malformed", 0, ""},
	{classroom.ErrTooMany, 503, "busy", 60, ""},
	{classroom.ErrClosed, 503, "draining", 5, "try again"},
}

// problem is the body of an error (RFC 9457). Its type is where people read
// about it, or "about:blank", which leaves the status to say what it is;
// programs go by code.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
}

// maxDetail bounds what an error may quote.
const maxDetail = 500

// fail answers with an error. What is in no table is our own mistake: it is
// logged, and not told.
func (s *Server) fail(c *gin.Context, err error) {
	p, retry := describe(err)
	s.failed(err, p.Code)
	if s.options.Problems != "" {
		p.Type = s.options.Problems + p.Code
	}
	if p.Status == http.StatusInternalServerError && !errors.Is(err, errInternal) {
		s.log.ErrorContext(c.Request.Context(), "request failed", "method", c.Request.Method, "route", c.FullPath(), "error", err)
	}
	if retry > 0 {
		c.Header("Retry-After", strconv.Itoa(retry))
	}
	challenge(c, err)
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Type", typeProblem)
	body, _ := json.Marshal(p) // strings and a number cannot fail
	c.Status(p.Status)
	_, _ = c.Writer.Write(body) // the client has gone
	c.Abort()
}

// codeOf is the code of an error, as the answer has it.
func codeOf(err error) string {
	p, _ := describe(err)
	return p.Code
}

func describe(err error) (p problem, retry int) {
	var many *tooManyError
	if errors.As(err, &many) {
		seconds := int(math.Ceil(many.wait.Seconds()))
		return newProblem(http.StatusTooManyRequests, "rate_limited", err.Error(), "Retry-After says when the next one is taken"), max(seconds, 1)
	}
	if refused, ok := errors.AsType[*room.Error](err); ok { // a setting of a room that it does not take
		return newProblem(http.StatusBadRequest, "malformed", refused.Field+": "+refused.Message, ""), 0
	}
	for _, row := range problems {
		if errors.Is(err, row.err) {
			return newProblem(row.status, row.code, err.Error(), row.hint), row.retry
		}
	}
	return newProblem(http.StatusInternalServerError, "internal", errInternal.Error(), ""), 0
}

func newProblem(status int, code, detail, hint string) problem {
	if len(detail) > maxDetail {
		detail = detail[:maxDetail] + "…"
	}
	if hint != "" {
		detail += "; " + hint
	}
	return problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Code: code}
}

// challenge is WWW-Authenticate (RFC 6750 §3).
func challenge(c *gin.Context, err error) {
	switch {
	case errors.Is(err, ErrInvalidToken):
		c.Header("WWW-Authenticate", `Bearer realm="lectern", error="invalid_token"`)
	case errors.Is(err, ErrDenied):
		c.Header("WWW-Authenticate", `Bearer realm="lectern", error="insufficient_scope"`)
	case errors.Is(err, ErrNoToken):
		c.Header("WWW-Authenticate", `Bearer realm="lectern"`)
	}
}
