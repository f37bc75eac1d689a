package classroom

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAMicrophoneThatStopsIsToldToAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scene{notes: newNotes()}
		r, teacher := newRoom(t, Options{Media: s})
		v, line := enter(t, r, "math", teacher)
		_, other := enter(t, r, "math", teacher)
		member := string(v.session.member)
		s.events.Connected(member, Pub)
		s.events.Sending(member, Mic, true)
		hear(t, v, `{"id":2,"type":"media.state","data":{"mic":true}}`)
		time.Sleep(time.Minute)
		s.events.Sending(member, Mic, false)
		time.Sleep(time.Minute)
		for _, l := range []*notes{line, other} {
			l.want(t, `"state":"live","audio_stalled":true`)
		}
		s.events.Sending(member, Mic, true)
		line.want(t, `"audio":true,"video":false,"epoch":1,"state":"live"}`)
	})
}
