package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lectern/internal/auth"
	"lectern/sfu"
)

// Validate reports everything that cannot work, as *Error values joined.
func (c Config) Validate() error {
	var errs []error
	for _, e := range c.problems() {
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}

// problems checks each setting by its tags, then what settings mean together.
func (c Config) problems() []*Error {
	var found []*Error
	report := func(key, format string, args ...any) {
		found = append(found, &Error{Key: key, Reason: fmt.Sprintf(format, args...)})
	}
	for _, s := range all {
		if err := s.inspect(s.value(reflect.ValueOf(c))); err != nil {
			report(s.Key, "%v", err)
		}
	}
	c.together(report)
	for i, server := range c.RTC.ICEServers {
		server.inspect(fmt.Sprintf("rtc.ice_servers[%d]", i), report)
	}
	for i, k := range c.Auth.Keys {
		k.inspect(fmt.Sprintf("auth.keys[%d]", i), report)
		if slices.ContainsFunc(c.Auth.Keys[:i], func(o Key) bool { return o.Key == k.Key && k.Key != "" }) {
			report(fmt.Sprintf("auth.keys[%d].key", i), "the same key is there twice")
		}
	}
	for i, j := range c.Auth.JWT {
		j.inspect(fmt.Sprintf("auth.jwt[%d]", i), report)
	}
	for i, w := range c.Webhooks {
		w.inspect(fmt.Sprintf("webhooks[%d]", i), report)
	}
	c.Kafka.inspect("kafka", report)
	return found
}

// inspect checks one value by what the setting's tags allow.
func (s Setting) inspect(v reflect.Value) error {
	if len(s.Allowed) > 0 && !slices.Contains(s.Allowed, v.String()) {
		return fmt.Errorf("%.80q: want %s", v.String(), strings.Join(s.Allowed, " or "))
	}
	if s.min != "" && v.Int() < s.bound(s.min) || s.max != "" && v.Int() > s.bound(s.max) {
		return fmt.Errorf("%v: want %s to %s", v.Interface(), s.min, s.max)
	}
	if r, ok := v.Interface().(interface{ sound() bool }); ok && !r.sound() {
		return fmt.Errorf("%v: out of range", v.Interface())
	}
	items := []reflect.Value{v}
	if v.Kind() == reflect.Slice {
		items = items[:0]
		for i := range v.Len() {
			items = append(items, v.Index(i))
		}
	}
	for _, name := range strings.Fields(s.check) {
		for _, item := range items {
			text := fmt.Sprint(item.Interface())
			if err := checks[name](text); err != nil {
				return fmt.Errorf("%.80q: %w", hidden(text), err)
			}
		}
	}
	return nil
}

// bound reads min or max in the form of the setting itself.
func (s Setting) bound(text string) int64 {
	v := reflect.New(s.typ).Elem()
	if err := parse(v, text); err != nil {
		panic("config: the range of " + s.Key + " cannot be read: " + err.Error())
	}
	return v.Int()
}

// checks are the rules that a check tag may name.
var checks = map[string]func(string) error{
	"required": func(s string) error { return mustMatch(s, requiredForm, "want a value") },
	"address":  checkAddress,
	"unicast":  checkUnicast,
	"word":     func(s string) error { return mustMatch(s, wordForm, "want a name without spaces") },
	"stream":   checkStream,
	"opus":     checkOpus,
	"body":     checkBody,
	"message":  checkMessage,
	"hook":     checkHook,
	"topic": func(s string) error {
		return mustMatch(s, topicForm, "want a topic's name, of letters, digits, dots, _ and -")
	},
	"origin": func(s string) error {
		return mustMatch(s, originForm, "want * or an origin in lower case, without a path, such as https://example.org")
	},
	"ancestor": func(s string) error {
		return mustMatch(s, ancestorForm, "want 'self', * or an origin such as https://example.org or https://*.example.org")
	},
}

var (
	requiredForm = regexp.MustCompile(`\S`)
	wordForm     = regexp.MustCompile(`^[^\s/]+$`)
	topicForm    = regexp.MustCompile(`^[A-Za-z0-9._-]{1,249}$`)
	hostForm     = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)
	originForm   = regexp.MustCompile(`^(\*|https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?)$`)
	// ancestorForm is narrow because the value becomes part of a header.
	ancestorForm = regexp.MustCompile(`^(\*|'self'|https?://(\*\.)?[a-z0-9.-]+(:([0-9]{1,5}|\*))?)$`)
	// iceForm is RFC 7064 §3.1 and RFC 7065 §3.1.
	iceForm = regexp.MustCompile(`^(stuns?|turns?):([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(\?transport=(udp|tcp))?$`)
	// redisForm has what stands before the address; the rest is the client's to judge.
	redisForm = regexp.MustCompile(`^(rediss?|unix)://\S+$`)
	// tokenForm is what can stand in an Authorization header.
	tokenForm = regexp.MustCompile(`^[!-~]+$`)
)

func mustMatch(s string, form *regexp.Regexp, want string) error {
	if !form.MatchString(s) {
		return errors.New(want)
	}
	return nil
}

// checkAddress takes HOST:PORT and :PORT; "" is the business of "required".
func checkAddress(s string) error {
	if s == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return errors.New("want HOST:PORT or :PORT, such as :8080 or 127.0.0.1:8080")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return errors.New("want a port from 0 to 65535 after the last colon")
	}
	if _, err := netip.ParseAddr(host); host != "" && err != nil && !hostForm.MatchString(host) {
		return errors.New("want an IP address or a host's name before the port")
	}
	return nil
}

