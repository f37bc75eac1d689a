#!/bin/sh
# Makes data/tone.opus again, which is committed, so that building needs no
# ffmpeg; what another version of libopus makes will differ, and may.
#
# It is one second of sound as 50 Opus packets of 60 bytes, one behind another,
# to be repeated: the third second, when encoder and decoder have forgotten the
# beginning. The tone comes 120 samples early, which is what the encoder is late.
set -eu
cd "$(dirname "$0")/data"

second='mod(t+120/48000,1)'
tone="0.25*sin(2*PI*880*$second)*min(1,$second/0.004)*exp(-25*$second)"
ffmpeg -hide_banner -loglevel error -y -bitexact \
	-f lavfi -i "aevalsrc='$tone':s=48000:d=3" \
	-map 0:a -c:a libopus -application lowdelay -frame_duration 20 -vbr off -b:a 24k -f data - |
	tail -c +6001 | head -c 3000 >tone.opus
test "$(wc -c <tone.opus)" -eq 3000
