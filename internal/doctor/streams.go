package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"lectern/internal/trial"
)

// stream is one of GET /api/v1/streams.
type stream struct {
	Name   string `json:"name"`
	State  string `json:"state"`
	Tracks []struct {
		Kind  string `json:"kind"`
		Codec string `json:"codec"`
	} `json:"tracks"`
	Publisher *struct {
		Protocol string `json:"protocol"`
		Problems []struct {
			Code  string `json:"code"`
			Grave bool   `json:"grave"`
			Text  string `json:"text"`
			Fix   string `json:"fix"`
		} `json:"problems"`
	} `json:"publisher"`
}

// rare are codecs that some browsers do not play, and which they are.
var rare = map[string]string{
	"video/h265": "Firefox and many machines without the hardware for it",
	"video/av1":  "Safari on older devices",
}

// streams says what viewers of the live ones will notice.
func (e *exam) streams(ctx context.Context) {
	if e.url == "" {
		return
	}
	const title = "live streams"
	status, _, body, err := e.request(ctx, http.MethodGet, e.url+"/api/v1/streams", "", nil)
	var list struct{ Streams []stream }
	switch {
	case err != nil:
		e.add("streams", Warn, title, err.Error(), "check that the server answers")
		return
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		e.add("streams", Warn, title, "not looked at: a key is needed here", "give one with --token")
		return
	case status != http.StatusOK || json.Unmarshal(body, &list) != nil:
		e.add("streams", Warn, title, fmt.Sprintf("the list is answered with %d", status), "the server's log names the cause")
		return
	}
	e.judgeStreams(list.Streams)
}

func (e *exam) judgeStreams(list []stream) {
	live, before := 0, len(e.found)
	for _, s := range list {
		if trial.Is(s.Name) { // as older servers list them
			continue
		}
		if s.State == "live" {
			live++
		}
		for _, t := range s.Tracks {
			if who, ok := rare[strings.ToLower(t.Codec)]; ok {
				e.add("streams.codec", Warn, s.Name, fmt.Sprintf("%s is not played by %s", t.Codec, who), "let the encoder send H.264")
			}
		}
		if s.Publisher == nil {
			continue
		}
		for _, p := range s.Publisher.Problems {
			level := Warn
			if p.Grave {
				level = Fail
			}
			e.add("streams."+p.Code, level, s.Name, p.Text, p.Fix)
		}
	}
	if len(e.found) == before {
		e.add("streams", OK, "live streams", fmt.Sprintf("%d, none with a problem", live), "")
	}
}
