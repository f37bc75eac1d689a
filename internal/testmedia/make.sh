#!/bin/sh
# Makes the files in data/ again. They are committed, so that tests need no
# ffmpeg; what encoders of another version make will differ, and may.
#
# Every video is 90 pictures of 320x180 with one key frame, the first, and
# nothing that a live encoder would not send: no B-frames, no hidden frames.
set -eu
cd "$(dirname "$0")/data"

encode() {
	ffmpeg -hide_banner -loglevel error -y \
		-f lavfi -i testsrc2=size=320x180:rate=30 -frames:v 90 \
		-pix_fmt yuv420p -g 90 "$@"
}

encode -c:v libx264 -profile:v baseline -preset medium -tune zerolatency -crf 36 \
	-x264-params aud=1:scenecut=0:keyint=90:min-keyint=90:sliced-threads=0:threads=1 \
	-bsf:v 'filter_units=remove_types=6' -f h264 h264.annexb
encode -c:v libx265 -preset medium -tune zerolatency -crf 38 \
	-x265-params aud=1:scenecut=0:keyint=90:min-keyint=90:bframes=0:info=0:log-level=error \
	-bsf:v 'filter_units=remove_types=39' -f hevc h265.annexb
encode -c:v libvpx -deadline realtime -cpu-used 2 -lag-in-frames 0 -auto-alt-ref 0 \
	-b:v 100k -keyint_min 90 vp8.ivf
encode -c:v libvpx-vp9 -deadline realtime -cpu-used 5 -lag-in-frames 0 -auto-alt-ref 0 \
	-b:v 100k -keyint_min 90 vp9.ivf
encode -c:v libaom-av1 -usage realtime -cpu-used 6 -lag-in-frames 0 \
	-b:v 100k -keyint_min 90 av1.ivf
ffmpeg -hide_banner -loglevel error -y \
	-f lavfi -i sine=frequency=440:beep_factor=4:sample_rate=48000 -t 1 -ac 2 \
	-c:a libopus -b:a 32k -frame_duration 20 -bitexact opus.ogg
