package seal

import (
	"crypto/aes"
	"encoding/binary"
)

// Labels of what is derived from the master key (RFC 3711 §4.3.2).
const (
	labelEncryption     = 0
	labelAuthentication = 1
	labelSalt           = 2
)

// derive returns n octets of key material (RFC 3711 §4.3.3, and RFC 7714 §11
// for salts of 96 bits). No key is ever derived anew: there is one for all
// packets.
func derive(label byte, key, salt []byte, n int) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	var in [aes.BlockSize]byte
	copy(in[:14], salt)
	in[7] ^= label
	out := make([]byte, (n+aes.BlockSize-1)/aes.BlockSize*aes.BlockSize)
	for i := 0; i < len(out); i += aes.BlockSize {
		binary.BigEndian.PutUint16(in[14:], uint16(i/aes.BlockSize))
		block.Encrypt(out[i:], in[:])
	}
	return out[:n], nil
}
