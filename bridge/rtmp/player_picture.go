package rtmp

import (
	"bytes"
	"encoding/binary"
	"time"

	"lectern/bridge/rtmp/wire"
	"lectern/internal/flv"
	"lectern/internal/frame"
	"lectern/internal/h264"
	"lectern/sfu"
)

// NAL unit types of H.264 §7.4.1 that an FLV stream has in its configuration,
// or not at all.
const (
	unitSPS       = 7
	unitPPS       = 8
	unitDelimiter = 9
	unitEnd       = 10
	unitEndStream = 11
	unitFiller    = 12
)

// playedPicture makes messages of H.264's packets.
type playedPicture struct {
	began     bool
	track     *sfu.Track
	assembler *frame.Assembler
	sps, pps  []byte
	config    []byte // the record that the client has
}

// take returns what becomes of the packet that comes next.
func (v *playedPicture) take(p sfu.Forwarded, l *timeline, now time.Time) (messages []wire.Message, err error) {
	if v.track != p.Track() {
		v.track = p.Track()
		if v.assembler, err = frame.NewAssembler(v.track.Codec.MimeType); err != nil {
			return nil, err
		}
	}
	v.assembler.Push(p.SequenceNumber, p.Timestamp, p.Header.Marker, p.Payload, func(u frame.Unit) {
		if err == nil {
			messages, err = v.unit(messages, u, l.place(p, u.Timestamp, now))
		}
	})
	return messages, err
}

// unit appends the messages of an access unit: its configuration when that is
// new, and the unit in the format of files (ISO/IEC 14496-15).
func (v *playedPicture) unit(messages []wire.Message, u frame.Unit, at uint32) ([]wire.Message, error) {
	var data []byte
	for _, unit := range u.NALUnits {
		switch unit[0] & 0x1f {
		case unitSPS:
			v.sps = bytes.Clone(unit)
		case unitPPS:
			v.pps = bytes.Clone(unit)
		case unitDelimiter, unitEnd, unitEndStream, unitFiller:
		default:
			data = append(binary.BigEndian.AppendUint32(data, uint32(len(unit))), unit...)
		}
	}
	if v.sps == nil || v.pps == nil || len(data) == 0 {
		return messages, nil
	}
	config := flv.AppendAVCConfig(nil, flv.AVCConfig{SPS: [][]byte{v.sps}, PPS: [][]byte{v.pps}})
	if !bytes.Equal(config, v.config) {
		body, err := flv.AppendVideo(nil, flv.Video{MimeType: "video/H264", Type: flv.VideoConfig, Key: true, Data: config})
		if err != nil {
			return nil, err
		}
		v.config = config
		messages = append(messages, metadata(v.sps), wire.Message{Type: wire.Video, Stream: streamID, Timestamp: at, Body: body})
	}
	body, err := flv.AppendVideo(nil, flv.Video{MimeType: "video/H264", Type: flv.VideoFrame, Key: u.Key, Data: data})
	if err != nil {
		return nil, err
	}
	v.began = true
	return append(messages, wire.Message{Type: wire.Video, Stream: streamID, Timestamp: at, Body: body}), nil
}

// metadata is what players like to know before the first picture: that there
// are picture and sound, and how large it is.
func metadata(sps []byte) wire.Message {
	values := wire.Object{{Name: "videocodecid", Value: 7}, {Name: "audiocodecid", Value: 10}, {Name: "server", Value: "Lectern"}}
	if s, err := h264.ParseSPS(sps); err == nil {
		values = append(values, wire.Property{Name: "width", Value: s.Width}, wire.Property{Name: "height", Value: s.Height})
	}
	return wire.Data(streamID, "onMetaData", values)
}
