package auth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// ErrCannotSign says that a key can check tokens but not make them.
var ErrCannotSign = errors.New("this key cannot sign")

// Algorithms are those of signed tokens that a JWT may use.
var Algorithms = []string{"HS256", "EdDSA", "ES256"}

// SetAlgorithms are those of a JWT with a Set, which has public keys only.
var SetAlgorithms = []string{"ES256", "EdDSA", "RS256"}

// fits says whether a public key is of the kind that an algorithm uses.
func fits(alg string, key any) bool {
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		return alg == "ES256" && key.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return alg == "EdDSA"
	case *rsa.PublicKey:
		return alg == "RS256"
	}
	return false
}

// minSecret is RFC 7518 §3.2: an HS256 key is at least as long as its digest.
const minSecret = 32

// keyPair holds a key in the forms that the method wants; sign is nil for a public key.
type keyPair struct {
	method       jwt.SigningMethod
	sign, verify any
}

// loadKey reads the key of one algorithm. Tying the kind of key to the
// algorithm here is what stops a public key from being used as an HS256 secret.
func loadKey(alg string, key []byte) (keyPair, error) {
	switch alg {
	case "HS256":
		if len(key) < minSecret {
			return keyPair{}, fmt.Errorf("the HS256 key has %d bytes, %d or more are needed (RFC 7518 §3.2)", len(key), minSecret)
		}
		if block, _ := pem.Decode(key); block != nil {
			return keyPair{}, fmt.Errorf("the HS256 key is a PEM file (%s): use it with EdDSA or ES256", block.Type)
		}
		return keyPair{jwt.SigningMethodHS256, key, key}, nil
	case "EdDSA":
		private, public, err := parsePEM(key)
		if err != nil {
			return keyPair{}, fmt.Errorf("the EdDSA key: %w", err)
		}
		pub, ok := public.(ed25519.PublicKey)
		if !ok {
			return keyPair{}, fmt.Errorf("the EdDSA key is not an Ed25519 key")
		}
		return keyPair{jwt.SigningMethodEdDSA, private, pub}, nil
	case "ES256":
		private, public, err := parsePEM(key)
		if err != nil {
			return keyPair{}, fmt.Errorf("the ES256 key: %w", err)
		}
		pub, ok := public.(*ecdsa.PublicKey)
		if !ok || pub.Curve != elliptic.P256() {
			return keyPair{}, fmt.Errorf("the ES256 key is not a P-256 key")
		}
		return keyPair{jwt.SigningMethodES256, private, pub}, nil
	}
	return keyPair{}, fmt.Errorf("algorithm %.20q: use HS256, EdDSA or ES256", alg)
}

// parsePEM reads the first PEM block: PKIX public, PKCS #8 or SEC 1 private.
func parsePEM(key []byte) (private, public any, err error) {
	block, _ := pem.Decode(key)
	if block == nil {
		return nil, nil, errors.New("no PEM block in it")
	}
	switch block.Type {
	case "PUBLIC KEY":
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
		return nil, public, err
	case "PRIVATE KEY":
		private, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		private, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		err = fmt.Errorf("PEM block %.40q: PUBLIC KEY or PRIVATE KEY is needed", block.Type)
	}
	if err != nil {
		return nil, nil, err
	}
	switch p := private.(type) {
	case ed25519.PrivateKey:
		return p, p.Public(), nil
	case *ecdsa.PrivateKey:
		return p, &p.PublicKey, nil
	}
	return nil, nil, fmt.Errorf("a %T cannot be used", private)
}
