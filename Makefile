# One entrance for people and machines. `make` alone says what there is.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PACKAGE := proxypal-server
# Arguments of the program, after a target: make run ARGS='--port 4000', make bench ARGS=--quick
ARGS :=

.PHONY: help run test e2e check audit fuzz load bench bench-usage bench-web schema build pages web-packages

help: ## say what there is
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' \
		| while IFS=$$'\t' read -r target words; do printf '  make %-11s %s\n' "$$target" "$$words"; done

# A debug build: half the wait of a release build for a newcomer, and `make test` builds on it.
run: pages ## build what has changed and start the server on http://127.0.0.1:3000
	cargo run --package $(PACKAGE) -- $(ARGS)

test: pages ## test everything: the server on SQLite, then on PostgreSQL, the pages, and both in a browser
	cargo test --workspace
	scripts/with-postgres cargo test --package $(PACKAGE) --test it
	$(call npm,test)
	scripts/need chromium nginx
	$(call npm,run e2e)

# SERVER names another build, such as one that is there already.
SERVER := target/release/$(PACKAGE)

e2e: pages $(if $(filter file,$(origin SERVER)),build) ## prove it on the release binary: the six scenarios, and the pages in a browser
	scripts/need chromium nginx
	cargo build --package $(PACKAGE) --examples
	TEST_SERVER_BINARY=$(abspath $(SERVER)) cargo test --package $(PACKAGE) --test it proof:: \
		-- --nocapture --test-threads 1
	BINARY=$(abspath $(SERVER)) $(call npm,run e2e)

# Clippy and rustdoc share one pass over the dependencies; `make test` shares its build scripts and macros.
check: pages ## everything a reviewer should not have to say: format, lints, documentation
	scripts/need cargo-fmt cargo-clippy
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items
	scripts/check-alerts
	scripts/audit
	$(call npm,run check)

audit: ## ask for licences, sources and known vulnerabilities of what we build on; fails when the latter cannot be had
	scripts/audit --strict

fuzz: ## fuzz the code that reads untrusted bytes (ARGS='--seconds 60 imports'; 10 minutes for each target otherwise)
	scripts/fuzz $(ARGS)

load: ## let 5 and 200 users ask, directly and through the gateway (release build; ARGS=--quick for a look)
	cargo bench --package $(PACKAGE) --bench gateway -- --users $(ARGS)

bench: ## measure the gateway beside nginx (release build; ARGS=--quick for a look)
	scripts/need nginx wrk
	cargo bench --package $(PACKAGE) --bench gateway -- $(ARGS)

bench-usage: ## measure the dashboard over ten million requests (release build; ARGS=--quick for a look)
	cargo bench --package $(PACKAGE) --bench usage -- $(ARGS)

bench-web: pages $(if $(filter file,$(origin SERVER)),build) ## measure the first visit of every page on a slow connection (release build; ROUNDS=1 for a look)
	scripts/need chromium
	BINARY=$(abspath $(SERVER)) $(call npm,run bench)

schema: ## rewrite what is printed by the code: schema.graphql, docs/configuration.md, docs/metrics.md
	UPDATE=1 cargo test --package $(PACKAGE) --test it up_to_date

build: pages ## build the release binary, pages included: target/release/proxypal-server
	cargo build --release --package $(PACKAGE)

# The pages, built again only when something they are made of is newer.

ifneq ($(wildcard frontend/package.json),)

npm = npm --prefix frontend $(1)
web_sources := $(shell find frontend -type f -not -path '*/node_modules/*' -not -path 'frontend/dist/*' \
	-not -path '*/generated/*') $(wildcard schema.graphql)

pages: frontend/dist/index.html

web-packages: frontend/node_modules/.package-lock.json

frontend/dist/index.html: frontend/node_modules/.package-lock.json $(web_sources)
	$(call npm,run build)
	@touch $@

frontend/node_modules/.package-lock.json: frontend/package-lock.json
	$(call npm,ci)
	@touch $@

else

npm = @echo 'no front end here yet'

pages web-packages:

endif
