# `make help` tells the targets. Everything they need they install themselves, into .venv and a cache.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.12 python3.13 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
BIN := .venv/bin
KUBERNETES := control_plane or cluster

.PHONY: help venv format lint check coverage test test-on-kubernetes test-without-kubernetes chaos bench demo demo-cluster down generate lock

help:  ## Tell the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

venv: .venv/.installed  ## Make the virtual environment from the lock.

.venv/.installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed" >&2; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"
	@VIRTUAL_ENV=.venv $(BIN)/uv pip sync --quiet --require-hashes requirements.lock
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-deps --editable .
	@touch $@

format: venv  ## Format the code.
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --quiet --fix .

lint: venv  ## Format, lint, types and import rules.
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

check: lint  ## That, and the pure tests of the core and its neighbours with few examples: the inner loop.
	@HYPOTHESIS_PROFILE=quick $(BIN)/pytest -q -m "not control_plane and not cluster and not s3" \
		tests/core tests/engine tests/api tests/sdk tests/metrics tests/test_repository.py

coverage: venv  ## The tests of the core take its every branch, without those by random examples; else it tells which not.
	@$(BIN)/coverage run -m pytest -q -m "not hypothesis" tests/core
	@$(BIN)/coverage report

# Make itself has both run at the same time, so that a signal to it ends both. The plus sign is for what one of them
# says to be seen as it comes; so that one runs even with `make -n`.
test: lint  ## All tests: those with a real control plane, node and helm, and at the same time the others.
	@$(MAKE) --no-print-directory --keep-going --jobs=2 --output-sync=target \
		test-on-kubernetes coverage test-without-kubernetes

test-on-kubernetes: venv
	+@$(BIN)/pytest -q -m "$(KUBERNETES)"

test-without-kubernetes: venv
	@$(BIN)/pytest -q -m "not ($(KUBERNETES))"

chaos: venv  ## A dead node, and 300 tasks while the cluster fails around them (SEED=1 to repeat one, MINUTES=10).
	@TASKYARD_SOAK_SEED=$(or $(SEED),$$RANDOM) TASKYARD_SOAK_MINUTES=$(or $(MINUTES),10) TASKYARD_TEST_LONG=1 \
		$(BIN)/pytest -q -s tests/soak tests/chaos/test_dead_node.py

bench: venv  ## Measure against bare Jobs, on a quiet machine; writes docs/benchmarks.* anew (23 minutes).
	@$(BIN)/python -m tests.perf $(MEASURE)

demo: venv  ## A service, a task and its picture on this machine, and what a kill -9 leaves of them.
	@$(BIN)/python -m tests.demo_local

demo-cluster: venv  ## The demo on a real cluster (needs root; KEEP=1 leaves it up, `make down` ends it).
	@$(BIN)/python -m tests.demo $(if $(KEEP),--keep)

down: venv  ## End the test cluster and leave nothing behind.
	@$(BIN)/python -m tests.cluster down

generate: venv  ## Write anew what is made from code: crds/, parts of docs/, the chart's copies and table.
	@$(BIN)/python -m tests.generate

lock: venv  ## Resolve the dependencies anew and write the locks, which name no index.
	@VIRTUAL_ENV=.venv $(BIN)/uv lock --quiet --upgrade
	@$(BIN)/uv export --quiet --no-header --no-emit-project --no-annotate --extra operator --extra runtime --extra cli --extra serve --group dev -o requirements.lock >/dev/null
	@$(BIN)/uv export --quiet --no-header --no-emit-project --no-annotate --no-dev --extra operator -o requirements-operator.lock >/dev/null
	@$(BIN)/uv export --quiet --no-header --no-emit-project --no-annotate --no-dev --extra runtime -o requirements-runtime.lock >/dev/null
	@rm uv.lock
