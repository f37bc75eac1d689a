package config

import (
	"fmt"
	"strings"

	"lectern/internal/auth"
)

// Options are the settings in the form of package auth, without the key made at
// first start. It reads the key files of the token signers.
func (a Auth) Options() (auth.Options, error) {
	o := auth.Options{OpenPublish: a.Publish == "open", ClosedWatch: a.Watch == "key", ClosedLoopback: a.Loopback == "key"}
	for _, k := range a.Keys {
		key := auth.Key{Token: string(k.Key), Sub: k.Sub, Stream: k.Stream}
		for _, can := range k.Can {
			key.Can = append(key.Can, auth.Action(can))
		}
		o.Keys = append(o.Keys, key)
	}
	for i, j := range a.JWT {
		if j.JWKS != "" { // whoever makes calls adds the set
			o.JWT = append(o.JWT, auth.JWT{Alg: j.Alg, Issuer: j.Iss, Audience: j.Aud})
			continue
		}
		key, err := j.key()
		if err != nil {
			return auth.Options{}, fmt.Errorf("auth.jwt[%d].key_file: %w", i, err)
		}
		o.JWT = append(o.JWT, auth.JWT{Alg: j.Alg, Key: key, Issuer: j.Iss, Audience: j.Aud})
	}
	return o, nil
}

// key is Key, or the content of KeyFile without the line end that editors add.
func (j JWT) key() ([]byte, error) {
	if j.KeyFile == "" {
		return []byte(j.Key), nil
	}
	text, err := readFile(j.KeyFile)
	if err != nil {
		return nil, err
	}
	return []byte(strings.TrimRight(string(text), "\r\n")), nil
}
