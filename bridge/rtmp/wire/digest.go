package wire

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
)

// The keys with which Flash's players and servers sign their handshakes: a
// name, and 32 octets that both have in common. They are no secret, and what
// they sign is not authenticated by them.
const (
	playerName = "Genuine Adobe Flash Player 001"
	serverName = "Genuine Adobe Flash Media Server 001"
	common     = "\xf0\xee\xc2\x4a\x80\x68\xbe\xe8\x2e\x00\xd0\xd1\x02\x9e\x7e\x57" +
		"\x6e\xec\x5d\x2d\x29\x80\x6f\xab\x93\xb8\xe6\x36\xcf\xeb\x31\xae"
)

var (
	playerKey = []byte(playerName)          // signs C1
	serverKey = []byte(serverName)          // signs S1
	answerKey = []byte(serverName + common) // signs S2
)

// serverVersion is one from which on players expect signatures.
const serverVersion = 0x04050001

// blocks are the places of the four octets that tell where the digest is.
// Which of the two a peer uses is tried out.
var blocks = [...]int{772, 8}

// digestAt is where the digest is for a block: somewhere behind those octets.
func (p *packet) digestAt(block int) int {
	sum := int(p[block]) + int(p[block+1]) + int(p[block+2]) + int(p[block+3])
	return block + 4 + sum%728
}

// digest signs all of the packet but the place of the digest itself.
func (p *packet) digest(at int, key []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(p[:at])
	h.Write(p[at+sha256.Size:])
	return h.Sum(nil)
}

// signature returns the digest in a packet that is signed with a key, and the
// block that tells its place; nil if it is not signed.
func (p *packet) signature(key []byte) (digest []byte, block int) {
	if [4]byte(p[4:8]) == [4]byte{} {
		return nil, 0 // the specification's zeros: nothing is worked out for it
	}
	for _, block := range blocks {
		at := p.digestAt(block)
		if want := p.digest(at, key); hmac.Equal(want, p[at:at+sha256.Size]) {
			return want, block
		}
	}
	return nil, 0
}

// sign puts a digest where a block tells.
func (p *packet) sign(block int, key []byte) {
	at := p.digestAt(block)
	copy(p[at:], p.digest(at, key))
}

// answer makes the packet S2 that answers a digest.
func (p *packet) answer(digest []byte) {
	h := hmac.New(sha256.New, answerKey)
	h.Write(digest)
	key := h.Sum(nil)
	end := handshakeLen - sha256.Size
	rand.Read(p[:end])
	h = hmac.New(sha256.New, key)
	h.Write(p[:end])
	copy(p[end:], h.Sum(nil))
}
