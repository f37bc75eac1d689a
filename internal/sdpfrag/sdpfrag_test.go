package sdpfrag

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/pion/ice/v4"
)

const (
	ufrag = "a=ice-ufrag:y4kv\r\n"
	pwd   = "a=ice-pwd:9bKE0DDLYBilauPj/bwr6dC1\r\n"
	media = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
	host  = "candidate:1 1 udp 2122063615 192.0.2.2 58156 typ host"
)

func read(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestParseWhatBrowsersSent(t *testing.T) {
	for _, c := range []struct {
		file string
		want Fragment
	}{
		{"chromium.sdpfrag", Fragment{
			Ufrag: "y4kv", Pwd: "9bKE0DDLYBilauPj/bwr6dC1", EndOfCandidates: true,
			Candidates: []Candidate{
				{"0", "candidate:1811983774 1 udp 2122194687 127.0.0.1 33140 typ host generation 0 ufrag y4kv network-id 3 network-cost 50"},
				{"0", "candidate:2292211466 1 udp 2122063615 192.0.2.2 58156 typ host generation 0 ufrag y4kv network-id 1"},
				{"0", "candidate:2100084502 1 udp 2122267903 ::1 36594 typ host generation 0 ufrag y4kv network-id 4 network-cost 50"},
				{"0", "candidate:1137090282 1 udp 2122134271 fd00::2 58549 typ host generation 0 ufrag y4kv network-id 2"},
			},
		}},
		{"medooze.sdpfrag", Fragment{ // credentials of session level
			Ufrag: "kR+A", Pwd: "ouGFpIaMlgtY395sfDjBud7r",
			Candidates: []Candidate{
				{"0", "candidate:3006501870 1 udp 2122194687 127.0.0.1 60536 typ host generation 0 ufrag kR+A network-id 3 network-cost 50"},
				{"0", "candidate:487459938 1 udp 2122063615 192.0.2.2 60340 typ host generation 0 ufrag kR+A network-id 1"},
				{"0", "candidate:2653570869 1 udp 2122267903 ::1 53302 typ host generation 0 ufrag kR+A network-id 4 network-cost 50"},
				{"0", "candidate:444358866 1 udp 2122134271 fd00::2 47969 typ host generation 0 ufrag kR+A network-id 2"},
			},
		}},
	} {
		for name, text := range map[string]string{
			"CRLF": read(t, c.file),
			"LF":   strings.ReplaceAll(read(t, c.file), "\r\n", "\n"),
		} {
			t.Run(c.file+" "+name, func(t *testing.T) {
				got, err := Parse(text)
				if err != nil || !reflect.DeepEqual(got, c.want) {
					t.Errorf("got %+v, %v\nwant %+v", got, err, c.want)
				}
			})
		}
	}
}

func TestParseTolerates(t *testing.T) {
	credentials := Fragment{Ufrag: "y4kv", Pwd: "9bKE0DDLYBilauPj/bwr6dC1"}
	with := func(change func(*Fragment)) Fragment {
		f := credentials
		change(&f)
		return f
	}
	one := func(mid string) Fragment {
		return with(func(f *Fragment) { f.Candidates = []Candidate{{mid, host}} })
	}
	for _, c := range []struct {
		name, text string
		want       Fragment
	}{
		{"a restart without m= line", ufrag + pwd, credentials},
		{"the pseudo m= line", ufrag + pwd + "m=audio 9 RTP/AVP 0\r\na=mid:0\r\na=" + host + "\r\n", one("0")},
		{"credentials of media level", media + ufrag + pwd + "a=" + host + "\r\n", one("0")},
		{"credentials of both levels", ufrag + pwd + media + ufrag + pwd + "a=" + host + "\r\n", one("0")},
		{"candidates without credentials", media + "a=" + host + "\r\n", Fragment{Candidates: []Candidate{{"0", host}}}},
		{"candidates without a section", ufrag + pwd + "a=" + host + "\r\n", one("")},
		{"a section without mid", ufrag + pwd + "m=audio 9 RTP/AVP 0\r\na=" + host + "\r\n", one("")},
		{"a mid after the candidates", ufrag + pwd + "m=audio 9 RTP/AVP 0\r\na=" + host + "\r\na=mid:v\r\n", one("v")},
		{"the end alone", media + "a=end-of-candidates\r\n", Fragment{EndOfCandidates: true}},
		{"the end of session level", "a=end-of-candidates\r\n" + ufrag + pwd, with(func(f *Fragment) { f.EndOfCandidates = true })},
		{"no line's end at the end", ufrag + pwd + media + "a=" + host, one("0")},
		{"empty lines", "\r\n" + ufrag + "\n\r\n" + pwd + "\r\n", credentials},
		{"an empty candidate", ufrag + pwd + media + "a=" + host + "\r\na=\r\n", one("0")},
		{"space at a candidate's end", ufrag + pwd + media + "a=" + host + " \r\n", one("0")},
		{"attributes nobody knows", "a=group:BUNDLE 0 1\r\na=x\r\na=y:z\r\n" + ufrag + pwd, credentials},
		{"connection and bandwidth of a section", ufrag + pwd + media + "c=IN IP4 0.0.0.0\r\nb=AS:1\r\ni=x\r\n", credentials},
		{"lite, options and pacing", "a=ice-lite\r\na=ice-options:ice2,trickle  trickle\r\na=ice-pacing:50\r\n" + ufrag + pwd,
			with(func(f *Fragment) { f.Lite, f.Options, f.Pacing = true, "ice2,trickle trickle", "50" })},
		{"two sections of one transport",
			ufrag + pwd + media + "a=" + host + "\r\nm=video 9/2 RTP/AVP 0\r\na=mid:1\r\n" + ufrag + pwd + "a=" + host + "\r\n",
			with(func(f *Fragment) { f.Candidates = []Candidate{{"0", host}, {"1", host}} })},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse(c.text)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, c.want)
			}
		})
	}
}

