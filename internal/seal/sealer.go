package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
)

// Profile is a way of sealing packets (RFC 5764 §4.1.2, RFC 7714 §14.2).
type Profile int

// The profiles.
const (
	AES128GCM       Profile = iota // AEAD_AES_128_GCM, which costs a third of the other one
	AES128CMSHA1_80                // AES128_CM_HMAC_SHA1_80, which everybody has
)

// String is the profile's name in the registry of IANA.
func (p Profile) String() string {
	if p == AES128GCM {
		return "SRTP_AEAD_AES_128_GCM"
	}
	return "SRTP_AES128_CM_HMAC_SHA1_80"
}

const (
	gcmSalt, gcmTag = 12, 16
	cmSalt, cmTag   = 14, 10
	cmAuthKey       = 20
)

// ErrKeys is returned for keys that are not of the profile's length.
var ErrKeys = errors.New("seal: keys of another length than the profile's")

// Sealer seals packets with the keys of one direction of a session. It is for
// one goroutine at a time.
type Sealer struct {
	gcm   cipher.AEAD
	salt  []byte
	nonce [gcmSalt]byte

	// Of AES128CMSHA1_80.
	block   cipher.Block
	mac     hash.Hash
	counter [aes.BlockSize]byte
	stream  [aes.BlockSize]byte
	roll    [4]byte
	sum     [sha1.Size]byte
}

// New returns a Sealer for a master key and a master salt, as DTLS exports them
// (RFC 5764 §4.2). The error wraps ErrKeys.
func New(p Profile, key, salt []byte) (*Sealer, error) {
	length := gcmSalt
	if p == AES128CMSHA1_80 {
		length = cmSalt
	}
	if len(key) != 16 || len(salt) != length {
		return nil, fmt.Errorf("%w: %d and %d octets", ErrKeys, len(key), len(salt))
	}
	session, err := derive(labelEncryption, key, salt, len(key))
	if err != nil {
		return nil, err
	}
	s := &Sealer{}
	if s.salt, err = derive(labelSalt, key, salt, length); err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(session)
	if err != nil {
		return nil, err
	}
	if p == AES128GCM {
		s.gcm, err = cipher.NewGCM(block)
		return s, err
	}
	authentication, err := derive(labelAuthentication, key, salt, cmAuthKey)
	if err != nil {
		return nil, err
	}
	s.block, s.mac = block, hmac.New(sha1.New, authentication)
	return s, nil
}

// Overhead is by how many octets a sealed packet is longer.
func (s *Sealer) Overhead() int {
	if s.gcm != nil {
		return gcmTag
	}
	return cmTag
}

// Seal makes a packet in b, which has its header in the first octets of b, room
// for the payload, and for Overhead. It returns false, and b is of no use, when
// nothing may be sealed with the number any more: it was used, or is too old.
// again says that the packet was sealed before, and has not changed by a bit
// since. Nothing is allocated.
func (s *Sealer) Seal(b []byte, header int, payload []byte, of *Stream, number uint16, again bool) bool {
	index, ok := of.index(number, again)
	if !ok || len(b) != header+len(payload)+s.Overhead() {
		return false
	}
	if s.gcm == nil {
		s.sealCM(b, header, payload, of.SSRC, index)
		return true
	}
	// RFC 7714 §8.1
	n := &s.nonce
	n[0], n[1] = 0, 0
	binary.BigEndian.PutUint32(n[2:], of.SSRC)
	binary.BigEndian.PutUint16(n[6:], uint16(index>>32))
	binary.BigEndian.PutUint32(n[8:], uint32(index))
	for i := range n {
		n[i] ^= s.salt[i]
	}
	s.gcm.Seal(b[header:header], n[:], payload, b[:header])
	return true
}

// sealCM is Seal with AES in counter mode (RFC 3711 §4.1.1) and HMAC-SHA1
// (§4.2).
func (s *Sealer) sealCM(b []byte, header int, payload []byte, ssrc uint32, index int64) {
	c := &s.counter
	clear(c[:])
	binary.BigEndian.PutUint32(c[4:], ssrc)
	binary.BigEndian.PutUint16(c[8:], uint16(index>>32))
	binary.BigEndian.PutUint32(c[10:], uint32(index))
	for i := range s.salt {
		c[i] ^= s.salt[i]
	}
	out := b[header:]
	for n := uint16(0); len(payload) > 0; n++ {
		binary.BigEndian.PutUint16(c[14:], n)
		s.block.Encrypt(s.stream[:], c[:])
		size := min(len(payload), aes.BlockSize)
		subtle.XORBytes(out, payload[:size], s.stream[:])
		out, payload = out[size:], payload[size:]
	}
	binary.BigEndian.PutUint32(s.roll[:], uint32(index>>16))
	s.mac.Reset()
	s.mac.Write(b[:len(b)-cmTag])
	s.mac.Write(s.roll[:])
	copy(b[len(b)-cmTag:], s.mac.Sum(s.sum[:0]))
}
