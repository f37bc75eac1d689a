package flv

import (
	"fmt"
	"strings"
)

// VideoType is what a video message carries.
type VideoType uint8

// The types of video messages.
const (
	VideoOther    VideoType = iota // nothing that is used here: a command, another track
	VideoConfig                    // a decoder configuration record
	VideoFrame                     // an access unit
	VideoEnd                       // the end of the sequence, without data
	VideoMetadata                  // colour information, in AMF
)

// Video is one video message.
type Video struct {
	// MimeType is the codec's, such as "video/H264"; "" with VideoOther.
	MimeType string
	Type     VideoType
	// Key says that the encoder calls the frame a key frame.
	Key bool
	// CompositionTime is how much later than its timestamp the frame is shown,
	// in milliseconds.
	CompositionTime int32
	// Data is, of H.264 and H.265, NAL units with their lengths before them
	// (ISO/IEC 14496-15), of AV1 a temporal unit in the low-overhead format, of
	// VP9 a frame or superframe; of a configuration, the record.
	Data []byte
}

// Frame types and codecs in the first octet of a body.
const (
	frameKey     = 1
	frameInter   = 2
	frameCommand = 5

	codecH264 = 7
	codecH265 = 12 // never registered, but what many encoders write
)

// Video packet types of Enhanced RTMP beyond those that audio has.
const (
	videoCodedFramesX = 3 // as packetCodedFrames, with a composition time of 0
	videoMetadata     = 4
	videoMPEG2TS      = 5
	videoMultitrack   = 6
)

// videoNames are the codecs of FLV's older video tags that are not dealt with.
var videoNames = map[uint8]string{
	1: "JPEG", 2: "Sorenson H.263", 3: "Screen video", 4: "On2 VP6", 5: "On2 VP6 with alpha", 6: "Screen video 2", 8: "Real H.263", 9: "MPEG-4 part 2",
}

// videoFourCC are the codecs of Enhanced RTMP; delayed says that frames have
// a composition time.
var videoFourCC = map[string]struct {
	mimeType string
	delayed  bool
}{
	"avc1": {"video/H264", true},
	"hvc1": {"video/H265", true},
	"av01": {"video/AV1", false},
	"vp09": {"video/VP9", false},
}

// ParseVideo reads the body of a video message. Data is a part of body. The
// error wraps ErrMalformed or ErrUnsupported. Of a message with several tracks
// it reads the one with the number 0, which is the default.
func ParseVideo(body []byte) (Video, error) {
	o := octets{rest: body}
	head := o.uint8()
	if o.short {
		return Video{}, malformed("an empty video message")
	}
	if head&0x80 != 0 {
		return parseExtendedVideo(&o, head)
	}
	frame, codec := head>>4, head&0x0f
	if frame == frameCommand {
		return Video{}, nil
	}
	v := Video{MimeType: "video/H264", Key: frame == frameKey}
	switch codec {
	case codecH264:
	case codecH265:
		v.MimeType = "video/H265"
	default:
		name, ok := videoNames[codec]
		if !ok {
			name = fmt.Sprintf("video codec %d", codec)
		}
		return Video{}, fmt.Errorf("%s is %w", name, ErrUnsupported)
	}
	packetType := o.uint8()
	v.CompositionTime = o.int24()
	if o.short {
		return Video{}, malformed("a video message of %d octets", len(body))
	}
	return v.fill(packetType, o.rest)
}

// fill takes the data as the packet type says.
func (v Video) fill(packetType uint8, data []byte) (Video, error) {
	switch packetType {
	case packetSequenceStart:
		v.Type, v.Data, v.Key, v.CompositionTime = VideoConfig, data, false, 0
	case packetCodedFrames:
		v.Type, v.Data = VideoFrame, data
	case packetSequenceEnd:
		v.Type, v.Key, v.CompositionTime = VideoEnd, false, 0
	default:
		return Video{}, malformed("video packet type %d", packetType)
	}
	return v, nil
}

// parseExtendedVideo reads an ExVideoTagHeader and what follows.
func parseExtendedVideo(o *octets, head uint8) (Video, error) {
	frame := head >> 4 & 0x07
	packetType := skipModifiers(o, head&0x0f)
	if packetType != videoMetadata && frame == frameCommand {
		return Video{}, nil
	}
	var fourCC string
	if packetType == videoMultitrack {
		var ok bool
		if packetType, fourCC, ok = firstTrack(o); !ok && !o.short {
			return Video{}, nil
		}
	} else {
		fourCC = o.fourCC()
	}
	if o.short {
		return Video{}, malformed("a video message that ends in its header")
	}
	codec, ok := videoFourCC[fourCC]
	if !ok {
		return Video{}, fmt.Errorf("video codec %q is %w", fourCC, ErrUnsupported)
	}
	v := Video{MimeType: codec.mimeType, Key: frame == frameKey}
	switch packetType {
	case videoMetadata:
		return Video{MimeType: codec.mimeType, Type: VideoMetadata, Data: o.rest}, nil
	case videoMPEG2TS:
		return Video{}, nil
	case videoCodedFramesX:
		packetType = packetCodedFrames
	case packetCodedFrames:
		if codec.delayed {
			v.CompositionTime = o.int24()
		}
		if o.short {
			return Video{}, malformed("a video message that ends in its header")
		}
	}
	return v.fill(packetType, o.rest)
}

// AppendVideo appends the body of a video message to b: H.264 in the way that
// every reader knows, other codecs as Enhanced RTMP has them. Configurations,
// frames and ends can be written; the error wraps ErrUnsupported.
func AppendVideo(b []byte, v Video) ([]byte, error) {
	packetType := byte(packetCodedFrames)
	frame := byte(frameInter)
	switch v.Type {
	case VideoConfig:
		packetType, frame = packetSequenceStart, frameKey
	case VideoEnd:
		packetType, frame = packetSequenceEnd, frameKey
	case VideoFrame:
		if v.Key {
			frame = frameKey
		}
	default:
		return b, fmt.Errorf("a video message of type %d is %w", v.Type, ErrUnsupported)
	}
	if strings.EqualFold(v.MimeType, "video/H264") {
		b = append(b, frame<<4|codecH264, packetType)
		return append(appendUint24(b, uint32(v.CompositionTime)), v.Data...), nil
	}
	for fourCC, codec := range videoFourCC {
		if !strings.EqualFold(codec.mimeType, v.MimeType) {
			continue
		}
		b = append(append(b, 0x80|frame<<4|packetType), fourCC...)
		if codec.delayed && v.Type == VideoFrame {
			b = appendUint24(b, uint32(v.CompositionTime))
		}
		return append(b, v.Data...), nil
	}
	return b, fmt.Errorf("%s is %w", v.MimeType, ErrUnsupported)
}
