package rtmp

import (
	"context"
	"fmt"

	"lectern/bridge/rtmp/wire"
)

const (
	// window is how much is acknowledged at a time: what servers have agreed on.
	window = 2_500_000
	// outChunk is the size of the chunks that we send.
	outChunk = 60_000
)

// commands are those that clients are known to send: half of them the
// specification leaves out (§7.2).
var commands = map[string]func(*session, context.Context, wire.Command) error{
	"connect":      (*session).connect,
	"publish":      (*session).publish,
	"play":         (*session).play,
	"deleteStream": (*session).deleteStream,
	"closeStream":  (*session).deleteStream,

	"createStream":    answer(streamID),
	"getStreamLength": answer(0), // of a live stream
	"releaseStream":   answer(nil),
	"pause":           answer(nil),
	"seek":            answer(nil),
	"receiveAudio":    answer(nil),
	"receiveVideo":    answer(nil),
	"_checkbw":        answer(nil),
	"FCPublish":       announce("onFCPublish", "NetStream.Publish.Start"),
	"FCUnpublish":     announce("onFCUnpublish", "NetStream.Unpublish.Success"),
	"FCSubscribe":     announce("onFCSubscribe", "NetStream.Play.Start"),
	"_result":         ignore,
	"_error":          ignore,
	"onStatus":        ignore,
}

func (s *session) command(ctx context.Context, m wire.Message) error {
	c, err := wire.ParseCommand(m, s.server.options.Limits.Wire)
	if err != nil {
		return err
	}
	do, known := commands[c.Name]
	switch {
	case !s.client.connected && c.Name != "connect":
		return errOrder
	case !known && c.Transaction == 0:
		return nil
	case !known:
		return s.wire.Write(wire.Command{
			Name: "_error", Transaction: c.Transaction,
			Args: []any{status("error", "NetConnection.Call.Failed", "There is no such command.")},
		}.Message(0))
	}
	return do(s, ctx, c)
}

// answer agrees to a command with a value.
func answer(value any) func(*session, context.Context, wire.Command) error {
	return func(s *session, _ context.Context, c wire.Command) error { return s.result(c, value) }
}

// announce agrees to a command, and says so in the way of Flash's servers too,
// for which some encoders wait.
func announce(name, code string) func(*session, context.Context, wire.Command) error {
	return func(s *session, _ context.Context, c wire.Command) error {
		if err := s.result(c, nil); err != nil {
			return err
		}
		return s.wire.Write(wire.Command{Name: name, Args: []any{status("status", code, "")}}.Message(0))
	}
}

func ignore(*session, context.Context, wire.Command) error { return nil }

// result answers a command that wants it.
func (s *session) result(c wire.Command, values ...any) error {
	if c.Transaction == 0 {
		return nil
	}
	return s.wire.Write(wire.Command{Name: "_result", Transaction: c.Transaction, Args: values}.Message(0))
}

// connect is §7.2.1.1.
func (s *session) connect(_ context.Context, c wire.Command) error {
	if s.client.connected {
		return fmt.Errorf("%w: a second connect", wire.ErrMalformed)
	}
	s.client = client{
		app: c.Object.String("app"), url: c.Object.String("tcUrl"), page: c.Object.String("pageUrl"),
		encoder: printable(c.Object.String("flashVer")), answerTo: c.Transaction,
	}
	switch {
	case s.server.draining.Load():
		return errStopping
	case s.place.crowded:
		return errCrowded
	}
	s.client.connected = true
	about := wire.Object{{Name: "fmsVer", Value: "FMS/3,5,7,7009"}, {Name: "capabilities", Value: 31}}
	info := append(status("status", "NetConnection.Connect.Success", "Connected."), wire.Property{Name: "objectEncoding", Value: 0})
	if c.Object.Get("fourCcList") != nil { // Enhanced RTMP: what codecs we know by these names
		info = append(info, wire.Property{Name: "fourCcList", Value: []any{"avc1", "hvc1", "av01", "vp09", "Opus", "mp4a"}})
	}
	return s.wire.Write(
		wire.Window(window), wire.PeerBandwidth(window), wire.ChunkSize(outChunk),
		wire.Command{Name: "_result", Transaction: c.Transaction, Object: about, Args: []any{info}}.Message(0))
}

// publish is §7.2.2.6. Whether it is to be recorded, its second argument, is
// not the encoder's to decide.
func (s *session) publish(ctx context.Context, c wire.Command) error {
	s.asked = "publish"
	if err := s.begin(ctx, c.String(0)); err != nil {
		return err
	}
	return s.wire.Write(wire.StreamBegin(streamID),
		onStatus("status", "NetStream.Publish.Start", "Publishing "+s.active.source+"."))
}

// play is §7.2.2.1. Where to start, for how long and whether to forget what
// was played before have no meaning with live streams.
func (s *session) play(ctx context.Context, c wire.Command) error {
	s.asked = "play"
	return s.begin(ctx, c.String(0))
}

// welcome tells a player that what it gets from now on is the stream.
func (s *session) welcome(source string) error {
	return s.wire.Write(wire.StreamBegin(streamID),
		onStatus("status", "NetStream.Play.Reset", "Playing "+source+"."),
		onStatus("status", "NetStream.Play.Start", "Playing "+source+"."),
		wire.Data(streamID, "|RtmpSampleAccess", true, true))
}

// deleteStream is §7.2.2.3. The client may publish or play again.
func (s *session) deleteStream(_ context.Context, c wire.Command) error {
	if s.active == nil {
		return s.result(c, nil)
	}
	s.stop(errDeleted)
	s.expectSetup()
	code := "NetStream.Unpublish.Success"
	if s.asked == "play" {
		code = "NetStream.Play.Stop"
	}
	if err := s.result(c, nil); err != nil {
		return err
	}
	return s.wire.Write(onStatus("status", code, "It has ended."))
}
