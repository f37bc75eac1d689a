package portmux

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// binding is a framed STUN binding request without attributes.
var binding = append([]byte{0, 20, 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, bytes.Repeat([]byte{7}, 12)...)

func TestIdentify(t *testing.T) {
	for _, c := range []struct {
		name, head string
		want       Protocol
		err        error
	}{
		{"GET", "G", HTTP, nil},
		{"OPTIONS", "OPTIONS / HTTP/1.1", HTTP, nil},
		{"HTTP/2's preface", "PRI * HTTP/2.0", HTTP, nil},
		{"the first letter", "A", HTTP, nil},
		{"the last letter", "Z", HTTP, nil},
		{"TLS 1.2", "\x16\x03\x01", TLS, nil},
		{"RTMP", "\x03", RTMP, nil},
		{"RTMP with its time", "\x03\x00\x00\x00", RTMP, nil},
		{"a binding request", string(binding), STUN, nil},
		{"as long as one can be", "\x02\xfc\x00\x01", STUN, nil},

		{"nothing", "", 0, errMore},
		{"a length", "\x00\x14", 0, errMore},
		{"a length and half a type", "\x00\x14\x00", 0, errMore},

		{"a frame too short for STUN", "\x00\x10\x00\x01", 0, errUnknown},
		{"a frame that STUN does not fill", "\x00\x15\x00\x01", 0, errUnknown},
		{"a binding response", "\x00\x14\x01\x01", 0, errUnknown},
		{"STUN without frame", "\x00\x01\x00\x08", 0, errUnknown},
		{"DTLS in a frame", "\x00\x40\x16\xfe", 0, errUnknown},
		{"a small letter", "get", 0, errUnknown},
		{"before A", "@", 0, errUnknown},
		{"after Z", "[", 0, errUnknown},
		{"a TLS alert", "\x15\x03", 0, errUnknown},
		{"encrypted RTMP", "\x06", 0, errUnknown},
		{"0xff", "\xff", 0, errUnknown},
	} {
		if got, err := identify([]byte(c.head)); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %v, %v, want %v, %v", c.name, got, err, c.want, c.err)
		}
	}
}

func TestReadHeadTakesWhatItNeeds(t *testing.T) {
	p, head, err := readHead(iotest.OneByteReader(bytes.NewReader(binding)))
	if p != STUN || !bytes.Equal(head, binding[:headLen]) || err != nil {
		t.Errorf("octet by octet: %v, %x, %v", p, head, err)
	}
	p, head, err = readHead(iotest.DataErrReader(bytes.NewReader([]byte("G"))))
	if p != HTTP || string(head) != "G" || err != nil {
		t.Errorf("an error with the last octet: %v, %q, %v, want it left for the next read", p, head, err)
	}
	if _, _, err := readHead(bytes.NewReader(binding[:3])); !errors.Is(err, io.EOF) {
		t.Errorf("an end within a frame: %v, want EOF", err)
	}
}

func TestProtocolsHaveNames(t *testing.T) {
	for p, want := range map[Protocol]string{HTTP: "http", TLS: "tls", STUN: "stun", RTMP: "rtmp", protocols: "unknown"} {
		if got := p.String(); got != want {
			t.Errorf("protocol %d: %q, want %q", p, got, want)
		}
	}
}

func FuzzReadHead(f *testing.F) {
	for _, s := range []string{"", "GET / HTTP/1.1", "\x16\x03\x01", "\x03", "\x00\x14\x00\x01", "\x00\x15\x00\x01"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		p, head, err := readHead(bytes.NewReader(sent))
		slow, slowHead, slowErr := readHead(iotest.OneByteReader(bytes.NewReader(sent)))
		if p != slow || !errors.Is(slowErr, err) {
			t.Fatalf("%x at once: %v, %v; octet by octet: %v, %v", sent, p, err, slow, slowErr)
		}
		for _, h := range [][]byte{head, slowHead} {
			if len(h) > headLen || !bytes.HasPrefix(sent, h) {
				t.Fatalf("head %x of %x", h, sent)
			}
		}
	})
}
