package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"
)

// signers are one signer of each algorithm, with the PEM of their public halves.
type signers struct {
	hs, ed, es       JWT
	edPublic, public []byte
	rsa              *rsa.PrivateKey
	rsaPublic        []byte
}

func newSigners(t testing.TB) signers {
	t.Helper()
	encode := func(kind string, der []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	private := func(key any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		return encode("PRIVATE KEY", der, err)
	}
	public := func(key any) []byte {
		der, err := x509.MarshalPKIXPublicKey(key)
		return encode("PUBLIC KEY", der, err)
	}
	edPublic, edPrivate, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	es, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return signers{
		hs:       JWT{Alg: "HS256", Key: []byte(strings.Repeat("k", 32)), Issuer: "school", Audience: "lectern"},
		ed:       JWT{Alg: "EdDSA", Key: private(edPrivate)},
		es:       JWT{Alg: "ES256", Key: private(es)},
		edPublic: public(edPublic), public: public(&es.PublicKey),
		rsa: rs, rsaPublic: public(&rs.PublicKey),
	}
}

var camera = Grant{Sub: "alice", Stream: []string{"live/cam*"}, Can: []Action{Publish}, Room: "math-7b", Role: "teacher"}

func TestSignedTokensAreAccepted(t *testing.T) {
	s := newSigners(t)
	for _, c := range []struct {
		name         string
		sign, verify JWT
	}{
		{"HS256", s.hs, s.hs},
		{"EdDSA, private key on both sides", s.ed, s.ed},
		{"EdDSA, public key here", s.ed, JWT{Alg: "EdDSA", Key: s.edPublic}},
		{"ES256, private key on both sides", s.es, s.es},
		{"ES256, public key here", s.es, JWT{Alg: "ES256", Key: s.public}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := camera
			g.Expires = noon.Add(2 * time.Hour)
			token, err := Sign(c.sign, g, noon)
			if err != nil {
				t.Fatal(err)
			}
			// A second signer is in the way, and must not be.
			k := keyring(t, Options{JWT: []JWT{{Alg: "HS256", Key: []byte(strings.Repeat("o", 32))}, c.verify}})
			got, err := k.Decide(context.Background(), Request{Action: Publish, Stream: "live/cam1", Token: token})
			if err != nil {
				t.Fatal(err)
			}
			if got.Identity != "sub:alice" || got.Sub != "alice" || got.Room != "math-7b" || got.Role != "teacher" || !got.Expires.Equal(g.Expires) {
				t.Errorf("grant = %+v", got)
			}
		})
	}
}

