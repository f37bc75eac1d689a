package signaling

import (
	"fmt"
	"strings"
	"testing"

	"lectern/internal/classroom"
)

func message(class classroom.Class, key, text string) *classroom.Message {
	return &classroom.Message{Text: []byte(text), Class: class, Key: key}
}

// drained takes all that is in an outbox.
func drained(o *outbox) (texts []string, over bool) {
	for {
		m, over, _ := o.take()
		if m == nil {
			return texts, over
		}
		texts = append(texts, string(m.Text))
	}
}

func TestTheNewestOfAFleetingMessageTakesThePlace(t *testing.T) {
	o := newOutbox(1 << 20)
	for i := range 300 {
		o.push(message(classroom.Fleeting, "count", fmt.Sprint("count ", i)))
		o.push(message(classroom.Fleeting, "", fmt.Sprint("danmaku ", i%2)))
		if i == 1 {
			o.push(message(classroom.Lasting, "", "chat"))
		}
	}
	texts, _ := drained(o)
	if got := strings.Join(texts[:4], ", "); got != "count 299, danmaku 0, danmaku 1, chat" {
		t.Errorf("got %s", got)
	}
	if len(texts) != outboxMessages {
		t.Errorf("%d messages, want %d", len(texts), outboxMessages)
	}
	o.push(message(classroom.Fleeting, "count", "a"))
	o.push(message(classroom.Fleeting, "count", "b"))
	if texts, _ := drained(o); len(texts) != 1 || texts[0] != "b" {
		t.Errorf("got %q", texts)
	}
}

func TestFleetingMessagesGoFirst(t *testing.T) {
	o := newOutbox(1 << 20)
	for i := range outboxMessages {
		class := classroom.Lasting
		if i%2 == 0 {
			class = classroom.Fleeting
		}
		o.push(message(class, fmt.Sprint(i), fmt.Sprint(i)))
	}
	for i := range outboxMessages / 2 {
		if !o.push(message(classroom.Needed, "", fmt.Sprint("needed ", i))) {
			t.Fatalf("no room for message %d", i)
		}
	}
	if !o.push(message(classroom.Fleeting, "late", "late")) {
		t.Fatal("a fleeting message ends the connection")
	}
	if o.push(message(classroom.Lasting, "", "too much")) {
		t.Fatal("the queue has no bound")
	}
	if texts, _ := drained(o); len(texts) != 0 {
		t.Errorf("%d messages are kept for one who cannot take them", len(texts))
	}
}

func TestTheOutboxIsBoundedInBytes(t *testing.T) {
	o := newOutbox(1 << 20)
	large := strings.Repeat("x", 1<<20+1)
	if !o.push(message(classroom.Needed, "", large)) {
		t.Error("a large message alone is refused")
	}
	if o.push(message(classroom.Needed, "", "small")) {
		t.Error("more than the bound")
	}
}

func TestWhatWasMissedComesFirstAndHasNoBound(t *testing.T) {
	o := newOutbox(1 << 20)
	o.push(message(classroom.Needed, "", "welcome"))
	var missed []*classroom.Message
	for i := range 4096 {
		missed = append(missed, message(classroom.Lasting, "", fmt.Sprint("missed ", i)))
	}
	o.replay(missed)
	o.push(message(classroom.Lasting, "", "new"))
	texts, _ := drained(o)
	if len(texts) != 4098 || texts[0] != "welcome" || texts[1] != "missed 0" || texts[4096] != "missed 4095" || texts[4097] != "new" {
		t.Errorf("%d messages, %q … %q", len(texts), texts[:2], texts[len(texts)-2:])
	}
}

func TestAnOutboxEndsAfterWhatItHas(t *testing.T) {
	o := newOutbox(1 << 20)
	o.push(message(classroom.Needed, "", "last"))
	o.end(classroom.Close{Code: 4403})
	o.end(classroom.Close{Code: 1000})
	o.push(message(classroom.Needed, "", "too late"))
	if texts, over := drained(o); len(texts) != 1 || !over {
		t.Errorf("got %q, over %v", texts, over)
	}
	if _, _, why := o.take(); why.Code != 4403 {
		t.Errorf("ended with %d", why.Code)
	}
}