// RFC 9725 §4.3.2: what cannot be used is left out without an error.
func TestCandidatesThatCannotBeUsedAreLeftOut(t *testing.T) {
	for _, c := range []struct {
		line   string
		usable bool
	}{
		{"candidate:1 1 udp 2122063615 192.0.2.2 58156 typ host", true},
		{"candidate:0 1 UDP 2122187007 192.0.2.2 54214 typ host", true},
		{"candidate:a+/B 1 udp 1 2001:db8::1 1 typ srflx raddr 192.0.2.9 rport 1000", true},
		{"candidate:1 1 udp 1 192.0.2.2 1 typ prflx raddr :: rport 0 generation 0", true},
		{"candidate:1 1 udp 1 192.0.2.2 1 typ relay generation 0 ufrag", true},
		{"candidate:1 1 udp 1 fe80::1 1 typ host", true},
		{"candidate:1 1 udp 1 fe80::1%eth0 1 typ host", true},
		{"candidate:2 1 TCP 2105458943 192.0.2.2 9 typ host tcptype active", true},
		{"candidate:2 1 tcp 1518214911 127.0.0.1 0 typ host tcptype passive generation 0", true},

		{"candidate:0 2 UDP 2122187006 192.0.2.2 34832 typ host", false},
		{"candidate:1 1 udp 1 54d1f3e0-54b1-4d1c-9d1c-2f3b0ca1d1a5.local 1 typ host", false},
		{"candidate:1 1 udp 1 example.com 1 typ host", false},
		{"candidate:1 1 udp 1 256.0.0.1 1 typ host", false},
		{"candidate:1 1 udp 1 0.0.0.0 1 typ host", false},
		{"candidate:1 1 udp 1 :: 1 typ host", false},
		{"candidate:1 1 udp 1 224.0.0.1 1 typ host", false},
		{"candidate:1 1 udp 1 192.0.2.2 0 typ host", false},
		{"candidate:1 1 sctp 1 192.0.2.2 1 typ host", false},
		{"candidate:1 1 ssltcp 1 192.0.2.2 443 typ host tcptype passive", false},
		{"candidate:1 1 tcp 1 192.0.2.2 9 typ host tcptype odd", false},
		{"candidate:1 1 udp 1 192.0.2.2 1 typ future", false},
		{"candidate:1 1 udp 1 192.0.2.2 1 typ srflx raddr 192.0.2.9", false},
		{"candidate:1 1 udp 1 192.0.2.2 1 typ srflx raddr 192.0.2.9 port 7", false},
		{"candidate:1 1 udp 1 192.0.2.2 1 typ srflx raddr 192.0.2.9 rport 70000", false},
		{"candidate:1 1 udp 1 192.0.2.2 1 typ host  generation 0", false},
	} {
		got, err := Parse(media + "a=" + c.line + "\r\na=" + host + "\r\n")
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
			continue
		}
		want := []Candidate{{"0", host}}
		if c.usable {
			want = []Candidate{{"0", c.line}, {"0", host}}
		}
		if !reflect.DeepEqual(got.Candidates, want) {
			t.Errorf("%s:\n got %v\nwant %v", c.line, got.Candidates, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	candidates := func(n int) string { return strings.Repeat("a="+host+"\r\n", n) }
	for _, c := range []struct {
		name, text string
		line       int
		says       string
	}{
		{"nothing", "", 1, "nothing in it"},
		{"empty lines only", "\r\n\n", 1, "nothing in it"},
		{"text", "hello", 1, "x=value"},
		{"JSON", `{"candidate":"x=y"}`, 1, "x=value"},
		{"two letters", ufrag + pwd + "ab=c\r\n", 3, "x=value"},
		{"binary", "\x00\x01\x02", 1, "control character"},
		{"NUL in a value", ufrag + "a=x:\x00\r\n", 2, "control character"},
		{"a return inside a line", ufrag + "a=x:1\ra=y:2\r\n", 2, "control character"},
		{"a whole description", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n", 1, "no place"},
		{"a connection before any section", "c=IN IP4 0.0.0.0\r\n", 1, "no place"},
		{"upper case", "A=mid:0\r\n", 1, "no place"},
		{"an m= line cut short", "m=audio 9 RTP/AVP\r\n", 1, "3 of the fields"},
		{"an m= line's port", "m=audio x RTP/AVP 0\r\n", 1, "port"},
		{"an attribute without name", "a=:x\r\n", 1, "without a name"},
		{"an empty mid", media + "a=mid:\r\n", 3, "mid"},
		{"a mid with a space", "m=audio 9 RTP/AVP 0\r\na=mid:0 1\r\n", 2, "mid"},
		{"two mids", media + "a=mid:1\r\n", 3, "second mid"},
		{"ufrag without pwd", ufrag, 1, "only one of"},
		{"pwd without ufrag", media + pwd, 3, "only one of"},
		{"a short ufrag", "a=ice-ufrag:abc\r\n", 1, "ice-ufrag"},
		{"a short pwd", ufrag + "a=ice-pwd:123456789012345678901\r\n", 2, "ice-pwd"},
		{"a long ufrag", "a=ice-ufrag:" + strings.Repeat("x", 257) + "\r\n", 1, "ice-ufrag"},
		{"a ufrag with a space", "a=ice-ufrag:ab cd\r\n", 1, "ice-ufrag"},
		{"no value", "a=ice-ufrag\r\n", 1, "ice-ufrag"},
		{"two ufrags", ufrag + pwd + media + "a=ice-ufrag:other\r\n", 5, "second"},
		{"two pwds", ufrag + pwd + media + "a=ice-pwd:1234567890123456789012\r\n", 5, "second"},
		{"pacing in words", "a=ice-pacing:fast\r\n", 1, "ice-pacing"},
		{"65 candidates", media + candidates(65), 67, "64"},
		{"65 candidates of which none can be used", media + strings.ReplaceAll(candidates(65), " udp ", " sctp "), 67, "64"},
		{"an empty candidate", "a=candidate:\r\n", 1, "1 fields"},
		{"a candidate cut short", "a=candidate:1 1 udp 1 192.0.2.2 1 typ\r\n", 1, "7 fields"},
		{"no foundation", "a=candidate: 1 udp 1 192.0.2.2 1 typ host\r\n", 1, "foundation"},
		{"foundation's characters", "a=candidate:1-2 1 udp 1 192.0.2.2 1 typ host\r\n", 1, "foundation"},
		{"foundation's length", "a=candidate:" + strings.Repeat("1", 33) + " 1 udp 1 192.0.2.2 1 typ host\r\n", 1, "foundation"},
		{"component in words", "a=candidate:1 rtp udp 1 192.0.2.2 1 typ host\r\n", 1, "component"},
		{"component 0", "a=candidate:1 0 udp 1 192.0.2.2 1 typ host\r\n", 1, "component"},
		{"component 257", "a=candidate:1 257 udp 1 192.0.2.2 1 typ host\r\n", 1, "component"},
		{"transport", "a=candidate:1 1 u(dp 1 192.0.2.2 1 typ host\r\n", 1, "transport"},
		{"a priority too large", "a=candidate:1 1 udp 4294967296 192.0.2.2 1 typ host\r\n", 1, "priority"},
		{"a negative priority", "a=candidate:1 1 udp -1 192.0.2.2 1 typ host\r\n", 1, "priority"},
		{"no address", "a=candidate:1 1 udp 1  1 typ host\r\n", 1, "address"},
		{"port 65536", "a=candidate:1 1 udp 1 192.0.2.2 65536 typ host\r\n", 1, "port"},
		{"a port of many zeros", "a=candidate:1 1 udp 1 192.0.2.2 0000080 typ host\r\n", 1, "port"},
		{"no typ", "a=candidate:1 1 udp 1 192.0.2.2 1 type host\r\n", 1, "type belongs"},
		{"not ASCII", "a=candidate:1 1 udp 1 192.0.2.2 1 typ host x \u00e9\r\n", 1, "ASCII"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse(c.text)
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("got %+v, %v, want ErrMalformed", got, err)
			}
			if want := fmt.Sprintf("line %d: ", c.line); !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %q, want %q and %q", err, want, c.says)
			}
			if !reflect.DeepEqual(got, Fragment{}) {
				t.Errorf("got %+v with the error, want none of it", got)
			}
		})
	}
}

