#!/usr/bin/env bash
# Measures Lectern beside a naive SFU (internal/bench/naive), in turns, with
# the same load on the same machine, and prints one table in Markdown. Absolute
# figures depend on the machine and on what else it does: trust the ratios.
#   VIEWERS="200 80"  how many watch, a table each
#   ROUNDS=2          how often each is measured
#   DURATION=20s BITRATE=2M  of each measurement
#   GRO=false         viewers take datagrams one by one that left together
#   CORES=1           how many processors the servers may use; default: all
#   LECTERN=PATH      a binary, instead of one built from these sources
#   REPORTS=DIR       where to keep the reports (JSON)
set -euo pipefail
cd "$(dirname "$0")/.."
viewers=${VIEWERS:-200 80}
rounds=${ROUNDS:-2}
work=$(mktemp -d)
reports=${REPORTS:-$work/reports}
server=
stop() {
	[ -n "$server" ] || return 0
	kill "$server" 2>/dev/null || true
	wait "$server" 2>/dev/null || true
	server=
}
trap 'stop; rm -rf "$work"' EXIT
mkdir -p "$reports" "$work/run"
reports=$(cd "$reports" && pwd)

CGO_ENABLED=0 go build -o "$work/naive" ./internal/bench/naive
go build -o "$work/compare" ./internal/bench/compare
if [ -n "${LECTERN:-}" ]; then
	cp "$LECTERN" "$work/lectern"
else
	CGO_ENABLED=0 go build -trimpath -o "$work/lectern" ./cmd/lectern
fi

# start NAME: sets server and url. It runs in an empty folder with an empty
# environment: settings of this machine are not measured.
start() {
	local run=("$work/naive" -listen 127.0.0.1:0)
	if [ "$1" = lectern ]; then
		rm -rf "$work/data"
		run=("$work/lectern" --http.listen 127.0.0.1:0 --rtmp.listen "" --admin.listen "" --data.dir "$work/data"
			--limits.exempt 127.0.0.1/32 --drain 1s --log.level warn)
	fi
	: >"$work/out" # the one before has left its address there
	(cd "$work/run" && exec env -i PATH="$PATH" HOME="$work" ${CORES:+GOMAXPROCS=$CORES} "${run[@]}") >"$work/out" 2>"$work/err" &
	server=$!
	until url=$(grep -om1 'http://[^ ]*' "$work/out"); do
		kill -0 "$server" 2>/dev/null || { echo "bench.sh: $1 does not start:" >&2; cat "$work/err" >&2; exit 1; }
		sleep 0.1
	done
}

compared=()
for round in $(seq "$rounds"); do
	for n in $viewers; do
		for name in naive lectern; do
			echo "== $name, $n viewers, round $round of $rounds" >&2
			start "$name"
			report=$reports/$name-$n-$round.json
			"$work/lectern" bench --whip "$url/whip/bench" --whep "$url/whep/bench" -n "$n" --bitrate "${BITRATE:-2M}" --gro="${GRO:-true}" \
				--duration "${DURATION:-20s}" --pid "$server" --json >"$report"
			stop
			compared+=("$name=$report")
		done
	done
done
"$work/compare" "${compared[@]}"
