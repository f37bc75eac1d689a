#!/usr/bin/env bash
# Lets publishers and viewers come and go by every protocol for MINUTES, some
# without a goodbye, and prints what the server has of goroutines, files and
# memory meanwhile. It fails when more is left at the end than at the beginning.
set -euo pipefail
cd "$(dirname "$0")/.."
minutes=${MINUTES:-30}
SOAK_MINUTES=$minutes go test -count=1 -v -timeout "$((${minutes%.*} + 15))m" -run '^TestSoak$' ./internal/e2e
