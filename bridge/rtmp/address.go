package rtmp

import (
	"fmt"
	"net/url"
	"strings"

	"lectern/sfu"
)

// address is what a client asks for: the stream, by its canonical name, and
// what was in the queries beside it.
type address struct {
	stream string
	token  string
	args   url.Values // without the token
}

// parseAddress joins what people type into two fields, or one: an app, the URL
// that it came from, and a stream key. A URL without a key names the stream by
// itself. Each of them may have a query, of which those of the key count
// first. The error wraps sfu.ErrName and is a sentence.
func parseAddress(app, tcURL, key string) (address, error) {
	app, appQuery, _ := strings.Cut(app, "?")
	key, keyQuery, _ := strings.Cut(key, "?")
	_, urlQuery, _ := strings.Cut(tcURL, "?")
	a := address{args: url.Values{}}
	for _, query := range []string{keyQuery, appQuery, urlQuery} {
		a.add(query)
	}
	a.token = a.takeToken()

	app, key = strings.Trim(app, "/"), strings.Trim(key, "/")
	if key == "" && (app == "" || app == sfu.DefaultApp) {
		return a, fmt.Errorf("%w: the stream key is empty; it names the stream, as cam1 does", sfu.ErrName)
	}
	var err error
	a.stream, err = sfu.ParseName(strings.Trim(app+"/"+key, "/"))
	return a, err
}

// add takes from a query what is not known yet. What is malformed in it is
// left out.
func (a address) add(query string) {
	values, _ := url.ParseQuery(query)
	for name, list := range values {
		if !a.args.Has(name) {
			a.args[name] = list
		}
	}
}

func (a address) takeToken() string {
	token := a.args.Get("token")
	if token == "" {
		token = a.args.Get("k")
	}
	a.args.Del("token")
	a.args.Del("k")
	return token
}

// withoutQuery is a URL that may be shown.
func withoutQuery(s string) string {
	s, _, _ = strings.Cut(s, "?")
	return printable(s)
}
