package ffmpeg

import (
	"fmt"
	"time"
)

// keyInterval is how far key frames are apart at most: a viewer who comes
// while none is in the cache waits no longer.
const keyInterval = 2 * time.Second

// maxPixels is how large a picture may be, as level 5.1 of H.264 has it (table
// what ffmpeg needs for larger ones is gigabytes, however small the
// stream is. Processes that get one die.
const maxPixels = 4096 * 2304

// input reads FLV from standard input and looks ahead no further than it must;
// timestamps stay what they are. An analyzeduration of 0 would mean the default,
// and -fflags nobuffer would throw away what has been looked at: a key frame.
var input = []string{
	"-hide_banner", "-nostats", "-loglevel", "warning",
	"-probesize", "32768", "-analyzeduration", "1", "-fpsprobesize", "0",
	"-copyts", "-f", "flv",
}

// output writes FLV to standard output, each packet at once.
var output = []string{
	"-muxdelay", "0", "-flush_packets", "1", "-avoid_negative_ts", "disabled",
	"-flvflags", "no_duration_filesize", "-f", "flv", "pipe:1",
}

// Transcode returns the arguments which make of FLV with video FLV with H.264
// without B pictures: one picture out for one in, with its presentation time, a
// key frame at least every two seconds, at most bitrate bit/s.
func Transcode(bitrate int) []string {
	// Threads over slices: threads over frames would hold several back. The
	// encoder counts in FLV's milliseconds, not in periods of a guessed rate.
	args := append([]string{}, input...)
	args = append(args, "-max_pixels", fmt.Sprint(maxPixels), "-thread_type", "slice", "-i", "pipe:0", "-map", "0:v:0", "-fps_mode", "passthrough", "-enc_time_base", "1:1000",
		"-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-bf", "0", "-pix_fmt", "yuv420p",
		"-crf", "21", "-maxrate", fmt.Sprint(bitrate), "-bufsize", fmt.Sprint(bitrate/2),
		"-force_key_frames", fmt.Sprintf("expr:if(isnan(prev_forced_t),1,gte(t,prev_forced_t+%g))", keyInterval.Seconds()))
	return append(args, output...)
}

// Sound returns the arguments which make of FLV with sound FLV with 16-bit
// little-endian PCM, stereo at 44 100 Hz, the highest rate that FLV has.
func Sound() []string {
	args := append([]string{}, input...)
	args = append(args, "-i", "pipe:0", "-map", "0:a:0", "-c:a", "pcm_s16le", "-ar", "44100", "-ac", "2")
	return append(args, output...)
}
