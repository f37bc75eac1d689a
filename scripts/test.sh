#!/usr/bin/env bash
# Runs the groups of tests that it is given, goes on after a failure, and ends
# with the line "N passed, N failed, N skipped", in which each check counts as
# one test. The pages must have been built (make web).
#   test.sh checks|unit|pages|e2e…
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

# tools.sh has seen to it that no tool is missing: a test that lacks one fails.
export CI=true

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
counts=$work/counts
touch "$counts"

# step NAME: a heading
step() { printf '\n== %s\n' "$*"; }

# check NAME COMMAND…: counts as one test
check() {
	step "$1"
	if "${@:2}"; then
		echo "1 0 0" >>"$counts"
	else
		echo "0 1 0" >>"$counts"
		echo "FAILED: $1"
	fi
}

# suite NAME COMMAND…: counts its own tests with testcount, and is one failed
# test if it breaks without having counted any
suite() {
	step "$1"
	local before failed
	before=$(wc -l <"$counts")
	"${@:2}" && return
	echo "FAILED: $1"
	failed=$(tail -n +$((before + 1)) "$counts" | awk '{ n += $2 } END { print n + 0 }')
	[ "$failed" -gt 0 ] || echo "0 1 0" >>"$counts"
}

packages() { go list ./... | grep -v /node_modules/; }
unit_packages() { packages | grep -v '/internal/e2e\(/\|$\)'; }

formatted() {
	local wrong
	wrong=$(find . \( -name node_modules -o -name .git \) -prune -o -name '*.go' -print0 | xargs -0 gofmt -l) || return 1
	[ -z "$wrong" ] || { printf 'not as gofmt has it (make fmt):\n%s\n' "$wrong"; return 1; }
}
vetted() { packages | xargs go vet; }
staticchecked() { packages | xargs go tool staticcheck; }
unit() { unit_packages | CGO_ENABLED=1 xargs go test -race -timeout 10m -json | "$work/testcount" -add "$counts" go; }
typed() { (cd web && npm run --silent check); }
pages() {
	local code=0
	(cd web && npm test --silent -- --reporter=default --reporter=json --outputFile.json="$work/vitest.json") || code=1
	"$work/testcount" -add "$counts" vitest "$work/vitest.json" && return $code
}
# One package at a time: browsers are heavy, and their tests look at the clock.
end_to_end() { go test -count=1 -p 1 -timeout 45m -json ./internal/e2e/... | "$work/testcount" -add "$counts" go; }

go build -o "$work/testcount" ./internal/testcount || exit 1
for group in "$@"; do
	case $group in
	checks)
		check "formatting" formatted
		check "go vet" vetted
		check "staticcheck" staticchecked
		check "types of the pages" typed
		;;
	unit) suite "unit tests, with the race detector" unit ;;
	pages) suite "tests of the pages" pages ;;
	e2e) suite "end to end" end_to_end ;;
	*) echo "test.sh: $group is no group of tests" >&2 && exit 2 ;;
	esac
done

echo
awk '{ p += $1; f += $2; s += $3 } END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 }' "$counts"
