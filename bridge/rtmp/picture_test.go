package rtmp

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"lectern/internal/flv"
	"lectern/internal/testmedia"
	"lectern/sfu"
)

// enhanced makes messages of Enhanced RTMP out of a real stream, 30 pictures a
// second. The parameter sets are in the configuration alone, as muxers have it.
func enhanced(t *testing.T, mime string, frames, gop int) []flv.Tag {
	t.Helper()
	depacketizers := map[string]rtp.Depacketizer{
		"video/H265": &codecs.H265Depacketizer{}, "video/VP9": &codecs.VP9Packet{}, "video/AV1": &codecs.AV1Depacketizer{},
	}
	var tags []flv.Tag
	add := func(i int, v flv.Video) {
		body, err := flv.AppendVideo(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		tags = append(tags, flv.Tag{Type: flv.TagVideo, Timestamp: uint32(i * 1000 / 30), Data: body})
	}
	for i, picture := range testmedia.Video(t, mime, frames, 30, gop) {
		var data []byte
		for _, p := range picture.Packets {
			part, err := depacketizers[mime].Unmarshal(p.Payload)
			if err != nil {
				t.Fatal(err)
			}
			data = append(data, part...)
		}
		config, data := unconfigured(t, mime, data)
		if i == 0 {
			add(0, flv.Video{MimeType: mime, Type: flv.VideoConfig, Data: config})
		}
		add(i, flv.Video{MimeType: mime, Type: flv.VideoFrame, Key: picture.Key, Data: data})
	}
	return tags
}

// unconfigured takes parameter sets out of a key frame, into a configuration.
func unconfigured(t *testing.T, mime string, data []byte) (config, rest []byte) {
	t.Helper()
	switch mime {
	case "video/VP9":
		return []byte{0, 31, 0x82, 2, 2, 2, 0, 0}, data
	case "video/AV1":
		config = []byte{0x81, 0x00, 0x0c, 0}
		for len(data) > 0 {
			size, n := binary.Uvarint(data[1:])
			obu := data[:1+n+int(size)]
			if data[0]>>3&0x0f == 1 {
				config = append(config, obu...)
			} else {
				rest = append(rest, obu...)
			}
			data = data[len(obu):]
		}
		return config, rest
	}
	units, err := flv.AppendUnits(nil, data, 4)
	if err != nil {
		t.Fatal(err)
	}
	config = append([]byte{1, 1, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93, 0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0, 0x0f}, 3)
	for _, u := range units {
		if isH265Set(u) {
			config = append(config, u[0]>>1&0x3f, 0, 1)
			config = append(binary.BigEndian.AppendUint16(config, uint16(len(u))), u...)
		} else {
			rest = append(binary.BigEndian.AppendUint32(rest, uint32(len(u))), u...)
		}
	}
	return config, rest
}

func TestEnhancedCodecsPassThrough(t *testing.T) {
	for mime, test := range map[string]struct {
		fmtp, profile, level string
	}{
		"video/H265": {"level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST", "Main", "3.1"},
		"video/VP9":  {"profile-id=0", "Profile 0", "3.1"},
		"video/AV1":  {"level-idx=0;profile=0;tier=0", "Main", "2.0"},
	} {
		t.Run(strings.TrimPrefix(mime, "video/"), func(t *testing.T) {
			tags := enhanced(t, mime, 90, 30)
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, Options{})
				if err := s.play(tags, 1<<32-100); err != nil {
					t.Fatal(err)
				}
				groups := pictures(t, s.video.Packets())
				for i, g := range groups {
					if g.key != (i%30 == 0) {
						t.Errorf("picture %d is a key frame: %v", i, g.key)
					}
				}
				info := s.info(t)
				want := sfu.Codec{MimeType: mime, ClockRate: 90000, FMTP: test.fmtp}
				if len(groups) != 90 || len(info.Tracks) != 1 || info.Tracks[0].Codec != want {
					t.Errorf("%d pictures in %+v", len(groups), info.Tracks)
				}
				v := info.Report.Video
				if v.Width != 320 || v.Height != 180 || v.Profile != test.profile || v.Level != test.level || v.FPS != 30 || v.KeyFrameInterval != time.Second || info.Report.Problems != nil {
					t.Errorf("report: %+v, %+v", v, info.Report.Problems)
				}
				// A player that joins gets a key frame which is complete.
				frame, ok := s.router.KeyFrame(stageName)
				if !ok || frame.Width != 320 || len(frame.Data) == 0 {
					t.Errorf("key frame: %v, %d octets, %d wide", ok, len(frame.Data), frame.Width)
				}
			})
		})
	}
}

