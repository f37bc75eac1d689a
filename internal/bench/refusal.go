package bench

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

var (
	// ErrUnreachable is wrapped when the server does not answer at all.
	ErrUnreachable = errors.New("the server cannot be reached")
	// ErrNoMedia is wrapped when the server answers, and no connection for
	// media comes about.
	ErrNoMedia = errors.New("no connection for media")
	// ErrNoCodec is wrapped when an answer does not have the codec that is
	// published.
	ErrNoCodec = errors.New("the answer does not have the codec")
	// ErrNothingCame is wrapped when the viewers got not one packet.
	ErrNothingCame = errors.New("nothing came")
)

// Refusal is an answer that is no session. It says what the server said, and
// what can be done.
type Refusal struct {
	URL    string
	Status int
	// Detail is what the server's answer says in words; may be empty.
	Detail string
}

// Error is one line.
func (r *Refusal) Error() string {
	text := fmt.Sprintf("POST %s: %d %s", r.URL, r.Status, http.StatusText(r.Status))
	if r.Detail != "" {
		text += fmt.Sprintf(" (%s)", r.Detail)
	}
	if advice := advise(r.Status); advice != "" {
		text += ": " + advice
	}
	return text
}

// advise says what to do about a status.
func advise(status int) string {
	switch {
	case status == http.StatusUnauthorized:
		return "a token is needed: --token, and --watch-token if viewers have another"
	case status == http.StatusForbidden:
		return "the token (--token, --watch-token) does not allow this"
	case status == http.StatusNotFound:
		return "no such endpoint, or nobody publishes there: check the path, and give --whip if the bench is to publish"
	case status == http.StatusMethodNotAllowed:
		return "this URL takes no offers: it is not a WHIP or WHEP endpoint"
	case status == http.StatusConflict:
		return "somebody else publishes this stream, or nobody does: choose another name"
	case status == http.StatusUnsupportedMediaType, status == http.StatusNotAcceptable, status == http.StatusBadRequest, status == http.StatusUnprocessableEntity:
		return "the server does not take the offer: try another --codec"
	case status == http.StatusTooManyRequests:
		return "the server limits how many may come from one address: lift its limits for this machine, or join more slowly"
	case status == http.StatusServiceUnavailable:
		return "the server is full, or is ending"
	case status >= 500:
		return "the server has failed: its log may say why"
	}
	return ""
}

// maxDetail is how much of a server's words is repeated.
const maxDetail = 200

// detail takes the words out of an answer: problem details (RFC 9457), what
// other servers say as the error, or the first line of plain text.
func detail(contentType string, body []byte) string {
	var problem struct{ Detail, Title, Error string }
	text := ""
	switch {
	case strings.Contains(contentType, "json"):
		if json.Unmarshal(body, &problem) == nil {
			text = cmp.Or(problem.Detail, problem.Title, problem.Error)
		}
	case strings.HasPrefix(contentType, "text/plain"):
		text, _, _ = strings.Cut(strings.TrimSpace(string(body)), "\n")
	}
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	if len(text) > maxDetail {
		text = strings.ToValidUTF8(text[:maxDetail], "") + "…"
	}
	return text
}
