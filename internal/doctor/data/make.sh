#!/bin/sh
# Makes film.flv: three seconds of a test picture with a tone, as encoders send
# them by RTMP (H.264 without B-frames, AAC-LC).
exec ffmpeg -y -v error -f lavfi -i testsrc2=size=160x90:rate=10:duration=3 -f lavfi -i sine=frequency=440:sample_rate=44100:duration=3 \
	-c:v libx264 -preset veryslow -tune zerolatency -bf 0 -g 10 -pix_fmt yuv420p -crf 40 -c:a aac -b:a 16k -ac 1 -f flv "$(dirname "$0")/film.flv"