// An encoder may change the codec in mid-stream: viewers go on with the other
// track.
func TestACodecChangesInMidStream(t *testing.T) {
	tags := enhanced(t, "video/VP9", 30, 30)
	for _, tag := range enhanced(t, "video/AV1", 30, 30) {
		tag.Timestamp += 1000
		tags = append(tags, tag)
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		if err := s.play(tags, 0); err != nil {
			t.Fatal(err)
		}
		info := s.info(t)
		if len(info.Tracks) != 1 || info.Tracks[0].Codec.MimeType != "video/AV1" || info.Report.Video.MimeType != "video/AV1" {
			t.Errorf("source: %+v, report %+v", info.Tracks, info.Report.Video)
		}
		if n := len(pictures(t, s.video.Packets())); n != 60 {
			t.Errorf("%d pictures, want 60", n)
		}
	})
}

func TestH264WithoutAConfiguration(t *testing.T) {
	tags := clip(t, slices.Concat(pictureArgs(2, "320x180"), plain, []string{"-g", "30"})...)
	var config flv.AVCConfig
	var inBand []flv.Tag
	for _, tag := range tags {
		v, err := flv.ParseVideo(tag.Data)
		if err != nil {
			t.Fatal(err)
		}
		if v.Type == flv.VideoConfig {
			if config, err = flv.ParseAVCConfig(v.Data); err != nil {
				t.Fatal(err)
			}
			continue
		}
		units, err := flv.AppendUnits(nil, v.Data, 4)
		if err != nil {
			t.Fatal(err)
		}
		if v.Key {
			units = slices.Concat(config.SPS, config.PPS, units)
		}
		for len(units) > 0 {
			v.Data = nil
			for _, u := range units { // start codes, as some encoders have them
				v.Data = append(append(v.Data, 0, 0, 0, 1), u...)
			}
			if sets := 2; v.Key && len(inBand) > 0 && len(units) > sets { // the second time, in a message of their own
				v.Data = v.Data[:4+len(units[0])+4+len(units[1])]
				units = units[sets:]
			} else {
				units = nil
			}
			if tag.Data, err = flv.AppendVideo(nil, v); err != nil {
				t.Fatal(err)
			}
			inBand = append(inBand, tag)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		if err := s.play(inBand, 0); err != nil {
			t.Fatal(err)
		}
		groups := pictures(t, s.video.Packets())
		if len(groups) != 60 || !groups[0].key || !groups[30].key || s.info(t).Tracks[0].Width != 320 {
			t.Errorf("%d pictures in %+v", len(groups), s.info(t).Tracks)
		}
	})
}

func TestPicturesThatNobodyCanDecodeEndTheSession(t *testing.T) {
	key, err := flv.AppendVideo(nil, flv.Video{MimeType: "video/H264", Type: flv.VideoFrame, Key: true, Data: []byte{0, 0, 0, 2, 0x65, 0x88}})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		var err error
		n := 0
		for ; err == nil && n < 1000; n++ {
			time.Sleep(33 * time.Millisecond)
			err = s.publisher.video(uint32(33*n), key, time.Now())
		}
		if err == nil || n != maxUnconfigured || !strings.Contains(err.Error(), "without its decoder configuration") {
			t.Errorf("got %v after %d frames", err, n)
		}
	})
	broken, err := flv.AppendVideo(nil, flv.Video{MimeType: "video/H264", Type: flv.VideoConfig, Data: flv.AppendAVCConfig(nil, flv.AVCConfig{SPS: [][]byte{{0x67, 0x64}}})})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		if err := newStage(t, Options{}).publisher.video(0, broken, time.Now()); err == nil || !strings.Contains(err.Error(), "cannot be read") {
			t.Errorf("got %v", err)
		}
	})
}

func TestProfilesAreComparedWithOffersByWhatTheyNeed(t *testing.T) {
	for sps, want := range map[string]string{
		"\x67\x42\xc0\x1f": "42e01f", "\x67\x42\x00\x1e": "42001e", "\x67\x4d\x40\x28": "4d0028", "\x67\x64\x00\x33": "640033", "\x67\x64\x0c\x1f": "640c1f",
	} {
		c := newH264Coding("drop")
		c.sps.ProfileIDC, c.sps.Constraints, c.sps.LevelIDC = sps[1], sps[2], sps[3]
		if codec, _ := c.codec(); !strings.HasSuffix(codec.FMTP, "packetization-mode=1;profile-level-id="+want) {
			t.Errorf("%x: got %s, want %s", sps, codec.FMTP, want)
		}
	}
}

func TestDisplayOrderCountsBPictures(t *testing.T) {
	const frame = 40 * time.Millisecond
	for _, test := range []struct {
		name  string
		shown []int // in the order of coming
		want  int
	}{
		{"none", []int{0, 1, 2, 3, 4}, 0},
		{"one", []int{0, 2, 1, 4, 3}, 1},
		{"three, pyramid", []int{0, 4, 2, 1, 3, 8, 6, 5, 7}, 3},
		{"some", []int{0, 1, 4, 2, 3, 5, 6}, 2},
	} {
		var o displayOrder
		for i, n := range test.shown {
			o.add(time.Duration(n)*frame, time.Duration(n-i)*frame)
		}
		if o.longest != test.want {
			t.Errorf("%s: got %d, want %d", test.name, o.longest, test.want)
		}
	}
	var o displayOrder
	for _, at := range []time.Duration{0, 40, 20, 60, 80} { // a clock that went back a little
		o.add(at*time.Millisecond, 0)
	}
	if o.longest != 0 {
		t.Errorf("a clock that went back counts as %d B pictures", o.longest)
	}
}

