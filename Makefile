# `make help` lists what there is.

GO ?= go
VERSION ?= $(shell git describe --always --dirty 2>/dev/null || echo unknown)
WEB_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' -not -name '*.go')

.DEFAULT_GOAL := build
.PHONY: run build web test lint fmt shots soak fuzz bench microbench clean help

run: build ## build what is stale and start the server with a demo to watch (ARGS="--http.listen :9000")
	./bin/lectern demo $(ARGS)

build: web ## build bin/lectern, one static binary with the pages in it
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/lectern ./cmd/lectern

web: web/dist/index.html ## build the pages

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	cd web && npm run build
	@touch $@

web/node_modules/.package-lock.json: web/package-lock.json web/package.json
	@scripts/tools.sh build
	cd web && npm ci --no-audit --no-fund
	@touch $@

test: ## run every check and every test (installs what is missing through apt when root)
	@scripts/tools.sh test
	@$(MAKE) --no-print-directory web
	@scripts/test.sh checks unit pages e2e

lint: web/node_modules/.package-lock.json ## run the checks only: formatting, vet, staticcheck, types of the pages
	@scripts/test.sh checks

fmt: ## format the Go sources
	find . \( -name node_modules -o -name .git \) -prune -o -name '*.go' -print0 | xargs -0 gofmt -w

shots: build ## take the pictures of the README from the real pages
	scripts/shots.sh

soak: web ## let people come and go by every protocol, and see what is left of it (MINUTES=30)
	scripts/soak.sh

fuzz: ## fuzz every parser and repeat the unit tests, for hours (FUZZTIME=2m COUNT=20)
	scripts/fuzz.sh

bench: web ## measure the server beside a naive one, as a table (VIEWERS="200 80" ROUNDS=2 DURATION=20s)
	@scripts/bench.sh

microbench: ## run the benchmarks of the packages
	$(GO) test -run '^$$' -bench . -benchmem ./...

clean: ## remove what was built
	rm -rf bin web/node_modules
	find web/dist -mindepth 1 -not -name .gitkeep -delete

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
