#!/usr/bin/env bash
# Checks that everything is there that the tests need. What Debian has is
# installed when we may; otherwise we say what to install, and end with 1.
#   tools.sh build|test
set -uo pipefail

missing=() # what only a person can install
packages=() # what apt can

# want COMMAND APT-PACKAGE…
want() { command -v "$1" >/dev/null || packages+=("${@:2}"); }

# at_least COMMAND HAVE NEED NAME PLACE: versions as dotted numbers
at_least() {
	if ! command -v "$1" >/dev/null; then
		missing+=("$4 $3 or newer: $5")
	elif [ "$(printf '%s\n' "$3" "$2" | sort -V | head -n 1)" != "$3" ]; then
		missing+=("$4 $3 or newer, here is $2: $5")
	fi
}

at_least go "$(go env GOVERSION 2>/dev/null | sed 's/^go//')" 1.26 Go https://go.dev/dl
at_least node "$(node --version 2>/dev/null | sed 's/^v//')" 20.19 "Node.js with npm" https://nodejs.org
if [ "${1:-test}" = test ]; then
	want gcc gcc libc6-dev # for the race detector
	want ffmpeg ffmpeg
	want rtmpdump rtmpdump
	want promtool prometheus
	want prometheus prometheus
	{ gst-inspect-1.0 --exists voaacenc && gst-inspect-1.0 --exists x264enc && gst-inspect-1.0 --exists flvmux; } 2>/dev/null ||
		packages+=(gstreamer1.0-tools gstreamer1.0-plugins-{base,good,bad,ugly})
	[ -e /usr/lib/nginx/modules/ngx_rtmp_module.so ] || packages+=(nginx libnginx-mod-rtmp)
	want redis-server redis-server
	want chromium chromium
	want firefox-esr firefox-esr
	fc-list :lang=zh 2>/dev/null | grep -q . || packages+=(fontconfig fonts-noto-cjk) # the pages' pictures have Chinese in them
fi

if [ ${#packages[@]} -gt 0 ]; then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		echo "Installing ${packages[*]}"
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null ||
			missing+=("${packages[*]}: apt-get could not install them")
	else
		missing+=("${packages[*]}: sudo apt-get install ${packages[*]}")
	fi
fi

if [ ${#missing[@]} -gt 0 ]; then
	echo "Please install:" >&2
	printf '  %s\n' "${missing[@]}" >&2
	exit 1
fi
