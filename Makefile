# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Each creates .venv by itself from the hash-checked lock. `make` alone lists the rest.

# The first Python 3.11 to 3.13 that really runs and can make environments: version
# managers put stubs on the path that exist and fail. Override with `make PYTHON=...`.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	if $$python -c 'import ensurepip, ssl, sqlite3, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; \
	then echo $$python; break; fi; done)
VENV ?= .venv
UV ?= uv
DIST ?= dist
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PEERS := $(VENV)/.peers

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint prove bench docs lock wheel clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

setup: $(READY)  ## create .venv from the lock, if it is not there

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo 'No Python 3.11 to 3.13 with venv found. Install one, or: make PYTHON=/path/to/python' >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -c 'from placement_engine.solver.warming import warm; warm()'
	$(BIN)/python -c 'from placement_engine.graph.warming import warm; warm()'
	@touch $(READY)

$(PEERS): $(READY) requirements-peers.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-peers.lock
	@touch $(PEERS)

demo: $(READY)  ## a synthetic country, three cases, one of them impossible
	$(BIN)/placement demo

test: $(READY)  ## all tests, docs and docstring examples; under 5 minutes
	$(BIN)/python -m pytest -n 2

lint: $(READY)  ## ruff, mypy --strict and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

prove: $(PEERS)  ## the long proofs and benchmarks; writes docs/PROOFS.md and benchmarks/RESULTS.md
	$(BIN)/python docs/prove.py

bench: $(PEERS)  ## the benchmarks; only prints
	$(BIN)/python -m benchmarks all

docs: $(READY)  ## rewrite the help blocks of README.md and docs/commands.md
	$(BIN)/python docs/help_blocks.py

lock: pyproject.toml  ## resolve requirements.lock anew; needs uv
	$(UV) --no-config pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
		--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
		--default-index https://pypi.org/simple --custom-compile-command 'make lock' \
		--group dev --group build --all-extras --only-binary :all: pyproject.toml -o requirements.lock
	$(UV) --no-config pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
		--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
		--default-index https://pypi.org/simple --custom-compile-command 'make lock' \
		--group peers --only-binary :all: -c requirements.lock pyproject.toml -o requirements-peers.lock

wheel: $(READY)  ## dist/placement_engine-*.whl
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation -w $(DIST) .

clean:  ## remove .venv and everything generated
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
