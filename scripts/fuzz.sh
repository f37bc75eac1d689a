#!/usr/bin/env bash
# Looks for what shows only after a while: every fuzz target for FUZZTIME each,
# then the unit tests COUNT times over in random order with the race detector.
set -euo pipefail
cd "$(dirname "$0")/.."
fuzztime=${FUZZTIME:-2m}
count=${COUNT:-20}

packages=$(go list ./... | grep -v /node_modules/ | grep -v '/internal/e2e\(/\|$\)')
for package in $packages; do
	for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
		echo "== $package $target for $fuzztime"
		# Shrinking an input is worth little here, and takes a minute each by default.
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$fuzztime" -fuzzminimizetime 10x "$package"
	done
done
echo "== unit tests, $count times"
echo "$packages" | CGO_ENABLED=1 xargs go test -race -shuffle on -count "$count" -timeout 4h