// part is one segment of a token.
func part(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// forge makes a token with any header and claims, signed as sign does it.
func forge(header, claims map[string]any, sign func(text string) []byte) string {
	text := part(header) + "." + part(claims)
	return text + "." + base64.RawURLEncoding.EncodeToString(sign(text))
}

func hmacWith(key []byte) func(string) []byte {
	return func(text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
}

type object = map[string]any

// attacks are tokens that must not get in, with the refusal that each deserves.
func attacks(s signers) []attack {
	good := func() object {
		return object{"iss": "school", "aud": "lectern", "sub": "alice", "exp": noon.Add(time.Hour).Unix(),
			"stream": []string{"live/cam*"}, "can": []string{"publish"}}
	}
	with := func(key string, value any) object {
		c := good()
		if c[key] = value; value == nil {
			delete(c, key)
		}
		return c
	}
	hs := func(claims object) string {
		return forge(object{"alg": "HS256", "typ": "JWT"}, claims, hmacWith(s.hs.Key))
	}
	header := func(h object) string { return forge(h, good(), hmacWith(s.hs.Key)) }
	unsigned := func(string) []byte { return nil }
	rs := func(text string) []byte {
		sum := sha256.Sum256([]byte(text))
		signature, err := rsa.SignPKCS1v15(rand.Reader, s.rsa, crypto.SHA256, sum[:])
		if err != nil {
			panic(err)
		}
		return signature
	}
	valid := hs(good())
	flip := func(i int) string {
		b := []byte(valid)
		b[i] ^= 1
		return string(b)
	}
	return []attack{
		{"good", valid, nil},
		{"alg none", forge(object{"alg": "none"}, good(), unsigned), ErrInvalidToken},
		{"alg None", forge(object{"alg": "None"}, good(), unsigned), ErrInvalidToken},
		{"alg none with a signature", forge(object{"alg": "none"}, good(), hmacWith(s.hs.Key)), ErrInvalidToken},
		{"no alg", header(object{"typ": "JWT"}), ErrInvalidToken},
		{"alg a number", header(object{"alg": 256}), ErrInvalidToken},
		{"alg unknown", header(object{"alg": "HS257"}), ErrInvalidToken},
		{"RS256, not configured", forge(object{"alg": "RS256"}, good(), rs), ErrInvalidToken},
		{"HS256 with the Ed25519 public key as secret", forge(object{"alg": "HS256"}, good(), hmacWith(s.edPublic)), ErrInvalidToken},
		{"HS256 with the P-256 public key as secret", forge(object{"alg": "HS256"}, good(), hmacWith(s.public)), ErrInvalidToken},
		{"HS256 with an RSA public key as secret", forge(object{"alg": "HS256"}, good(), hmacWith(s.rsaPublic)), ErrInvalidToken},
		{"HS256 with an empty secret", forge(object{"alg": "HS256"}, good(), hmacWith(nil)), ErrInvalidToken},
		{"HS384 with the right secret", header(object{"alg": "HS384"}), ErrInvalidToken},
		{"EdDSA named, HS256 made", header(object{"alg": "EdDSA"}), ErrInvalidToken},
		{"kid with a path", forge(object{"alg": "HS256", "kid": "../../../dev/null"}, good(), hmacWith(nil)), ErrInvalidToken},
		{"kid with SQL", forge(object{"alg": "HS256", "kid": "x' UNION SELECT 'k"}, good(), hmacWith([]byte("k"))), ErrInvalidToken},
		{"key in the header", forge(object{"alg": "HS256", "jwk": object{"kty": "oct", "k": "AAAA"}}, good(), hmacWith([]byte{0, 0, 0})), ErrInvalidToken},
		{"a kid does no harm to a good token", header(object{"alg": "HS256", "kid": "whatever"}), nil},
		{"critical extension", header(object{"alg": "HS256", "crit": []string{"b64"}, "b64": true}), ErrInvalidToken},
		{"10 000 dots", strings.Repeat(".", 10_000), ErrInvalidToken},
		{"8 000 dots", strings.Repeat(".", 8_000), ErrInvalidToken},
		{"a good token and a dot", valid + ".", ErrInvalidToken},
		{"two dots", "..", ErrInvalidToken},
		{"too long", hs(with("sub", strings.Repeat("a", 8<<10))), ErrInvalidToken},
		{"padding", valid + "==", ErrInvalidToken},
		{"white space", " " + valid, ErrInvalidToken},
		{"header changed", flip(2), ErrInvalidToken},
		{"claims changed", flip(strings.Index(valid, ".") + 9), ErrInvalidToken},
		{"signature changed", flip(len(valid) - 3), ErrInvalidToken},
		{"signature cut", valid[:len(valid)-4], ErrInvalidToken},
		{"no signature", valid[:strings.LastIndex(valid, ".")+1], ErrInvalidToken},
		{"claims are a list", forge(object{"alg": "HS256"}, nil, hmacWith(s.hs.Key)), ErrInvalidToken},
		{"deep claims", hs(with("x", json.RawMessage(strings.Repeat("[", 2000)+strings.Repeat("]", 2000)))), nil},
		{"no exp", hs(with("exp", nil)), ErrInvalidToken},
		{"exp zero", hs(with("exp", 0)), ErrInvalidToken},
		{"exp a string", hs(with("exp", "tomorrow")), ErrInvalidToken},
		{"exp below the smallest time", hs(with("exp", -1e300)), ErrInvalidToken},
		{"expired a second ago, within the leeway", hs(with("exp", noon.Add(-time.Second).Unix())), nil},
		{"expired six seconds ago", hs(with("exp", noon.Add(-6*time.Second).Unix())), ErrInvalidToken},
		{"not before, in a minute", hs(with("nbf", noon.Add(time.Minute).Unix())), ErrInvalidToken},
		{"wrong issuer", hs(with("iss", "another")), ErrInvalidToken},
		{"no issuer", hs(with("iss", nil)), ErrInvalidToken},
		{"wrong audience", hs(with("aud", "another")), ErrInvalidToken},
		{"no audience", hs(with("aud", nil)), ErrInvalidToken},
		{"one of several audiences", hs(with("aud", []string{"another", "lectern"})), nil},
		{"another stream", hs(with("stream", []string{"live/door"})), ErrDenied},
		{"a bare name", hs(with("stream", []string{"cam1"})), ErrDenied},
		{"a pattern with dots", hs(with("stream", []string{"live/../live/cam1", ".*", "**"})), ErrDenied},
		{"no stream", hs(with("stream", nil)), ErrDenied},
		{"stream a string", hs(with("stream", "live/cam1")), ErrInvalidToken},
		{"no right", hs(with("can", nil)), ErrDenied},
		{"another right", hs(with("can", []string{"watch", "PUBLISH", "publish "})), ErrDenied},
		{"rights as an object", hs(with("can", object{"publish": true})), ErrInvalidToken},
	}
}

type attack struct {
	name, token string
	err         error
}

func TestTokenAttacks(t *testing.T) {
	s := newSigners(t)
	k := keyring(t, Options{JWT: []JWT{s.hs, {Alg: "EdDSA", Key: s.edPublic}, {Alg: "ES256", Key: s.public}}})
	for _, a := range attacks(s) {
		t.Run(a.name, func(t *testing.T) {
			g, err := k.Decide(context.Background(), Request{Action: Publish, Stream: "live/cam1", Token: a.token, Loopback: true})
			if !errors.Is(err, a.err) {
				t.Fatalf("error = %v, want %v", err, a.err)
			}
			if err == nil {
				return
			}
			if g.Identity != "" || g.Can != nil {
				t.Errorf("refused, but with grant %+v", g)
			}
			for piece := range strings.SplitSeq(a.token, ".") {
				if len(piece) > 8 && strings.Contains(err.Error(), piece) {
					t.Errorf("error %q quotes the token", err)
				}
			}
		})
	}
}

func TestRefusalsSayWhy(t *testing.T) {
	s := newSigners(t)
	k := keyring(t, Options{JWT: []JWT{{Alg: "HS256", Key: []byte(strings.Repeat("o", 32))}, s.hs, s.ed}})
	want := map[string]string{
		"expired six seconds ago": "expired",
		"wrong audience":          "wrong audience",
		"wrong issuer":            "wrong issuer",
		"no exp":                  "a required claim is missing",
		"not before, in a minute": "not valid yet",
		"signature changed":       "not signed by a configured key",
		"alg unknown":             "unknown algorithm",
		"8 000 dots":              "unknown key",
		"10 000 dots":             "longer than 8192 bytes",
		"claims are a list":       "a required claim is missing",
		"critical extension":      "has a critical header",
		"two dots":                "malformed",
		"no signature":            "not signed by a configured key",
	}
	for _, a := range attacks(s) {
		if want[a.name] == "" {
			continue
		}
		_, err := k.Decide(context.Background(), Request{Action: Publish, Stream: "live/cam1", Token: a.token})
		if err == nil || !strings.HasSuffix(err.Error(), want[a.name]) {
			t.Errorf("%s: error = %v, want %q", a.name, err, want[a.name])
		}
	}
}

func TestSignRefusesWhatWouldNotWork(t *testing.T) {
	s := newSigners(t)
	later := noon.Add(time.Hour)
	for _, c := range []struct {
		name string
		j    JWT
		g    Grant
		want string
	}{
		{"public Ed25519 key", JWT{Alg: "EdDSA", Key: s.edPublic}, Grant{Expires: later}, "cannot sign"},
		{"public P-256 key", JWT{Alg: "ES256", Key: s.public}, Grant{Expires: later}, "cannot sign"},
		{"Ed25519 key for ES256", JWT{Alg: "ES256", Key: s.ed.Key}, Grant{Expires: later}, "not a P-256 key"},
		{"P-256 key for EdDSA", JWT{Alg: "EdDSA", Key: s.es.Key}, Grant{Expires: later}, "not an Ed25519 key"},
		{"RSA key", JWT{Alg: "ES256", Key: s.rsaPublic}, Grant{Expires: later}, "not a P-256 key"},
		{"PEM as HS256 secret", JWT{Alg: "HS256", Key: s.edPublic}, Grant{Expires: later}, "use it with EdDSA"},
		{"no key", JWT{Alg: "EdDSA"}, Grant{Expires: later}, "this key cannot sign"},
		{"no end", s.hs, Grant{}, "end before it begins"},
		{"over already", s.hs, Grant{Expires: noon}, "end before it begins"},
		{"bare name", s.hs, Grant{Expires: later, Stream: []string{"cam1"}}, "did you mean"},
		{"too long", s.hs, Grant{Expires: later, Sub: strings.Repeat("a", 8<<10)}, "8192"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Sign(c.j, c.g, noon)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error = %v, want one with %q", err, c.want)
			}
		})
	}
}

func FuzzToken(f *testing.F) {
	s := newSigners(f)
	for _, a := range attacks(s) {
		f.Add(a.token)
	}
	accepted := make(map[string]bool)
	for _, a := range attacks(s) {
		accepted[a.token] = a.err == nil
	}
	k := keyring(f, Options{JWT: []JWT{s.hs, s.ed, s.es}})
	f.Fuzz(func(t *testing.T, token string) {
		_, err := k.Decide(context.Background(), Request{Action: Publish, Stream: "live/cam1", Token: token})
		if err == nil && !accepted[token] {
			t.Errorf("accepted %q", token)
		}
	})
}

// BenchmarkRefusal is what an attacker's token costs at most.
func BenchmarkRefusal(b *testing.B) {
	s := newSigners(b)
	k := keyring(b, Options{JWT: []JWT{s.hs, s.ed, s.es}})
	for _, a := range attacks(s) {
		b.Run(strings.ReplaceAll(a.name, " ", "-"), func(b *testing.B) {
			for b.Loop() {
				k.Decide(context.Background(), Request{Action: Publish, Stream: "live/cam1", Token: a.token})
			}
		})
	}
}
