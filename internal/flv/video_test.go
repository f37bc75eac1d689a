package flv

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestVideoMessages(t *testing.T) {
	config, frame := []byte{1, 2, 3}, []byte{0, 0, 0, 1, 0x65}
	join := func(head []byte, parts ...any) []byte {
		for _, p := range parts {
			switch p := p.(type) {
			case string:
				head = append(head, p...)
			case []byte:
				head = append(head, p...)
			case int:
				head = append(head, byte(p))
			}
		}
		return head
	}
	for name, test := range map[string]struct {
		body []byte
		want Video
	}{
		"H.264 configuration":       {join([]byte{0x17, 0, 0, 0, 0}, config), Video{MimeType: "video/H264", Type: VideoConfig, Data: config}},
		"H.264 key frame":           {join([]byte{0x17, 1, 0, 0, 80}, frame), Video{MimeType: "video/H264", Type: VideoFrame, Key: true, CompositionTime: 80, Data: frame}},
		"H.264 frame shown earlier": {join([]byte{0x27, 1, 0xff, 0xff, 0xff}, frame), Video{MimeType: "video/H264", Type: VideoFrame, CompositionTime: -1, Data: frame}},
		"H.264 disposable frame":    {join([]byte{0x37, 1, 0, 0, 0}, frame), Video{MimeType: "video/H264", Type: VideoFrame, Data: frame}},
		"H.264 end":                 {[]byte{0x17, 2, 0, 0, 0}, Video{MimeType: "video/H264", Type: VideoEnd}},
		"H.265 as codec 12":         {join([]byte{0x1c, 1, 0, 0, 0}, frame), Video{MimeType: "video/H265", Type: VideoFrame, Key: true, Data: frame}},
		"command":                   {[]byte{0x57, 0}, Video{}},

		"enhanced H.265 configuration":                  {join([]byte{0x90}, "hvc1", config), Video{MimeType: "video/H265", Type: VideoConfig, Data: config}},
		"enhanced H.265 frame":                          {join([]byte{0x91}, "hvc1", 0, 0, 40, frame), Video{MimeType: "video/H265", Type: VideoFrame, Key: true, CompositionTime: 40, Data: frame}},
		"enhanced H.265 frame without composition time": {join([]byte{0xa3}, "hvc1", frame), Video{MimeType: "video/H265", Type: VideoFrame, Data: frame}},
		"enhanced H.264 frame":                          {join([]byte{0xa1}, "avc1", 0, 0, 1, frame), Video{MimeType: "video/H264", Type: VideoFrame, CompositionTime: 1, Data: frame}},
		"AV1 frame":                                     {join([]byte{0x91}, "av01", frame), Video{MimeType: "video/AV1", Type: VideoFrame, Key: true, Data: frame}},
		"VP9 end":                                       {join([]byte{0x92}, "vp09"), Video{MimeType: "video/VP9", Type: VideoEnd}},
		"metadata":                                      {join([]byte{0xd4}, "hvc1", config), Video{MimeType: "video/H265", Type: VideoMetadata, Data: config}},
		"AV1 in a transport stream's words":             {join([]byte{0x95}, "av01", config), Video{}},
		"enhanced command":                              {[]byte{0xd1, 0}, Video{}},
		"ModEx":                                         {join([]byte{0x97}, 2, 1, 2, 3, 0x01, "hvc1", 0, 0, 0, frame), Video{MimeType: "video/H265", Type: VideoFrame, Key: true, Data: frame}},
		"two ModEx, one long": {join([]byte{0x97}, 0, 9, 0x07, 255, 1, 0, make([]byte, 257), 0x03, "hvc1", frame),
			Video{MimeType: "video/H265", Type: VideoFrame, Key: true, Data: frame}},
		"one track":             {join([]byte{0x96}, 0x03, "hvc1", 0, frame), Video{MimeType: "video/H265", Type: VideoFrame, Key: true, Data: frame}},
		"another track":         {join([]byte{0x96}, 0x03, "hvc1", 1, frame), Video{}},
		"many tracks":           {join([]byte{0x96}, 0x13, "hvc1", 1, 0, 0, 2, 8, 8, 0, 0, 0, 5, frame), Video{MimeType: "video/H265", Type: VideoFrame, Key: true, Data: frame}},
		"many tracks, codecs":   {join([]byte{0x96}, 0x21, "vp09", 2, 0, 0, 1, 8, "av01", 0, 0, 0, 5, frame), Video{MimeType: "video/AV1", Type: VideoFrame, Key: true, Data: frame}},
		"many tracks, not ours": {join([]byte{0x96}, 0x11, "vp09", 2, 0, 0, 1, 8), Video{}},
	} {
		got, err := ParseVideo(test.body)
		if len(got.Data) == 0 {
			got.Data = nil
		}
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, test.want)
		}
	}
}

func TestVideoThatIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		want error
		says string
	}{
		"empty":                    {"", ErrMalformed, "empty"},
		"cut short":                {"\x17\x01\x00", ErrMalformed, "3 octets"},
		"packet type":              {"\x17\x09\x00\x00\x00", ErrMalformed, "9"},
		"Sorenson":                 {"\x12\x00", ErrUnsupported, "Sorenson H.263 is not supported"},
		"VP6":                      {"\x14\x00", ErrUnsupported, "On2 VP6"},
		"nameless":                 {"\x1f\x00", ErrUnsupported, "video codec 15"},
		"FourCC":                   {"\x91vvc1", ErrUnsupported, `"vvc1"`},
		"FourCC cut":               {"\x91hv", ErrMalformed, ""},
		"ModEx cut":                {"\x97\xff\xff", ErrMalformed, ""},
		"ModEx for ever":           {"\x97\x00\x00\x07", ErrMalformed, ""},
		"many tracks cut":          {"\x96\x13hvc1\x01\x00\x00\x09a", ErrMalformed, ""},
		"composition time cut":     {"\x91hvc1\x00\x00", ErrMalformed, ""},
		"extended packet type":     {"\x9bhvc1", ErrMalformed, "11"},
		"multitrack in multitrack": {"\x96\x06hvc1\x00", ErrMalformed, "6"},
	} {
		_, err := ParseVideo([]byte(test.body))
		if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got %v, want %v with %q", name, err, test.want, test.says)
		}
	}
}

func TestWrittenVideoReadsAsTheSame(t *testing.T) {
	for _, mime := range []string{"video/H264", "video/H265", "video/AV1", "video/VP9"} {
		delay := int32(-40)
		if mime == "video/AV1" || mime == "video/VP9" {
			delay = 0
		}
		for _, v := range []Video{
			{MimeType: mime, Type: VideoConfig, Data: []byte{1, 2}},
			{MimeType: mime, Type: VideoFrame, Key: true, CompositionTime: delay, Data: []byte{3}},
			{MimeType: mime, Type: VideoFrame, CompositionTime: -delay, Data: []byte{4}},
			{MimeType: mime, Type: VideoEnd},
		} {
			prefix := []byte("before")
			body, err := AppendVideo(prefix, v)
			if err != nil || !bytes.HasPrefix(body, prefix) {
				t.Fatalf("%+v: %q, %v", v, body, err)
			}
			if got, err := ParseVideo(body[len(prefix):]); err != nil || !reflect.DeepEqual(got, v) {
				t.Errorf("wrote %+v, read %+v, %v", v, got, err)
			}
		}
	}
	for _, v := range []Video{{MimeType: "video/VP8", Type: VideoFrame}, {MimeType: "video/H264"}} {
		if _, err := AppendVideo(nil, v); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%+v: got %v, want %v", v, err, ErrUnsupported)
		}
	}
}

func FuzzParseVideo(f *testing.F) {
	for _, s := range []string{"\x17\x01\x00\x00\x00\x00\x00\x00\x01\x65", "\x90hvc1abc", "\x97\x02\x01\x02\x03\x01hvc1\x00\x00\x00ab", "\x96\x13hvc1\x01\x00\x00\x02ab\x00\x00\x00\x01c", "\x96\x21vp09\x02\x00\x00\x01aav01\x00\x00\x00\x01b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := ParseVideo(body)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnsupported) {
				t.Errorf("error of another kind: %v", err)
			}
			return
		}
		if len(v.Data) > 0 && !bytes.Contains(body, v.Data) {
			t.Error("the data are not of the body")
		}
		if v.Type == VideoOther || v.Type == VideoMetadata {
			return
		}
		again, err := AppendVideo(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseVideo(again)
		if err != nil || back.Type != v.Type || back.Key != v.Key || back.CompositionTime != v.CompositionTime || !bytes.Equal(back.Data, v.Data) {
			t.Errorf("wrote %+v, read %+v, %v", v, back, err)
		}
	})
}
