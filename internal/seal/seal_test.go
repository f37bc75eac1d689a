package seal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

var profiles = []struct {
	name  string
	ours  Profile
	other srtp.ProtectionProfile
	salt  int
}{
	{"GCM", AES128GCM, srtp.ProtectionProfileAeadAes128Gcm, gcmSalt},
	{"CM", AES128CMSHA1_80, srtp.ProtectionProfileAes128CmHmacSha1_80, cmSalt},
}

// pair returns a Sealer, and another implementation with the same keys.
func pair(t testing.TB, i int) (*Sealer, *srtp.Context) {
	t.Helper()
	p := profiles[i]
	key, salt := make([]byte, 16), make([]byte, p.salt)
	for i := range key {
		key[i] = byte(i * 7)
	}
	for i := range salt {
		salt[i] = byte(200 - i*3)
	}
	ours, err := New(p.ours, key, salt)
	if err != nil {
		t.Fatal(err)
	}
	other, err := srtp.CreateContext(key, salt, p.other)
	if err != nil {
		t.Fatal(err)
	}
	return ours, other
}

func header(ssrc uint32, number uint16, extended bool) *rtp.Header {
	h := &rtp.Header{Version: 2, PayloadType: 96, SSRC: ssrc, SequenceNumber: number, Timestamp: 3000 * uint32(number), Marker: number%3 == 0}
	if extended {
		_ = h.SetExtension(3, []byte{1, 2})
		_ = h.SetExtension(5, []byte{3})
	}
	return h
}

// seal returns a packet of exactly the size it needs, nil when there is none.
func (s *Sealer) packet(t testing.TB, h *rtp.Header, payload []byte, of *Stream, again bool) []byte {
	t.Helper()
	b := make([]byte, h.MarshalSize()+len(payload)+s.Overhead())
	n, err := h.MarshalTo(b)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Seal(b, n, payload, of, h.SequenceNumber, again) {
		return nil
	}
	return b
}

func TestPacketsAreThoseOfAnotherImplementation(t *testing.T) {
	for i, p := range profiles {
		for _, size := range []int{0, 1, 15, 16, 17, 160, 1100, 1460} {
			for _, extended := range []bool{false, true} {
				for _, first := range []uint16{0, 1, 127, 32766, 32767} {
					t.Run(fmt.Sprint(p.name, size, extended, first), func(t *testing.T) {
						ours, other := pair(t, i)
						payload := bytes.Repeat([]byte{0xa5, 3, 9}, 500)[:size]
						stream := &Stream{SSRC: 0xdeadbeef}
						for n := range uint16(3) {
							h := header(stream.SSRC, first+n, extended)
							plain, _ := h.Marshal()
							want, err := other.EncryptRTP(nil, append(plain, payload...), nil)
							if err != nil {
								t.Fatal(err)
							}
							if got := ours.packet(t, h, payload, stream, false); !bytes.Equal(got, want) {
								t.Fatalf("number %d: got\n%x, want\n%x", h.SequenceNumber, got, want)
							}
						}
					})
				}
			}
		}
	}
}

// Numbers go round twice, and what comes late belongs to the round before.
func TestRollOver(t *testing.T) {
	for i, p := range profiles {
		for _, first := range []uint16{0, 1, 1000, 32767} {
			t.Run(fmt.Sprint(p.name, first), func(t *testing.T) {
				ours, other := pair(t, i)
				stream := &Stream{SSRC: 7}
				payload := []byte{1, 2, 3, 4}
				open := func(number uint16, again bool) {
					t.Helper()
					b := ours.packet(t, header(7, number, false), payload, stream, again)
					plain, err := other.DecryptRTP(nil, b, nil)
					if err != nil || !bytes.Equal(plain[12:], payload) {
						t.Fatalf("number %d, newest %d: %v", number, stream.newest, err)
					}
				}
				for n := range 2*65536 + 500 {
					switch n % 1000 {
					case 998: // two change places
						open(first+uint16(n)+1, false)
					case 999:
						open(first+uint16(n)-1, false)
					default:
						open(first+uint16(n), false)
					}
				}
				if round := stream.newest >> 16; round != 2 {
					t.Errorf("roll-over counter = %d, want 2", round)
				}
			})
		}
	}
}

