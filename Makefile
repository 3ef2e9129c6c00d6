.DEFAULT_GOAL := help
.PHONY: help setup spark repro test lint ui score backtest bench bench-quality bench-nba bench-nba-peers bench-demo bench-features clean lock
SHELL := /bin/bash
STAMP := .venv/.stamp
# The Python that makes .venv is never the one in it: half a .venv, left by a set-up that was killed, has none that runs.
SYSTEM_PATH := $(subst $(CURDIR)/.venv/bin:,,$(PATH))
export PATH := $(CURDIR)/.venv/bin:$(SYSTEM_PATH)
PORT ?= 5000

help:  ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | awk -F'|' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(STAMP)  ## The environment in .venv, from the lock (the other targets do this by themselves)

# Two at once in a new clone: the second waits for the first and finds it done.
$(STAMP): requirements.lock pyproject.toml
	@if command -v flock >/dev/null; then \
	  flock -n .venv.lock true || echo "Another make sets up .venv; waiting for it"; \
	  flock .venv.lock $(MAKE) --no-print-directory .venv/.made; \
	else $(MAKE) --no-print-directory .venv/.made; fi
	@touch $@

.venv/.made: export PATH := $(SYSTEM_PATH)
.venv/.made: requirements.lock pyproject.toml
	@command -v python3 >/dev/null || { echo "python3 (3.11 or newer, with venv) is needed"; exit 1; }
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; found $$(python3 --version)"; exit 1; }
	@[ ! -L .venv ] || { echo ".venv is a link to another environment, which would be emptied; remove the link"; exit 1; }
	@echo "Setting up .venv from requirements.lock (once, a few minutes)"
	@python3 -m venv --clear .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@[ -d .git ] || .venv/bin/dvc config --local core.no_scm true
	@touch $@

spark: .venv/.spark  ## Adds Spark to .venv (needs Java 17 or newer): for engine.name: spark, and its tests

.venv/.spark: $(STAMP) requirements-spark.lock
	@python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	@touch $@

repro: $(STAMP)  ## The whole pipeline; SOURCE=<file in conf/sources> switches the data, JOURNEY=<file in conf/journeys> the phases
	@[ -z "$(SOURCE)$(JOURNEY)" ] || klantreis params $(if $(SOURCE),source=$(SOURCE)) $(if $(JOURNEY),journey=$(JOURNEY))
	@klantreis fetch
	@dvc repro
	@klantreis summary

test: $(STAMP)  ## All tests, doctests, ruff and mypy
	@ruff check . && ruff format --check . && mypy
	@python -m pytest -n 2 --dist loadfile

lint: $(STAMP)  ## Only ruff and mypy
	@ruff check . && ruff format --check . && mypy

score: $(STAMP)  ## Score a list: CUSTOMERS=list.csv [OUT=scores.csv] [AS_OF=YYYY-MM-DD]
	@[ -n "$(CUSTOMERS)" ] || { echo "Say which list: make score CUSTOMERS=list.csv"; exit 2; }
	@klantreis score --customers "$(CUSTOMERS)" $(if $(OUT),--out "$(OUT)") $(if $(AS_OF),--as-of $(AS_OF))

ui: $(STAMP)  ## The MLflow UI, with the right link
	@klantreis ui --port $(PORT)

backtest: $(STAMP)  ## Predictions at past cutoffs: TASKS=benchmarks/tasks/complete_journey.yaml [OUT=predictions.parquet]
	@klantreis backtest "$(TASKS)" --out "$(if $(OUT),$(OUT),data/backtest/predictions.parquet)"

bench: bench-quality  ## Full-size benchmarks of prediction quality

bench-quality: $(STAMP)  ## Churn, readiness, timing, value and next category on real logs, out of time; refreshes the README
	@python -m benchmarks.quality
	@python -m benchmarks.next_category
	@python -m benchmarks.timing --json benchmarks/results/timing.json
	@python -m benchmarks.value --json benchmarks/results/value.json
	@python -m benchmarks.readme

bench-nba: $(STAMP)  ## Next best action on worlds with a known truth, and on Hillstrom
	@python -m benchmarks.next_action --seeds 11 12 13 --json benchmarks/results/next_action.json
	@python -m benchmarks.next_action.hillstrom --json benchmarks/results/hillstrom.json || echo "Hillstrom: a goal is missed, see the table"
	@python -m benchmarks.next_action.off_policy --json benchmarks/results/off_policy.json
	@python -m benchmarks.next_action.gate --json benchmarks/results/next_action_gate.json

bench-nba-peers: $(STAMP) tmp/peers/.done  ## The same decisions for econml, causalml and scikit-uplift, in an environment of their own (1.7 GB)
	@python -m benchmarks.next_action.peers --python tmp/peers/bin/python --seeds 11 12 13 --ours benchmarks/results/next_action.json --json benchmarks/results/next_action_peers.json

tmp/peers/.done: benchmarks/next_action/peers/requirements.txt
	@python3 -m venv --clear tmp/peers
	@tmp/peers/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

bench-demo: $(STAMP)  ## The demo against its known truth: phases, base rates, effects, what an oracle would attain
	@python -m benchmarks.demo_truth

bench-features: $(STAMP)  ## The feature engine against its peers and the scan floor, at 1, 10 and 50 million events
	@python -m pip install --quiet --disable-pip-version-check -e ".[bench]"
	@for n in 1000000 10000000 50000000; do python -m benchmarks.features --events $$n --json benchmarks/results/features_$$(( n / 1000000 ))m.json || exit 1; done
	@python -m benchmarks.features --report

lock:  ## Refresh requirements.lock (needs uv)
	uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-emit-find-links --extra demo --extra dev --extra excel --quiet --output-file requirements.lock
	echo "pyspark>=4.0,<4.1" | uv pip compile - --universal --generate-hashes --no-emit-index-url --no-emit-find-links --quiet --output-file requirements-spark.lock

clean:  ## Remove what the pipeline made (data, artifacts, reports); MLflow runs and .venv stay
	rm -rf data artifacts reports
