package signaling

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"lectern/internal/auth"
	"lectern/internal/logs"
)

type lineList struct {
	Lines []logs.Line `json:"lines"`
}

// missedLines is an event of those who follow the log too slowly.
type missedLines struct {
	Lines uint64 `json:"lines"`
}

const (
	// maxTails bounds how many follow the log at once.
	maxTails = 16
	// stillOwner is how often somebody who follows is asked about again.
	stillOwner = time.Second
)

// wantedLines reads ?level=, the least that is wanted, and where to begin: after
// the line that a browser has had last (Last-Event-ID), or ?after=.
func wantedLines(c *gin.Context) (level slog.Level, after uint64, err error) {
	if text := c.Query("level"); text != "" {
		if level.UnmarshalText([]byte(text)) != nil {
			return 0, 0, errLevel
		}
	} else {
		level = slog.LevelDebug
	}
	text := c.GetHeader("Last-Event-ID")
	if text == "" {
		text = c.DefaultQuery("after", "0")
	}
	after, _ = strconv.ParseUint(text, 10, 64) // what is no number begins at the oldest
	return level, after, nil
}

var errLevel = errors.New("level is debug, info, warn or error")

// listLines answers with the lines that are kept.
func (s *Server) listLines(c *gin.Context) {
	_, err := s.owns(c)
	level, after, wrong := wantedLines(c)
	if err == nil {
		err = wrong
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	list := lineList{[]logs.Line{}}
	for _, l := range s.options.Owner.Logs.Lines(after) {
		if l.Level >= level {
			list.Lines = append(list.Lines, l)
		}
	}
	s.answer(c, http.StatusOK, list)
}

// followLines sends the lines that are kept and those that come, as server-sent
// events: "line", and "missed" where the client was too slow.
func (s *Server) followLines(c *gin.Context) {
	act, err := s.owns(c)
	level, after, wrong := wantedLines(c)
	if err == nil {
		err = wrong
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	end, ok := s.feeds.begin(allowance{"log", maxTails})
	if !ok {
		s.fail(c, errTails)
		return
	}
	defer end()
	if c.Request.Method == http.MethodHead {
		c.Header("Content-Type", "text/event-stream")
		return
	}
	if !s.gate.enter() {
		s.fail(c, errDraining)
		return
	}
	defer s.gate.leave()
	had, tail := s.options.Owner.Logs.Follow(after)
	defer tail.Close()
	out, err := startSSE(c)
	send := func(l logs.Line) {
		if err == nil && l.Level >= level {
			text, _ := json.Marshal(l) // texts and numbers cannot fail
			err = out.event("line", strconv.FormatUint(l.ID, 10), string(text))
		}
	}
	for _, l := range had {
		send(l)
	}
	beat, look := time.NewTicker(heartbeat), time.NewTicker(stillOwner)
	defer beat.Stop()
	defer look.Stop()
	for err == nil {
		select {
		case l := <-tail.Lines():
			send(l)
			if missed := tail.Missed(); missed > 0 && err == nil {
				text, _ := json.Marshal(missedLines{missed})
				err = out.event("missed", "", string(text))
			}
		case <-beat.C:
			err = out.write(":\n\n")
		case <-look.C:
			_, err = s.options.Authorizer.Decide(c.Request.Context(), Access{Action: auth.Admin, Token: s.bearer(c.Request), Remote: act.Remote})
			if errors.Is(err, ErrUnavailable) {
				err = nil
			}
		case <-c.Request.Context().Done():
			return
		case <-s.closing:
			return
		}
	}
}