// checkStream takes the name of a stream, or "".
func checkStream(s string) error {
	if _, err := sfu.ParseName(s); s != "" && err != nil {
		return errors.New("want a stream's name such as demo or live/demo, of letters, digits, _ and -")
	}
	return nil
}

// checkOpus takes what RFC 6716 §2.1.1 has, for sound that is worth hearing.
func checkOpus(s string) error {
	var b Bitrate
	if err := b.UnmarshalText([]byte(s)); err != nil || b < 16_000 || b > 510_000 {
		return errors.New("want 16kbit/s to 510kbit/s")
	}
	return nil
}

// checkBody and checkMessage keep sizes where the smallest real message fits and
// memory lasts.
func checkBody(s string) error    { return between(s, 4<<10, 16<<20) }
func checkMessage(s string) error { return between(s, 64<<10, 64<<20) }

func between(s string, least, most Size) error {
	var size Size
	if err := size.UnmarshalText([]byte(s)); err != nil || size < least || size > most {
		return fmt.Errorf("want %s to %s", least, most)
	}
	return nil
}

// checkHook takes the address of a program of the user's, or "".
func checkHook(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return errors.New("want an address such as http://127.0.0.1:9000/publish, without a user's name in it")
	}
	return nil
}

func checkUnicast(s string) error {
	a, err := netip.ParseAddr(s)
	if err != nil || a.IsUnspecified() || a.IsMulticast() || a.Zone() != "" {
		return errors.New("want the IP address of one machine")
	}
	return nil
}

// together checks what settings mean side by side.
func (c Config) together(report func(key, format string, args ...any)) {
	if s := string(c.Auth.Tokens); s != "" && !redisForm.MatchString(s) {
		report("auth.tokens", "want redis://:PASSWORD@HOST:PORT/0, rediss:// with TLS, or unix://PATH") // it has a password in it
	}
	if _, err := c.Trace.Header(); err != nil {
		report("trace.headers", "%v", err)
	}
	if c.HTTP.TLSCert != "" && c.HTTP.TLSKey == "" {
		report("http.tls_key", "needed, because http.tls_cert is set")
	}
	if c.HTTP.TLSKey != "" && c.HTTP.TLSCert == "" {
		report("http.tls_cert", "needed, because http.tls_key is set")
	}
	if len(c.HTTP.CORSOrigins) > 1 && slices.Contains(c.HTTP.CORSOrigins, "*") {
		report("http.cors_origins", "* is every origin: name no other beside it")
	}
	if c.RTMP.Listen != "" && c.RTMP.Listen == c.HTTP.Listen && !strings.HasSuffix(c.RTMP.Listen, ":0") {
		report("rtmp.listen", "%q is http.listen too, which takes RTMP anyhow: use another port, or \"\"", c.RTMP.Listen)
	}
	if c.Admin.Listen != "" && c.Admin.Listen == c.HTTP.Listen && !strings.HasSuffix(c.Admin.Listen, ":0") {
		report("admin.listen", "%q is http.listen too: use another port", c.Admin.Listen)
	}
}

func (s ICEServer) inspect(key string, report func(key, format string, args ...any)) {
	if !iceForm.MatchString(s.URL) {
		report(key+".url", "%.80q: want stun:HOST:PORT, turn:HOST:PORT?transport=udp or turns:HOST:PORT", hidden(s.URL))
		return
	}
	if strings.HasPrefix(s.URL, "turn") && (s.Username == "" || s.Credential == "") {
		report(key, "a TURN server needs username and credential")
	}
}

func (k Key) inspect(key string, report func(key, format string, args ...any)) {
	if len(k.Key) > auth.MaxToken || !tokenForm.MatchString(string(k.Key)) {
		report(key+".key", "want 1 to %d visible ASCII characters without spaces", auth.MaxToken)
	}
	if len(k.Stream) == 0 {
		report(key+".stream", "needed: the streams that the key is for, such as live/cam1, live/* or *")
	}
	for i, p := range k.Stream {
		if err := auth.CheckPattern(p); err != nil {
			report(fmt.Sprintf("%s.stream[%d]", key, i), "%v", err)
		}
	}
	if len(k.Can) == 0 {
		report(key+".can", "needed: what the key is for, publish, watch or both")
	}
	for i, can := range k.Can {
		if a := auth.Action(can); a != auth.Publish && a != auth.Watch {
			report(fmt.Sprintf("%s.can[%d]", key, i), "%.80q: want publish or watch", can)
		}
	}
}

func (j JWT) inspect(key string, report func(key, format string, args ...any)) {
	algorithms := auth.Algorithms
	if j.JWKS != "" {
		algorithms = auth.SetAlgorithms
	}
	if !slices.Contains(algorithms, j.Alg) {
		report(key+".alg", "%.80q: want %s", j.Alg, strings.Join(algorithms, " or "))
	}
	switch {
	case j.JWKS != "" && (j.Key != "" || j.KeyFile != ""):
		report(key+".jwks", "set together with key or key_file: use one of them")
	case j.JWKS != "":
		if err := checkHook(j.JWKS); err != nil {
			report(key+".jwks", "%.80q: want an address such as https://school.example/jwks.json, without a user's name in it", hidden(j.JWKS))
		}
	case j.Key == "" && j.KeyFile == "":
		report(key+".key", "needed, or key_file")
	case j.Key != "" && j.KeyFile != "":
		report(key+".key", "set together with key_file: use one of them")
	}
}
