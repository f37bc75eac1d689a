package signaling_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"
)

// checks look inside an answer.
var checks = map[string]func(t *testing.T, offer, answer, argument string){
	"mirrors":    mirrors,
	"bundled":    bundled,
	"complete":   complete,
	"every":      every,
	"none":       none,
	"one-stream": oneStream,
	"simulcast":  simulcast,
	"first":      first,
}

func parse(t *testing.T, text string) *sdp.SessionDescription {
	t.Helper()
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return &d
}

// mirrors: the sections are those of the offer (RFC 9429 §5.3.1).
func mirrors(t *testing.T, offer, answer, _ string) {
	var lists [2][]string
	for i, d := range []*sdp.SessionDescription{parse(t, offer), parse(t, answer)} {
		for _, m := range d.MediaDescriptions {
			mid, _ := m.Attribute("mid")
			lists[i] = append(lists[i], m.MediaName.Media+" "+mid)
		}
	}
	if !slices.Equal(lists[0], lists[1]) {
		t.Errorf("answered %q, offered %q", lists[1], lists[0])
	}
	if !strings.HasPrefix(answer, "v=0\r\n") || strings.Contains(strings.ReplaceAll(answer, "\r\n", ""), "\n") {
		t.Error("the lines do not all end with CRLF")
	}
}

// bundled: one group over all, and both kinds of rtcp-mux in each.
func bundled(t *testing.T, _, answer, _ string) {
	d := parse(t, answer)
	var mids []string
	for _, m := range d.MediaDescriptions {
		mid, _ := m.Attribute("mid")
		mids = append(mids, mid)
		for _, name := range []string{"rtcp-mux", "rtcp-mux-only"} {
			if _, ok := m.Attribute(name); !ok {
				t.Errorf("section %s has no a=%s", mid, name)
			}
		}
	}
	if group, _ := d.Attribute("group"); group != "BUNDLE "+strings.Join(mids, " ") {
		t.Errorf("a=group:%s, want BUNDLE over %q", group, mids)
	}
}

// complete: everything that a client needs, as nothing can be told later.
func complete(t *testing.T, _, answer, _ string) {
	d := parse(t, answer)
	get := func(name string) (found []string) {
		for _, a := range d.Attributes {
			if a.Key == name {
				found = append(found, a.Value)
			}
		}
		for _, a := range d.MediaDescriptions[0].Attributes {
			if a.Key == name {
				found = append(found, a.Value)
			}
		}
		return found
	}
	for _, name := range []string{"ice-ufrag", "ice-pwd", "setup", "fingerprint", "end-of-candidates", "candidate"} {
		if len(get(name)) == 0 {
			t.Errorf("no a=%s in\n%s", name, answer)
		}
	}
	if f := get("fingerprint"); !strings.HasPrefix(f[0], "sha-256 ") {
		t.Errorf("a=fingerprint:%s", f[0])
	}
	seen := map[string]bool{}
	for _, c := range get("candidate") {
		fields := strings.Fields(c)
		if key := fields[2] + " " + fields[4]; fields[1] != "1" || seen[key] {
			t.Errorf("candidate %q: component %s, or twice", c, fields[1])
		} else {
			seen[key] = true
		}
	}
}

// every: the attribute is in every section; none: in no section.
func every(t *testing.T, _, answer, attribute string) {
	name, want, hasValue := strings.Cut(attribute, ":")
	for _, m := range parse(t, answer).MediaDescriptions {
		value, ok := m.Attribute(name)
		if !ok || hasValue && value != want {
			t.Errorf("%s section: %s is %v %q, want %q", m.MediaName.Media, name, ok, value, attribute)
		}
		if m.MediaName.Port.Value == 0 {
			t.Errorf("%s section has port 0", m.MediaName.Media)
		}
	}
}

func none(t *testing.T, _, answer, attribute string) {
	for line := range strings.Lines(answer) {
		if line = strings.TrimSpace(line); line == "a="+attribute || strings.HasPrefix(line, "a="+attribute+":") {
			t.Errorf("there is %s", line)
		}
	}
}

// oneStream: each section has an a=msid of the same stream, at most one a kind.
func oneStream(t *testing.T, _, answer, _ string) {
	streams, kinds := map[string]bool{}, map[string]int{}
	for _, m := range parse(t, answer).MediaDescriptions {
		msid, ok := m.Attribute("msid")
		if !ok {
			t.Errorf("%s section has no a=msid", m.MediaName.Media)
		}
		id, _, _ := strings.Cut(msid, " ")
		streams[id] = true
		kinds[m.MediaName.Media]++
	}
	if len(streams) != 1 || kinds["audio"] > 1 || kinds["video"] > 1 {
		t.Errorf("streams %v, kinds %v", streams, kinds)
	}
}

// simulcast: a=rid:X recv for each, and they are the value of a=simulcast.
func simulcast(t *testing.T, _, answer, rids string) {
	for _, m := range parse(t, answer).MediaDescriptions {
		if m.MediaName.Media != "video" {
			continue
		}
		var got []string
		for _, a := range m.Attributes {
			if id, ok := strings.CutSuffix(a.Value, " recv"); ok && a.Key == "rid" {
				got = append(got, id)
			}
		}
		if want := strings.Split(rids, ";"); !slices.Equal(got, want) {
			t.Errorf("a=rid for %q, want %q", got, want)
		}
		if value, _ := m.Attribute("simulcast"); value != "recv "+rids {
			t.Errorf("a=simulcast:%s, want recv %s", value, rids)
		}
	}
}

// first: the first candidate has the address.
func first(t *testing.T, _, answer, address string) {
	c, _ := parse(t, answer).MediaDescriptions[0].Attribute("candidate")
	if fields := strings.Fields(c); len(fields) < 5 || fields[4] != address {
		t.Errorf("the first candidate is %q, want %s", c, address)
	}
}
