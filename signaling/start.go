package signaling

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"lectern/sfu"
)

// start answers a form with the field key, which is a stream's name, with
// the address that an encoder pushes it to, as plain text. A token that is
// given, in the form or the key's query, is checked and put into the address.
func (s *Server) start(c *gin.Context) {
	address, err := s.startAddress(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.String(http.StatusOK, "%s\n", address)
}

func (s *Server) startAddress(c *gin.Context) (string, error) {
	from := s.client(c.Request)
	if err := s.knock(from); err != nil {
		return "", err
	}
	form, err := readForm(c)
	if err != nil {
		return "", err
	}
	stream, query, err := parseKey(form.Get("key"))
	if err != nil {
		return "", err
	}
	for _, name := range tokenNames {
		if token := form.Get(name); token != "" && !query.Has(name) {
			query.Set(name, token)
		}
	}
	a := s.access(c.Request, from, Publish, stream)
	for _, name := range tokenNames {
		if query.Has(name) {
			a.Token = query.Get(name)
			break
		}
	}
	if a.Token != "" {
		if _, err := s.ask(c.Request.Context(), from, a); err != nil {
			return "", err
		}
	}
	push := s.push(c.Request, stream, query)
	if push == nil {
		return "", errNoRTMP
	}
	return push.URL, nil
}

// parseKey is a stream key as encoders have it: a name, and what else is to
// be told behind a question mark.
func parseKey(key string) (stream string, query url.Values, err error) {
	name, rest, _ := strings.Cut(key, "?")
	if name == "" {
		return "", nil, fmt.Errorf("%w: key, the stream's name, is missing", errForm)
	}
	if stream, err = sfu.ParseName(name); err != nil {
		return "", nil, err
	}
	if query, err = url.ParseQuery(rest); err != nil {
		return "", nil, fmt.Errorf("%w: key: %w", errForm, err)
	}
	return stream, query, nil
}

// streamAddresses is the answer to POST /api/v1/streams.
type streamAddresses struct {
	Name    string           `json:"name"` // app/name
	Publish publishAddresses `json:"publish"`
	Watch   watchAddresses   `json:"watch"`
}

type publishAddresses struct {
	Page string       `json:"page"`
	WHIP string       `json:"whip"`
	RTMP *pushAddress `json:"rtmp,omitempty"`
}

type watchAddresses struct {
	Page string `json:"page"`
	WHEP string `json:"whep"`
	RTMP string `json:"rtmp,omitempty"`
}

// addressStream answers with every address of a stream, which need not be
// there yet: a stream is made by who publishes it.
func (s *Server) addressStream(c *gin.Context) {
	stream, err := s.readStream(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	base := s.origin(c.Request) + strings.TrimSuffix(c.Request.URL.Path, "/api/v1/streams")
	name := short(stream)
	addresses := streamAddresses{
		Name:    stream,
		Publish: publishAddresses{Page: base + "/publish/" + name, WHIP: base + "/whip/" + name},
		Watch:   watchAddresses{Page: base + "/watch/" + name, WHEP: base + "/whep/" + name},
	}
	if push := s.push(c.Request, stream, nil); push != nil {
		addresses.Publish.RTMP, addresses.Watch.RTMP = push, push.URL
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, addresses)
}

// streamWanted is the body that asks for a stream's addresses.
type streamWanted struct {
	Name string `json:"name"`
}

func (s *Server) readStream(c *gin.Context) (string, error) {
	if err := s.knock(s.client(c.Request)); err != nil {
		return "", err
	}
	if err := wantType(c.Request, typeJSON); err != nil {
		return "", err
	}
	body, err := readBody(c, s.options.Limits.JSONBytes)
	if err != nil {
		return "", err
	}
	var wanted streamWanted
	if err := json.Unmarshal([]byte(body), &wanted); err != nil || wanted.Name == "" {
		return "", fmt.Errorf(`%w: it has to be an object with the stream's name, as {"name":"cam1"}`, errJSON)
	}
	return sfu.ParseName(wanted.Name)
}

// short is a canonical name as addresses of HTTP have it: an app of the usual
// name goes without saying.
func short(stream string) string {
	if name, ok := strings.CutPrefix(stream, sfu.DefaultApp+"/"); ok && !strings.Contains(name, "/") {
		return name
	}
	return stream
}
