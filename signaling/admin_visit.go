package signaling

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A visit is the owner's time at the page /admin. The browser has a secret, in a
// cookie that its scripts cannot read; here is a digest of it, and the key that
// was typed in, encrypted by what only the secret gives. So the key is asked
// about anew with each request, and is in nobody's memory between them.

const (
	// visitCookie is the cookie's name. With HTTPS hostCookie is, which browsers
	// take from this host alone and only by HTTPS (RFC 6265bis §4.1.3.2): no
	// subdomain, and no other program of this host by HTTP, sets one that
	// comes in its place.
	visitCookie = "lectern_admin"
	hostCookie  = "__Host-" + visitCookie
	// csrfHeader carries what only a page of ours can know, for changes. In
	// other requests it says that a person is there.
	csrfHeader = "Lectern-CSRF"
	// visitLasts is how long a visit lasts, and visitIdle without a person.
	visitLasts = 12 * time.Hour
	visitIdle  = 2 * time.Hour
	// maxVisits bounds how many there are; the one that began first goes.
	maxVisits = 64
)

var (
	errNoVisit = errors.New("nobody is logged in here")
	errForged  = fmt.Errorf("the request does not come from this server's page: it lacks %s, or has another Origin", csrfHeader)
)

// visits are those that there are. The zero value is ready.
type visits struct {
	mu       sync.Mutex
	byDigest map[string]*ownerVisit
}

type ownerVisit struct {
	sealed      []byte // the key
	authority   string // by which the page was opened: names may be made to lead elsewhere
	began, seen time.Time
}

func (v *ownerVisit) over(now time.Time) bool {
	return now.Sub(v.began) >= visitLasts || now.Sub(v.seen) >= visitIdle
}

// begin returns the secret of a new visit.
func (l *visits) begin(key, authority string, now time.Time) (secret string) {
	random := make([]byte, 32)
	rand.Read(random) // never fails
	secret = base64.RawURLEncoding.EncodeToString(random)
	v := &ownerVisit{sealed: sealer(secret).Seal(nil, nil, []byte(key), nil), authority: authority, began: now, seen: now}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byDigest == nil {
		l.byDigest = map[string]*ownerVisit{}
	}
	oldest := ""
	for d, other := range l.byDigest {
		switch {
		case other.over(now):
			delete(l.byDigest, d)
		case oldest == "" || other.began.Before(l.byDigest[oldest].began):
			oldest = d
		}
	}
	if len(l.byDigest) >= maxVisits {
		delete(l.byDigest, oldest)
	}
	l.byDigest[digest(secret)] = v
	return secret
}

// open returns a visit's key and how it is. Somebody is there if present.
func (l *visits) open(secret, authority string, now time.Time, present bool) (key string, v ownerVisit, ok bool) {
	d := digest(secret)
	l.mu.Lock()
	known := l.byDigest[d]
	if known == nil || known.authority != authority {
		l.mu.Unlock()
		return "", ownerVisit{}, false
	}
	if known.over(now) {
		delete(l.byDigest, d)
		l.mu.Unlock()
		return "", ownerVisit{}, false
	}
	if present {
		known.seen = now
	}
	v = *known
	l.mu.Unlock()
	text, err := sealer(secret).Open(nil, nil, v.sealed, nil)
	return string(text), v, err == nil
}

// known says whether a secret is one of a visit by that authority, over or not.
func (l *visits) known(secret, authority string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.byDigest[digest(secret)]
	return v != nil && v.authority == authority
}

// end forgets a visit, and says whether there was one.
func (l *visits) end(secret string) bool {
	d := digest(secret)
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.byDigest[d]
	delete(l.byDigest, d)
	return ok
}

// sealer encrypts by a secret, which must have 256 bits.
func sealer(secret string) cipher.AEAD {
	block, err := aes.NewCipher(derive(secret, "seal"))
	if err == nil {
		if aead, err := cipher.NewGCMWithRandomNonce(block); err == nil {
			return aead
		}
	}
	panic("signaling: AES-256-GCM takes 32 bytes")
}

// derive makes 32 bytes of a secret, for one purpose.
func derive(secret, purpose string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("lectern admin " + purpose))
	return mac.Sum(nil)
}

// csrf is what the page sends along with changes.
func csrf(secret string) string {
	return base64.RawURLEncoding.EncodeToString(derive(secret, "csrf"))
}

// visitName is what the cookie is called for a request.
func (s *Server) visitName(r *http.Request) string {
	if s.secure(r) {
		return hostCookie
	}
	return visitCookie
}

// visitSecret is what the request's cookie has; "" is none. A client that says
// who it is by other means is not asked for its cookie. Of several with the
// name, which programs at other ports and paths of this host can set, it is the
// one of a visit (RFC 6265 §8.6).
func (s *Server) visitSecret(r *http.Request) string {
	if s.options.Owner == nil || r.Header.Get("Authorization") != "" {
		return ""
	}
	cookies := r.CookiesNamed(s.visitName(r))
	for _, c := range cookies {
		if s.options.Owner.visits.known(c.Value, s.authority(r)) {
			return c.Value
		}
	}
	if len(cookies) == 0 {
		return ""
	}
	return cookies[0].Value
}

// visitor returns the key of who is logged in and makes this request from a page
// of ours. The error is errNoVisit, or errForged for a request that a page of
// somebody else may have made in the owner's browser.
func (s *Server) visitor(r *http.Request) (key string, v ownerVisit, err error) {
	secret := s.visitSecret(r)
	if secret == "" {
		return "", ownerVisit{}, errNoVisit
	}
	sent := r.Header.Get(csrfHeader)
	genuine := equal(sent, csrf(secret))
	forged := sent != "" && !genuine || !s.ours(r)
	if !safe(r.Method) {
		forged = forged || !genuine || r.Header.Get("Origin") == ""
	}
	key, v, ok := s.options.Owner.visits.open(secret, s.authority(r), s.options.Now(), genuine && !forged)
	switch {
	case !ok:
		return "", ownerVisit{}, errNoVisit
	case forged:
		return "", ownerVisit{}, errForged
	}
	return key, v, nil
}

// ours says that no page of somebody else has made this request. Browsers send
// Origin with every change (Fetch §3.1), and Sec-Fetch-Site (Fetch Metadata) to
// places that they trust: HTTPS and localhost.
func (s *Server) ours(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return false
	}
	origins := r.Header.Values("Origin")
	return len(origins) == 0 || len(origins) == 1 && s.ownOrigin(r, origins[0])
}

// safe methods change nothing (RFC 9110 §9.2.1).
func safe(method string) bool {
	return slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions}, method)
}
