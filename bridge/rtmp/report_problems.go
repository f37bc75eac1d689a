package rtmp

import (
	"fmt"

	"lectern/sfu"
)

// What streamers are told, and the line that helps: where to click in OBS, and
// what to add to ffmpeg's command.
const (
	fixBFrames = "OBS: Settings → Output → Advanced → B-frames 0 (x264: Tune zerolatency); ffmpeg: -bf 0"
	fixSound   = "OBS: Settings → Output → Audio Encoder: AAC, and Settings → Audio → Channels: Stereo; ffmpeg: -c:a aac -ac 2"
	fixCodec   = "OBS: Settings → Output → Video Encoder: H.264; ffmpeg: -c:v libx264 -pix_fmt yuv420p"
	fixFormat  = "OBS: Settings → Advanced → Color Format: NV12; ffmpeg: -pix_fmt yuv420p"
)

// bFrameProblems are by the policy; for H.265, of which nothing is left out,
// that is "".
var bFrameProblems = map[string]sfu.Problem{
	"drop": {
		Code: "b_frames",
		Text: "The stream has B-frames, which browsers do not play. They are left out, so that viewers get fewer pictures a second.",
		Fix:  fixBFrames,
	},
	"reject": {
		Code: "b_frames", Grave: true,
		Text: "The stream has B-frames, which browsers do not play, and is refused for it.",
		Fix:  fixBFrames,
	},
	"transcode": {
		Code: "b_frames",
		Text: "The stream has B-frames, which browsers do not play. It is encoded again, which takes time and computing power.",
		Fix:  fixBFrames,
	},
	"": {
		Code: "b_frames",
		Text: "The stream has B-frames, which most browsers do not play: their picture may stutter or stand still.",
		Fix:  fixBFrames,
	},
}

// pyramidProblem is of B-frames that other pictures refer to.
var pyramidProblem = sfu.Problem{
	Code: "b_frames", Grave: true,
	Text: "The stream has B-frames, which browsers do not play, and most other pictures cannot do without them: viewers see hardly more than the key frames.",
	Fix:  fixBFrames + "; or install ffmpeg on the server, which then encodes the stream again",
}

// keyFrameProblem advises a key frame every so many pictures.
func keyFrameProblem(pictures int) sfu.Problem {
	return sfu.Problem{
		Code: "key_frame_interval",
		Text: "Key frames are more than 4 seconds apart, so that viewers may see a frozen picture for as long when something was lost.",
		Fix:  fmt.Sprintf("OBS: Settings → Output → Keyframe Interval: 2 s; ffmpeg: -g %d", pictures),
	}
}

func excessProblem(limit int64) sfu.Problem {
	return sfu.Problem{
		Code: "bitrate_excess",
		Text: fmt.Sprintf("The stream has more than the %.3g Mbit/s that are allowed.", float64(limit)/1e6),
		Fix:  "OBS: Settings → Output → Bitrate: 6000 kbit/s or less; ffmpeg: -b:v 6M -maxrate 6M -bufsize 6M",
	}
}

var (
	noPictureProblem = sfu.Problem{
		Code: "no_video",
		Text: "There is sound, but no picture.",
		Fix:  "If there ought to be one: check that the encoder's scene has a picture, and that its video encoder has started.",
	}
	jumpProblem = sfu.Problem{
		Code: "timestamps_jump",
		Text: "The encoder's clock has jumped; viewers may have seen the picture or heard the sound falter.",
		Fix:  "OBS: restart the stream when a source was slow; ffmpeg: let one input give the time, or add -use_wallclock_as_timestamps 1 before it.",
	}
)

// soundProblem says that what cannot be decoded is not heard.
func soundProblem(what, fix string) sfu.Problem {
	return sfu.Problem{
		Code: "audio_unsupported", Grave: true,
		Text: "Viewers hear nothing: " + what + " cannot be decoded here.",
		Fix:  fix,
	}
}

// transcoderProblem says that ffmpeg could decode it.
func transcoderProblem(what, fix string) sfu.Problem {
	return sfu.Problem{
		Code: "audio_transcoder_missing", Grave: true,
		Text: "Viewers hear nothing: to decode " + what + ", ffmpeg has to be installed on the server.",
		Fix:  fix,
	}
}

// What is said when too many streams are encoded again already.
var (
	crowdedPictureProblem = sfu.Problem{
		Code: "video_transcoders_busy", Grave: true,
		Text: "The picture has B-frames and ought to be encoded again, but the server is busy with as many other streams as it may be. Viewers get what is left without them.",
		Fix:  fixBFrames,
	}
	crowdedSoundProblem = sfu.Problem{
		Code: "audio_transcoders_busy", Grave: true,
		Text: "Viewers hear nothing: ffmpeg is needed for this sound, but the server is busy with as many other streams as it may be.",
		Fix:  fixSound,
	}
)

// videoProblem says that a picture is refused.
func videoProblem(text string) sfu.Problem {
	return sfu.Problem{Code: "video_unsupported", Grave: true, Text: text, Fix: fixCodec}
}
