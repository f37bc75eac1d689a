package flv

import "fmt"

// AudioCodec is how sound is encoded.
type AudioCodec uint8

// The codecs that FLV and Enhanced RTMP have numbers for.
const (
	AudioUnknown AudioCodec = iota
	AAC
	MP3
	Opus
	PCM // linear, the lower octet first
	ADPCM
	Nellymoser
	G711A
	G711Mu
	Speex
	AC3
	EAC3
	FLAC
	DeviceSound // of one device alone
)

// String returns the codec's name as people say it.
func (c AudioCodec) String() string {
	if int(c) < len(audioNames) {
		return audioNames[c]
	}
	return audioNames[AudioUnknown]
}

var audioNames = [...]string{
	"an unknown audio codec", "AAC", "MP3", "Opus", "PCM", "ADPCM", "Nellymoser", "G.711 A-law", "G.711 µ-law", "Speex", "AC-3", "E-AC-3", "FLAC", "device-specific sound",
}

// audioCodecs are the formats of the first octet of a body.
var audioCodecs = [16]AudioCodec{
	0: PCM, 1: ADPCM, 2: MP3, 3: PCM, 4: Nellymoser, 5: Nellymoser, 6: Nellymoser, 7: G711A, 8: G711Mu, 10: AAC, 11: Speex, 14: MP3, 15: DeviceSound,
}

// audioFourCC are the codecs of Enhanced RTMP.
var audioFourCC = map[string]AudioCodec{
	"mp4a": AAC, ".mp3": MP3, "Opus": Opus, "ac-3": AC3, "ec-3": EAC3, "fLaC": FLAC,
}

// AudioType is what an audio message carries.
type AudioType uint8

// The types of audio messages.
const (
	AudioOther  AudioType = iota // nothing that is used here: another track, a layout of channels
	AudioConfig                  // of AAC an AudioSpecificConfig, of Opus its identification header
	AudioFrame                   // one frame; of PCM, any number of samples
	AudioEnd                     // the end of the sequence, without data
)

// Audio is one audio message.
type Audio struct {
	Codec AudioCodec
	Type  AudioType
	// SampleRate is in Hz, Channels are 1 or 2 and Bits, of PCM, 8 or 16, as
	// the message's own header says; all are 0 where it does not. For AAC and
	// MP3, whose headers are known to be wrong, it is the frame that counts.
	SampleRate, Channels, Bits int
	Data                       []byte
}

const (
	formatPCM      = 3
	formatMP3      = 2
	formatExtended = 9
	formatAAC      = 10
	formatMP3At8k  = 14

	audioMultichannel = 4 // packet types of Enhanced RTMP
	audioMultitrack   = 5
)

// ParseAudio reads the body of an audio message. Data is a part of body. Every
// codec is read, and it is up to the caller what to do with it; the error wraps
// ErrMalformed, or ErrUnsupported for one without a name. Of a message with
// several tracks it reads the one with the number 0, which is the default.
func ParseAudio(body []byte) (Audio, error) {
	o := octets{rest: body}
	head := o.uint8()
	if o.short {
		return Audio{}, malformed("an empty audio message")
	}
	format := head >> 4
	if format == formatExtended {
		return parseExtendedAudio(&o, head&0x0f)
	}
	a := Audio{Codec: audioCodecs[format], Type: AudioFrame}
	if a.Codec == AudioUnknown {
		return Audio{}, fmt.Errorf("audio format %d is %w", format, ErrUnsupported)
	}
	a.SampleRate = [4]int{5512, 11025, 22050, 44100}[head>>2&3]
	a.Bits, a.Channels = 8<<(head>>1&1), 1+int(head&1)
	switch format {
	case formatMP3At8k:
		a.SampleRate = 8000
	case formatAAC:
		switch packetType := o.uint8(); {
		case o.short:
			return Audio{}, malformed("an audio message of one octet")
		case packetType == packetSequenceStart:
			a.Type = AudioConfig
		case packetType != packetCodedFrames:
			return Audio{}, malformed("AAC packet type %d", packetType)
		}
	}
	a.Data = o.rest
	return a, nil
}

// parseExtendedAudio reads an ExAudioTagHeader and what follows.
func parseExtendedAudio(o *octets, packetType uint8) (Audio, error) {
	packetType = skipModifiers(o, packetType)
	var fourCC string
	if packetType == audioMultitrack {
		var ok bool
		if packetType, fourCC, ok = firstTrack(o); !ok && !o.short {
			return Audio{}, nil
		}
	} else {
		fourCC = o.fourCC()
	}
	if o.short {
		return Audio{}, malformed("an audio message that ends in its header")
	}
	codec, ok := audioFourCC[fourCC]
	if !ok {
		return Audio{}, fmt.Errorf("audio codec %q is %w", fourCC, ErrUnsupported)
	}
	a := Audio{Codec: codec}
	switch packetType {
	case packetSequenceStart:
		a.Type, a.Data = AudioConfig, o.rest
	case packetCodedFrames:
		a.Type, a.Data = AudioFrame, o.rest
	case packetSequenceEnd:
		a.Type = AudioEnd
	case audioMultichannel:
	default:
		return Audio{}, malformed("audio packet type %d", packetType)
	}
	return a, nil
}

// AppendAudio appends the body of an audio message to b: a configuration or
// frame of AAC or Opus, a frame of MP3, or of PCM with 16 bits and a rate of
// FLV's (5512, 11025, 22050, 44100 Hz). The error wraps ErrUnsupported.
func AppendAudio(b []byte, a Audio) ([]byte, error) {
	const best = 3<<2 | 1<<1 | 1 // 44.1 kHz, 16 bits, stereo: what AAC and MP3 have to say
	packetType := byte(packetCodedFrames)
	switch {
	case a.Type == AudioConfig && (a.Codec == AAC || a.Codec == Opus):
		packetType = packetSequenceStart
	case a.Type != AudioFrame:
		return b, fmt.Errorf("an audio message of type %d of %s is %w", a.Type, a.Codec, ErrUnsupported)
	}
	switch a.Codec {
	case AAC:
		b = append(b, formatAAC<<4|best, packetType)
	case MP3:
		b = append(b, formatMP3<<4|best)
	case Opus:
		b = append(append(b, formatExtended<<4|packetType), "Opus"...)
	case PCM:
		rate := map[int]byte{5512: 0, 11025: 1 << 2, 22050: 2 << 2, 44100: 3 << 2}
		bits, ok := rate[a.SampleRate]
		if !ok || a.Bits != 16 || a.Channels < 1 || a.Channels > 2 {
			return b, fmt.Errorf("PCM of %d bits, %d Hz, %d channels is %w", a.Bits, a.SampleRate, a.Channels, ErrUnsupported)
		}
		b = append(b, formatPCM<<4|bits|1<<1|byte(a.Channels-1))
	default:
		return b, fmt.Errorf("writing %s is %w", a.Codec, ErrUnsupported)
	}
	return append(b, a.Data...), nil
}