// opusMessages are packets of 20 ms of a real stream, with timestamps in ms.
func opusMessages(t *testing.T, n int) []flv.Tag {
	t.Helper()
	header := append([]byte("OpusHead\x01\x02"), 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0)
	var tags []flv.Tag
	add := func(at int, a flv.Audio) {
		body, err := flv.AppendAudio(nil, a)
		if err != nil {
			t.Fatal(err)
		}
		tags = append(tags, flv.Tag{Type: flv.TagAudio, Timestamp: uint32(at), Data: body})
	}
	add(0, flv.Audio{Codec: flv.Opus, Type: flv.AudioConfig, Data: header})
	for i, p := range testmedia.Opus(t, n) {
		add(20*i, flv.Audio{Codec: flv.Opus, Type: flv.AudioFrame, Data: p.Payload})
	}
	return tags
}

func TestOpusPassesThrough(t *testing.T) {
	tags := opusMessages(t, 200)
	for i := range tags {
		switch {
		case i >= 100:
			tags[i].Timestamp += 500 // a hole
		case i%3 == 0 && i > 0:
			tags[i].Timestamp++ // rounding
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		if err := s.play(tags, 12345); err != nil {
			t.Fatal(err)
		}
		packets := s.audio.Packets()
		if len(packets) != 200 {
			t.Fatalf("%d packets, want 200", len(packets))
		}
		for i, p := range packets {
			want := uint32(i * 960)
			if i >= 99 {
				want += 500 * 48
			}
			if off := int32(p.Timestamp - packets[0].Timestamp - want); off < -96 || off > 96 {
				t.Errorf("packet %d is %d ticks off", i, off)
			}
			if _, body, _ := bytes.Cut(tags[i+1].Data, []byte("Opus")); !bytes.Equal(p.Payload, body) {
				t.Errorf("packet %d is another one", i)
			}
		}
		want := sfu.AudioReport{Codec: "Opus", SampleRate: 48000, Channels: 2, Output: "Opus"}
		if got := s.info(t).Report.Audio; *got != want {
			t.Errorf("report %+v, want %+v", got, want)
		}
	})
}

// A clock of samples that is wrong against the timestamps is never off by more
// than a few packets.
func TestOpusStaysNearItsTimestamps(t *testing.T) {
	for name, rate := range map[string]float64{"0.5 % fast": 0.995, "0.5 % slow": 1.005} {
		t.Run(name, func(t *testing.T) {
			tags := opusMessages(t, 1000)
			for i := range tags {
				tags[i].Timestamp = uint32(float64(tags[i].Timestamp) * rate)
			}
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, Options{})
				if err := s.play(tags, 0); err != nil {
					t.Fatal(err)
				}
				packets := s.audio.Packets()
				span := float64(packets[len(packets)-1].Timestamp-packets[0].Timestamp) / 48
				if off := span - float64(tags[1000].Timestamp); off < -40 || off > 40 {
					t.Errorf("off by %.1f ms after %.0f ms", off, span)
				}
				for i := 1; i < len(packets); i++ {
					if step := int32(packets[i].Timestamp - packets[i-1].Timestamp); step < 960 {
						t.Fatalf("packet %d is %d ticks behind the one before", i, step)
					}
				}
			})
		})
	}
}

func TestOpusOfManyChannelsIsRefused(t *testing.T) {
	tags := opusMessages(t, 3)
	tags[0].Data[5+9] = 6
	tags[0].Data[5+18] = 1
	tags = append(tags, enhanced(t, "video/VP9", 1, 1)...)
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		if err := s.play(tags, 0); err != nil {
			t.Fatal(err)
		}
		if p := s.info(t).Report.Problems; len(p) != 1 || p[0].Code != "audio_unsupported" || !strings.Contains(p[0].Text, "Opus with 6 channels") {
			t.Errorf("problems: %+v", p)
		}
	})
}

func TestOpusDurations(t *testing.T) {
	for packet, want := range map[string]uint64{
		"": 0, "\x00": 480, "\x18x": 2880, "\x60x": 480, "\x68x": 960, "\x80x": 120, "\xf8x": 960, "\xfcx": 960, "\xf9x": 1920, "\xfb\x03": 2880, "\xfb": 0, "\x1b\x3f": 0,
	} {
		if got := opusDuration([]byte(packet)); got != want {
			t.Errorf("%x: got %d, want %d", packet, got, want)
		}
	}
}