func TestErrorsShowLittleOfWhatWasSent(t *testing.T) {
	_, err := Parse(strings.Repeat("secret", 1000))
	if err == nil || len(err.Error()) > 200 {
		t.Errorf("an error of %d octets", len(err.Error()))
	}
}

func TestSixtyFourCandidatesAreTaken(t *testing.T) {
	got, err := Parse(media + strings.Repeat("a="+host+"\r\n", maxCandidates))
	if err != nil || len(got.Candidates) != maxCandidates {
		t.Errorf("got %d, %v", len(got.Candidates), err)
	}
}

func TestStringAnswersARestart(t *testing.T) {
	f := Fragment{
		Ufrag: "289b31b754eaa438", Pwd: "0b66f472495ef0ccac7bda653ab6be49ea13114472a5d10a",
		Lite: true, Options: "trickle ice2", Pacing: "50",
		Candidates:      []Candidate{{"0", "candidate:1 1 udp 2130706431 198.51.100.1 39132 typ host"}},
		EndOfCandidates: true,
	}
	want := strings.ReplaceAll(`a=ice-lite
a=ice-options:trickle ice2
a=ice-pacing:50
m=audio 9 RTP/AVP 0
a=mid:0
a=ice-ufrag:289b31b754eaa438
a=ice-pwd:0b66f472495ef0ccac7bda653ab6be49ea13114472a5d10a
a=candidate:1 1 udp 2130706431 198.51.100.1 39132 typ host
a=end-of-candidates
`, "\n", "\r\n")
	if got := f.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWhatIsWrittenReadsTheSame(t *testing.T) {
	credentials := Fragment{Ufrag: "abcd", Pwd: "1234567890123456789012"}
	several := credentials
	several.Candidates = []Candidate{{"0", host}, {"0", host}, {"1", host}, {"", host}}
	several.EndOfCandidates = true
	ended := credentials
	ended.EndOfCandidates = true
	for name, f := range map[string]Fragment{
		"credentials":             credentials,
		"several sections":        several,
		"ended, no candidates":    ended,
		"lite alone":              {Lite: true},
		"candidates, credentials": {Candidates: []Candidate{{"a", host}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(f.String())
			if err != nil || !reflect.DeepEqual(got, f) {
				t.Errorf("got %+v, %v\nwant %+v\nfrom\n%s", got, err, f, f)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(read(f, "chromium.sdpfrag"))
	f.Add(read(f, "medooze.sdpfrag"))
	f.Add(ufrag + pwd + "m=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:2 1 TCP 1 192.0.2.2 9 typ srflx raddr ::1 rport 0 tcptype active x\r\n")
	f.Add("a=ice-lite\na=ice-options: ice2,trickle\na=ice-pacing:50\na=group:BUNDLE 0\na=\n")
	f.Fuzz(func(t *testing.T, text string) {
		one, err := Parse(text)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("error %v is not ErrMalformed", err)
			}
			return
		}
		if len(one.Candidates) > maxCandidates {
			t.Fatalf("%d candidates", len(one.Candidates))
		}
		for _, c := range one.Candidates {
			if _, err := ice.UnmarshalCandidate(c.Line); err != nil {
				t.Fatalf("kept %q, which an agent refuses: %v", c.Line, err)
			}
		}
		written := one.String()
		if written == "" {
			return // only lines that say nothing
		}
		two, err := Parse(written)
		if err != nil || !reflect.DeepEqual(one, two) {
			t.Fatalf("read %+v\nwrote %q\nread %+v, %v", one, written, two, err)
		}
	})
}
