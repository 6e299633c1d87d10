# Countersign. `make demo` shows it, `make test` proves it; both install what this machine lacks.
# One browser test alone: make browser T=test_django_admin.py::test_name

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

TARGET  := $(abspath $(or $(CARGO_TARGET_DIR),target))
BROWSER := tests/browser
VENV    := $(BROWSER)/.venv
SERVERS := tests/differential
VERSUS  := benches/versus
T       ?= .

export COUNTERSIGN_BIN ?= $(TARGET)/debug/countersign
export STAGES ?=

.PHONY: help demo test bench versus lint browser differential fuzz soak deps fmt check-fmt check-clippy check-tests check-doctests check-browser check-differential check-deny
.DEFAULT_GOAL := help

help:
	@echo 'make demo     a small legacy bank behind the gateway, in this terminal (DEMO_ARGS="--listen 127.0.0.1:9000")'
	@echo 'make test     format, clippy, tests, doc tests, browser tests'
	@echo 'make browser  the browser tests alone (T=test_totp.py for one file, COUNTERSIGN_SHOTS=DIR for screenshots)'
	@echo 'make differential  every vector of confusion through the gateway to real servers'
	@echo 'make fuzz     one fuzz target (T=target, FOR=600 seconds)'
	@echo 'make soak     two gateways on one Redis under one fault after another (FOR=1800 seconds)'
	@echo 'make lint     format, clippy, and cargo deny on bans, licences and sources'
	@echo 'make bench    the benchmarks: unmatched requests under up to 100,000 policies, loading them, pages with the script in them'
	@echo 'make versus   the gateway beside nginx, HAProxy, Traefik and bare Pingora (VERSUS_ARGS="--rounds 3"), benches/README.md'
	@echo 'make fmt      formats the source'
	@echo 'make deps     installs what the tests need and this machine lacks'

demo:
	@.ci/deps build
	@cargo build --locked
	@exec "$(TARGET)/debug/countersign" demo $(DEMO_ARGS)

# The stages run one after the other in makes of their own, so that the table is printed even after a failure.
test:
	@stages=$$(mktemp); trap 'echo; echo "stages:"; cat "$$stages"; rm -f "$$stages"' EXIT; \
	export STAGES=$$stages; \
	.ci/stage deps .ci/deps test; \
	for stage in fmt clippy tests doctests browser differential; do $(MAKE) --no-print-directory check-$$stage; done

lint:
	@.ci/deps lint
	@for stage in fmt clippy deny; do $(MAKE) --no-print-directory check-$$stage; done

bench:
	@.ci/deps build
	cargo bench --locked $(BENCH_ARGS)

# Thin LTO on both sides, in a few minutes: VERSUS_PROFILE=bench.
versus: VERSUS_PROFILE ?= release
versus:
	@.ci/deps versus
	@$(MAKE) --no-print-directory $(VERSUS)/.venv/ready
	cargo build --locked --profile $(VERSUS_PROFILE) --bin countersign --example bare --example auth --example rate
	$(VERSUS)/.venv/bin/python $(VERSUS)/versus.py --bins "$(TARGET)/release" $(VERSUS_ARGS)

$(VERSUS)/.venv/ready: $(VERSUS)/requirements.txt
	python3 -m venv $(VERSUS)/.venv
	$(VERSUS)/.venv/bin/pip install -q -r $(VERSUS)/requirements.txt
	@touch $@

browser:
	@.ci/deps test
	@$(MAKE) --no-print-directory check-browser

# The short form of it is a stage of `make test`.
differential:
	@.ci/deps test
	@DIFFERENTIAL=long $(MAKE) --no-print-directory check-differential

fuzz: FOR ?= 600
fuzz:
	@.ci/deps fuzz
	@python3 tests/vectors/seeds.py fuzz/corpus
	RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none $(T) fuzz/corpus/$(T) -- -max_total_time=$(FOR) -rss_limit_mb=1024 -max_len=4096 -timeout=20

# Its short form is part of `make test`.
soak: FOR ?= 1800
soak:
	@.ci/deps test
	SOAK=$(FOR) cargo nextest run --locked --no-capture -E 'test(/^soak::/)'

deps:
	@.ci/deps test
	@$(MAKE) --no-print-directory $(VENV)/ready

fmt:
	cargo fmt

check-fmt:
	@.ci/stage fmt cargo fmt --check

check-clippy:
	@.ci/stage clippy cargo clippy --locked --all-targets -- -D warnings

check-tests:
	@.ci/stage tests cargo nextest run --locked

check-doctests:
	@.ci/stage doctests cargo test --locked --doc

check-browser: $(VENV)/ready
	@.ci/stage build cargo test --locked --no-run
	@.ci/stage browser $(VENV)/bin/python -m pytest --rootdir $(BROWSER) $(addprefix $(BROWSER)/,$(T))

check-differential: $(SERVERS)/.venv/ready
	@.ci/stage build cargo test --locked --no-run
	@DIFFERENTIAL=$${DIFFERENTIAL:-short} .ci/stage differential $(SERVERS)/.venv/bin/python -m pytest -p no:cacheprovider --rootdir $(SERVERS) $(SERVERS)

check-deny:
	@.ci/stage deny cargo deny --locked check bans licenses sources

# A half-made environment has no `ready`, so it is made anew.
$(VENV)/ready: $(BROWSER)/requirements.txt $(BROWSER)/package-lock.json
	@rm -rf $(VENV)
	@.ci/stage venv python3 -m venv $(VENV)
	@.ci/stage pip $(VENV)/bin/pip install --quiet --disable-pip-version-check -r $(BROWSER)/requirements.txt
	@.ci/stage npm npm ci --prefix $(BROWSER) --no-audit --no-fund --loglevel=error
	@touch $@

$(SERVERS)/.venv/ready: $(SERVERS)/requirements.txt $(SERVERS)/package-lock.json
	@rm -rf $(SERVERS)/.venv
	@.ci/stage venv python3 -m venv $(SERVERS)/.venv
	@.ci/stage pip $(SERVERS)/.venv/bin/pip install --quiet --disable-pip-version-check -r $(SERVERS)/requirements.txt
	@.ci/stage npm npm ci --prefix $(SERVERS) --no-audit --no-fund --loglevel=error
	@touch $@
