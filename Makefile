# make run · demo · test · check · bench — each does all of its own set-up.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
# Some machines forbid Python to keep what it has compiled: every command of a test would be compiled anew.
export PYTHONDONTWRITEBYTECODE :=
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet

help: ## What there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 22

setup: .venv/.ready ## Install into .venv, and nothing else

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "sanguan needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 2; }
	@$(PYTHON) -m venv .venv
	@echo "Installing what sanguan needs into .venv …"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --editable .
	@touch $@

.venv/.dev: .venv/.ready requirements-dev.lock
	@echo "Installing what the tests and checks need …"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

run: setup ## Serve the whole system on http://127.0.0.1:8000 with the sample campaign
	@$(BIN)/sanguan up --data data/sample --with-sample

demo: setup ## Do the whole job once, verify it, print the scoreboard, and exit
	@$(BIN)/sanguan demo

test: .venv/.dev ## All tests but those that need a browser or very long
	@$(BIN)/python -m pytest -m "not browser and not long" -n 4 --dist loadfile --no-loadscope-reorder

test-browser: .venv/.dev ## The pages in a real Chromium
	@$(BIN)/python -m pytest -m browser

test-long: .venv/.dev ## All of them, over many more cases
	@SANGUAN_TEST_LONG=1 $(BIN)/python -m pytest -m "not browser" -n 4 --dist loadfile --no-loadscope-reorder

check: .venv/.dev ## Types, lint, import rules, generated documents
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m tests.documents --check

docs: .venv/.dev ## Write the generated documents again
	@$(BIN)/python -m tests.documents

lock: .venv/.dev ## Choose the newest fitting versions and pin them with hashes
	@$(BIN)/python -m pip --quiet install uv
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--quiet --upgrade --group dev --output-file requirements-dev.lock pyproject.toml
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--quiet --constraint requirements-dev.lock --output-file requirements.lock pyproject.toml

bench: .venv/.dev ## Measure against the peer, side by side; writes bench.json
	@$(BIN)/python -m bench

clean: ## Remove what was installed and made here
	rm -rf .venv data demo-data bench.json .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help setup run demo test test-browser test-long check docs lock bench clean
