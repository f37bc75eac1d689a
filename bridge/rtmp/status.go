package rtmp

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"lectern/bridge/rtmp/wire"
	"lectern/internal/auth"
	"lectern/sfu"
)

// Why sessions end. Their texts are what the peer reads.
var (
	errGone      = errors.New("the client has closed the connection")
	errDeleted   = errors.New("the client has ended the stream")
	errSlow      = errors.New("nothing was published or played in time")
	errNoMedia   = errors.New("no picture and no sound has come for too long")
	errSilent    = errors.New("nothing has come for too long: the connection seems to be dead")
	errExcess    = errors.New("more is sent than this server accepts; lower the bitrate")
	errCrowded   = errors.New("there are too many connections from your address")
	errAttempts  = errors.New("there were too many refused attempts from your address; wait a few seconds")
	errFull      = errors.New("as many play over RTMP as may; watch on the web page")
	errNoRoom    = errors.New("the server has no room for more; try again in a moment")
	errHasty     = errors.New("there were too many requests from your address; wait a few seconds")
	errStopping  = errors.New("the server is shutting down; try again in a moment")
	errTwice     = errors.New("this connection publishes or plays already")
	errOrder     = errors.New("a command has come before connect")
	errUndecided = errors.New("nobody could be asked whether you may; try again in a moment")
	errBroken    = errors.New("something is wrong with this server")
)

// publishCodes are what encoders look at when publishing has failed; the rest
// is rejected.
var publishCodes = []struct {
	cause error
	code  string
}{
	{auth.ErrNoToken, "NetStream.Publish.Unauthorized"},
	{auth.ErrInvalidToken, "NetStream.Publish.Unauthorized"},
	{auth.ErrDenied, "NetStream.Publish.Unauthorized"},
	{errAttempts, "NetStream.Publish.Unauthorized"},
	{sfu.ErrName, "NetStream.Publish.BadName"},
	{sfu.ErrTaken, "NetStream.Publish.BadName"},
	{sfu.ErrReplaced, "NetStream.Publish.BadName"},
	{errTwice, "NetStream.Publish.BadName"},
}

func publishCode(cause error) string {
	for _, c := range publishCodes {
		if errors.Is(cause, c.cause) {
			return c.code
		}
	}
	return "NetStream.Publish.Rejected"
}

// playCode is the same for players.
func playCode(cause error) string {
	if errors.Is(cause, sfu.ErrName) {
		return "NetStream.Play.StreamNotFound"
	}
	return "NetStream.Play.Failed"
}

// status is the object by which a server tells how it stands (§7.2).
func status(level, code, text string) wire.Object {
	return wire.Object{{Name: "level", Value: level}, {Name: "code", Value: code}, {Name: "description", Value: text}}
}

// onStatus is a command that tells it without having been asked.
func onStatus(level, code, text string) wire.Message {
	return wire.Command{Name: "onStatus", Args: []any{status(level, code, text)}}.Message(streamID)
}

// sentence makes one of a cause.
func sentence(cause error) string {
	s := cause.Error()
	first, size := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(first)) + s[size:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}
