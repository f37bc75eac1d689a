package wire

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// pipe returns both ends of a connection, which fail after ten seconds.
func pipe(t *testing.T) (here, there net.Conn) {
	t.Helper()
	here, there = net.Pipe()
	for _, c := range []net.Conn{here, there} {
		c.SetDeadline(time.Now().Add(10 * time.Second))
		t.Cleanup(func() { c.Close() })
	}
	return here, there
}

// shake answers a client's C0 and C1, and returns what the server said to them.
func shake(t *testing.T, c1 *packet) (s1, s2 packet, err error) {
	t.Helper()
	here, there := pipe(t)
	ended := make(chan error, 1)
	go func() {
		_, err := Accept(there, Limits{})
		there.Close()
		ended <- err
	}()
	here.Write([]byte{3})
	here.Write(c1[:])
	var s0 [1]byte
	for _, b := range [][]byte{s0[:], s1[:], s2[:]} {
		if _, err := io.ReadFull(here, b); err != nil {
			t.Fatal(err)
		}
	}
	if s0[0] != 3 {
		t.Errorf("S0 is %d, want 3", s0[0])
	}
	here.Write(s1[:])
	return s1, s2, <-ended
}

func TestSimpleHandshakeEchoes(t *testing.T) {
	for name, version := range map[string]uint32{"zeros": 0, "a version without a signature": 0x80000702} {
		var c1 packet
		c1.fill(version)
		s1, s2, err := shake(t, &c1)
		if s2 != c1 || err != nil {
			t.Errorf("%s: S2 is not C1, %v", name, err)
		}
		if [8]byte(s1[:8]) != [8]byte{} {
			t.Errorf("%s: S1 begins with %x, want zeros", name, s1[:8])
		}
	}
}

func TestSignedHandshakeIsAnsweredSigned(t *testing.T) {
	for _, block := range blocks {
		var c1 packet
		c1.fill(0x80000702)
		c1.sign(block, playerKey)
		s1, s2, err := shake(t, &c1)
		if err != nil {
			t.Fatal(err)
		}
		if digest, at := s1.signature(serverKey); digest == nil || at != block {
			t.Errorf("block %d: S1 is not signed there", block)
		}
		// What a player checks: a key made of its own digest signs S2.
		at := c1.digestAt(block)
		h := hmac.New(sha256.New, answerKey)
		h.Write(c1[at : at+sha256.Size])
		h = hmac.New(sha256.New, h.Sum(nil))
		h.Write(s2[:handshakeLen-sha256.Size])
		if !bytes.Equal(h.Sum(nil), s2[handshakeLen-sha256.Size:]) {
			t.Errorf("block %d: S2 is not signed for C1", block)
		}
	}
}

// The place of a digest lies in the packet whatever the octets say.
func TestDigestPlaces(t *testing.T) {
	for _, block := range blocks {
		for _, fill := range []byte{0, 1, 181, 182, 255} {
			var p packet
			for i := range p {
				p[i] = fill
			}
			if at := p.digestAt(block); at < block+4 || at+sha256.Size > handshakeLen {
				t.Errorf("block %d of %d: the digest is at %d", block, fill, at)
			}
		}
	}
}

func TestWhatIsNoHandshakeIsRefused(t *testing.T) {
	for _, first := range []byte{0, 2, 6, 8, 32, 'G', 0x16} {
		here, there := pipe(t)
		go here.Write([]byte{first})
		if _, err := Accept(there, Limits{}); !errors.Is(err, ErrHandshake) {
			t.Errorf("first octet %d: got %v, want ErrHandshake", first, err)
		}
	}
	here, there := pipe(t)
	go func() {
		io.CopyN(io.Discard, here, 1+handshakeLen)
		here.Write([]byte{'H'})
	}()
	if _, err := Open(there, Limits{}); !errors.Is(err, ErrHandshake) {
		t.Errorf("a server that answers otherwise: got %v, want ErrHandshake", err)
	}
}

func TestBrokenHandshakeIsAnError(t *testing.T) {
	full := make([]byte, 1+2*handshakeLen)
	full[0] = 3
	for _, n := range []int{0, 1, 100, 1 + handshakeLen, 2 * handshakeLen} {
		here, there := pipe(t)
		go func() {
			go io.Copy(io.Discard, here)
			here.Write(full[:n])
			here.Close()
		}()
		if _, err := Accept(there, Limits{}); err == nil {
			t.Errorf("server: %d octets are a handshake", n)
		}
		here, there = pipe(t)
		go func() {
			go io.Copy(io.Discard, here)
			here.Write(full[:n])
			here.Close()
		}()
		if _, err := Open(there, Limits{}); err == nil {
			t.Errorf("client: %d octets are a handshake", n)
		}
	}
}
