package flv

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestAudioMessages(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		want Audio
	}{
		"AAC configuration": {"\xaf\x00\x12\x10", Audio{Codec: AAC, Type: AudioConfig, SampleRate: 44100, Channels: 2, Bits: 16, Data: []byte("\x12\x10")}},
		"AAC frame":         {"\xaf\x01x", Audio{Codec: AAC, Type: AudioFrame, SampleRate: 44100, Channels: 2, Bits: 16, Data: []byte("x")}},
		"MP3":               {"\x2ex", Audio{Codec: MP3, Type: AudioFrame, SampleRate: 44100, Channels: 1, Bits: 16, Data: []byte("x")}},
		"MP3 at 8 kHz":      {"\xe2x", Audio{Codec: MP3, Type: AudioFrame, SampleRate: 8000, Channels: 1, Bits: 16, Data: []byte("x")}},
		"PCM":               {"\x3bxy", Audio{Codec: PCM, Type: AudioFrame, SampleRate: 22050, Channels: 2, Bits: 16, Data: []byte("xy")}},
		"Speex":             {"\xb2x", Audio{Codec: Speex, Type: AudioFrame, SampleRate: 5512, Channels: 1, Bits: 16, Data: []byte("x")}},
		"Nellymoser":        {"\x52x", Audio{Codec: Nellymoser, Type: AudioFrame, SampleRate: 5512, Channels: 1, Bits: 16, Data: []byte("x")}},
		"Opus header":       {"\x90Opusx", Audio{Codec: Opus, Type: AudioConfig, Data: []byte("x")}},
		"Opus":              {"\x91Opusx", Audio{Codec: Opus, Type: AudioFrame, Data: []byte("x")}},
		"Opus end":          {"\x92Opus", Audio{Codec: Opus, Type: AudioEnd}},
		"enhanced AAC":      {"\x91mp4ax", Audio{Codec: AAC, Type: AudioFrame, Data: []byte("x")}},
		"enhanced MP3":      {"\x91.mp3x", Audio{Codec: MP3, Type: AudioFrame, Data: []byte("x")}},
		"AC-3":              {"\x91ac-3x", Audio{Codec: AC3, Type: AudioFrame, Data: []byte("x")}},
		"channels":          {"\x94Opusx", Audio{Codec: Opus}},
		"ModEx":             {"\x97\x00\x00\x01Opusx", Audio{Codec: Opus, Type: AudioFrame, Data: []byte("x")}},
		"many tracks":       {"\x95\x21ac-3\x01\x00\x00\x01yOpus\x00\x00\x00\x01x", Audio{Codec: Opus, Type: AudioFrame, Data: []byte("x")}},
		"another track":     {"\x95\x01Opus\x03x", Audio{}},
	} {
		if got, err := ParseAudio([]byte(test.body)); err != nil || !reflect.DeepEqual(got, test.want) && !(len(got.Data) == 0 && len(test.want.Data) == 0 && got.Codec == test.want.Codec && got.Type == test.want.Type) {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, test.want)
		}
	}
}

func TestAudioThatIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		want error
		says string
	}{
		"empty":            {"", ErrMalformed, "empty"},
		"AAC of one octet": {"\xaf", ErrMalformed, "one octet"},
		"AAC packet type":  {"\xaf\x07", ErrMalformed, "7"},
		"reserved format":  {"\xc2x", ErrUnsupported, "audio format 12"},
		"FourCC":           {"\x91dts x", ErrUnsupported, `"dts "`},
		"FourCC cut":       {"\x91Op", ErrMalformed, ""},
		"packet type":      {"\x99Opus", ErrMalformed, "9"},
	} {
		_, err := ParseAudio([]byte(test.body))
		if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got %v, want %v with %q", name, err, test.want, test.says)
		}
	}
}

func TestAudioCodecsHaveNames(t *testing.T) {
	for _, codec := range audioCodecs {
		if codec != AudioUnknown && codec.String() == AudioUnknown.String() {
			t.Errorf("codec %d has no name", codec)
		}
	}
	if got := AudioCodec(200).String(); got != "an unknown audio codec" {
		t.Errorf("a codec without a number is %q", got)
	}
}

func TestWrittenAudioReadsAsTheSame(t *testing.T) {
	for _, a := range []Audio{
		{Codec: AAC, Type: AudioConfig, SampleRate: 44100, Channels: 2, Bits: 16, Data: []byte{0x12, 0x10}},
		{Codec: AAC, Type: AudioFrame, SampleRate: 44100, Channels: 2, Bits: 16, Data: []byte{1}},
		{Codec: MP3, Type: AudioFrame, SampleRate: 44100, Channels: 2, Bits: 16, Data: []byte{1}},
		{Codec: PCM, Type: AudioFrame, SampleRate: 22050, Channels: 1, Bits: 16, Data: []byte{1, 2}},
		{Codec: Opus, Type: AudioConfig, Data: []byte{1}},
		{Codec: Opus, Type: AudioFrame, Data: []byte{1}},
	} {
		body, err := AppendAudio(nil, a)
		if err != nil {
			t.Fatalf("%+v: %v", a, err)
		}
		if got, err := ParseAudio(body); err != nil || !reflect.DeepEqual(got, a) {
			t.Errorf("wrote %+v, read %+v, %v", a, got, err)
		}
	}
	for _, a := range []Audio{{Codec: Speex, Type: AudioFrame}, {Codec: MP3, Type: AudioConfig}, {Codec: PCM, Type: AudioFrame, SampleRate: 48000, Channels: 2, Bits: 16}} {
		if _, err := AppendAudio(nil, a); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%+v: got %v, want %v", a, err, ErrUnsupported)
		}
	}
}

func FuzzParseAudio(f *testing.F) {
	for _, s := range []string{"\xaf\x00\x12\x10", "\x2fx", "\x91Opusx", "\x95\x21ac-3\x01\x00\x00\x01yOpus\x00\x00\x00\x01x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := ParseAudio(body)
		if err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnsupported) {
			t.Errorf("error of another kind: %v", err)
		}
		if !bytes.Contains(body, a.Data) {
			t.Error("the data are not of the body")
		}
	})
}
