#!/usr/bin/env bash
# Takes the pictures of the README from the real pages: bin/lectern must have
# been built (make build), and nobody may listen on PORT.
set -euo pipefail
cd "$(dirname "$0")/.."
port=${PORT:-18099}
work=$(mktemp -d)
env -i PATH="$PATH" HOME="$HOME" ./bin/lectern --http.listen "127.0.0.1:$port" --rtmp.listen "" --admin.listen "" --data.dir "$work/data" \
	--log.level error --limits.publish_rate off >/dev/null &
server=$!
trap 'kill $server; wait $server 2>/dev/null || true; rm -rf "$work"' EXIT
until curl -fs "http://127.0.0.1:$port/healthz" >/dev/null; do sleep 0.1; done
(cd web && LECTERN_URL="http://127.0.0.1:$port" SHOTS_DIR="$work" \
	SHOTS_ONLY='^(home-live|publish-live|watch-measure)-desktop-light$' node tests/shots.mjs)
./bin/lectern bench --whip "http://127.0.0.1:$port/whip/match" --whep "http://127.0.0.1:$port/whep/match" -n 25 --duration 120s >/dev/null &
sleep 110
(cd web && LECTERN_URL="http://127.0.0.1:$port" SHOTS_DIR="$work" LECTERN_KEY=$(cat "$work/data/publish.key") node tests/ownershot.mjs)
mkdir -p docs/images
cp "$work/home-live-desktop-light.png" docs/images/home.png
cp "$work/publish-live-desktop-light.png" docs/images/publish.png
cp "$work/watch-measure-desktop-light.png" docs/images/watch.png
cp "$work/admin-desktop-light.png" docs/images/admin.png
ls -l docs/images