func TestNothingIsSealedTwice(t *testing.T) {
	ours, _ := pair(t, 0)
	payload := []byte("x")
	type step struct {
		number uint16
		again  bool
		want   bool
	}
	for name, steps := range map[string][]step{
		"the same":            {{5, false, true}, {5, false, false}},
		"the same, unchanged": {{5, false, true}, {5, true, true}},
		"late, once":          {{5, false, true}, {9, false, true}, {7, false, true}, {7, false, false}, {7, true, true}},
		"before the first":    {{5, false, true}, {4, false, true}, {0, false, true}, {65535, false, false}},
		"too late":            {{5, false, true}, {window + 5, false, true}, {6, false, true}, {5, false, false}, {5, true, false}},
		"after a gap":         {{5, false, true}, {5 + 32767, false, true}, {5 + 32766, false, true}, {5 + 32767, false, false}},
		"the next round":      {{5, false, true}, {30000, false, true}, {60000, false, true}, {4, false, true}, {5, false, true}, {5, false, false}, {65535, false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			stream := &Stream{SSRC: 1}
			for i, s := range steps {
				if got := ours.packet(t, header(1, s.number, false), payload, stream, s.again) != nil; got != s.want {
					t.Errorf("step %d, number %d: sealed %v, want %v", i, s.number, got, s.want)
				}
			}
		})
	}
}

// Not even the last index comes back as the first.
func TestTheEndOfAllNumbers(t *testing.T) {
	ours, _ := pair(t, 0)
	stream := &Stream{SSRC: 1, begun: true, newest: 1<<48 - 2}
	if ours.packet(t, header(1, 65535, false), nil, stream, false) == nil {
		t.Error("the last index is refused")
	}
	if ours.packet(t, header(1, 0, false), nil, stream, false) != nil {
		t.Error("an index beyond the last is sealed")
	}
}

func TestKeysOfAnotherLength(t *testing.T) {
	for _, c := range []struct {
		p         Profile
		key, salt int
	}{{AES128GCM, 16, 14}, {AES128GCM, 32, 12}, {AES128CMSHA1_80, 16, 12}, {AES128CMSHA1_80, 0, 14}} {
		if _, err := New(c.p, make([]byte, c.key), make([]byte, c.salt)); !errors.Is(err, ErrKeys) {
			t.Errorf("%+v: %v, want ErrKeys", c, err)
		}
	}
}

func TestRoomOfAnotherSize(t *testing.T) {
	ours, _ := pair(t, 0)
	for _, size := range []int{12, 12 + 4, 12 + 4 + gcmTag - 1, 12 + 4 + gcmTag + 1} {
		if ours.Seal(make([]byte, size), 12, make([]byte, 4), &Stream{}, 1, false) {
			t.Errorf("a packet in %d octets", size)
		}
	}
}

// Whatever is sealed, another implementation opens, and gets what was there.
func FuzzSeal(f *testing.F) {
	f.Add([]byte("payload"), uint32(1), uint16(5), true, true)
	f.Add([]byte{}, uint32(0), uint16(0), false, false)
	f.Fuzz(func(t *testing.T, payload []byte, ssrc uint32, number uint16, extended, gcm bool) {
		i := 1
		if gcm {
			i = 0
		}
		if len(payload) > 2000 {
			return
		}
		ours, other := pair(t, i)
		stream := &Stream{SSRC: ssrc}
		number &= 0x7fff
		for range 3 {
			h := header(ssrc, number, extended)
			plain, err := other.DecryptRTP(nil, ours.packet(t, h, payload, stream, false), nil)
			if err != nil {
				t.Fatal(err)
			}
			var p rtp.Packet
			if err := p.Unmarshal(plain); err != nil || !bytes.Equal(p.Payload, payload) || p.SequenceNumber != number || p.SSRC != ssrc {
				t.Fatalf("%v: got %v, %x; want %d, %x", err, p.Header, p.Payload, number, payload)
			}
			number += 1 + binary.BigEndian.Uint16(append(payload, 0, 0))%window
		}
	})
}

func TestSealAllocatesNothing(t *testing.T) {
	for i, p := range profiles {
		ours, _ := pair(t, i)
		stream, payload, b := &Stream{SSRC: 1}, make([]byte, 1100), make([]byte, 1200)
		b = b[:12+1100+ours.Overhead()]
		number := uint16(0)
		if got := testing.AllocsPerRun(1000, func() {
			number++
			if !ours.Seal(b, 12, payload, stream, number, false) {
				t.Fatal("not sealed")
			}
		}); got > 0 {
			t.Errorf("%s: %v allocations a packet, want 0", p.name, got)
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	for i, p := range profiles {
		b.Run(p.name, func(b *testing.B) {
			ours, _ := pair(b, i)
			stream, payload := &Stream{SSRC: 1}, make([]byte, 1100)
			packet := make([]byte, 12+1100+ours.Overhead())
			number := uint16(0)
			b.SetBytes(1100)
			b.ReportAllocs()
			for b.Loop() {
				number++
				ours.Seal(packet, 12, payload, stream, number, false)
			}
		})
	}
}
