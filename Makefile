# Every target creates what it needs: the virtual environment .venv with the versions of constraints.txt.
# It is renewed when pyproject.toml or constraints.txt change, and left alone otherwise.

SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help

# Tried in this order; `make test PYTHON=/path/to/python` names one.
PYTHON ?=
CANDIDATES := $(if $(PYTHON),$(PYTHON),python3.11 python3.12 python3.13 python3)
IS_USABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))

BIN := .venv/bin
INSTALLED := .venv/installed
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install --constraint constraints.txt

# How many processes run the tests; `make test JOBS=0` runs them in one, `TESTS="-m 'not slow'"` chooses.
JOBS ?= auto
TESTS ?=

# How many examples each random test has in `make fuzz`; new ones each time.
EXAMPLES ?= 1000

.PHONY: help demo test fuzz lint format notebooks pictures incidents bench constraints clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: $(INSTALLED) ## incident 609 under the rules before the fix and after it
	@$(BIN)/windtunnel compare seed-before seed-after --scenario 609

test: $(INSTALLED) ## all tests
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(TESTS)

fuzz: $(INSTALLED) ## random scenarios and damaged files, thousands of new ones each time
	@WINDTUNNEL_FUZZ=$(EXAMPLES) $(BIN)/python -m pytest -n $(JOBS) --dist worksteal tests/fuzz $(TESTS)

lint: $(INSTALLED) ## style, format, types and the direction of imports
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet || { echo "some files are not formatted: run 'make format'" >&2; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(INSTALLED) ## format all files and sort their imports
	@$(BIN)/ruff check --select I --fix --quiet
	@$(BIN)/ruff format

notebooks: $(INSTALLED) ## execute every notebook, from its first cell to its last
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	for notebook in notebooks/*.ipynb; do \
		if [ ! -e "$$notebook" ]; then echo "no notebooks to execute" >&2; break; fi; \
		echo "$$notebook" >&2; \
		$(BIN)/jupyter-execute --timeout=600 --output="$$folder/$$(basename "$$notebook")" "$$notebook"; \
	done

pictures: incidents ## renew the pictures in docs/images and the outputs in the notebooks
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	for policy in seed-before seed-after; do \
		$(BIN)/windtunnel run 609 --policy $$policy --out "$$folder/$$policy" >/dev/null; \
		cp "$$folder/$$policy/timeline.png" docs/images/609-$$policy.png; \
	done
	@$(BIN)/jupyter-execute --timeout=600 --inplace notebooks/*.ipynb

incidents: $(INSTALLED) ## renew the table and the picture in docs/incidents.md
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	$(BIN)/windtunnel matrix --format markdown --out "$$folder" > "$$folder/table"; \
	awk -v table="$$folder/table" \
		'/^<!-- end of the matrix/ { inside = 0 } \
		!inside { print } \
		/^<!-- the matrix/ { inside = 1; while ((getline line < table) > 0) print line; print "" }' \
		docs/incidents.md > "$$folder/page"; \
	cp "$$folder/page" docs/incidents.md; \
	cp "$$folder/matrix.png" docs/images/incidents.png

bench: $(INSTALLED) ## tasks per second beside SimPy and Ciw, into results/bench.json
	@$(BIN)/python -m benchmarks.bench

# Into a file of its own first: a failed installation must not leave an empty constraints.txt.
constraints: $(INSTALLED) ## renew constraints.txt with the newest versions that are allowed
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	$(BIN)/python -m venv "$$folder/venv"; \
	"$$folder/venv/bin/python" -m pip --quiet --disable-pip-version-check install --editable '.[dev]' >&2; \
	sed -n '/^#/p' constraints.txt > "$$folder/new"; \
	"$$folder/venv/bin/python" -m pip freeze --exclude-editable >> "$$folder/new"; \
	cp "$$folder/new" constraints.txt

clean: ## remove the virtual environment and all caches; results/ stays
	rm -rf .venv dist build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): pyproject.toml constraints.txt
	@python=; \
	for candidate in $(CANDIDATES); do \
		if "$$candidate" -c '$(IS_USABLE)' >/dev/null 2>&1; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "make: no usable Python among: $(CANDIDATES)" >&2; \
		echo "Python 3.11 or later with its venv module is needed (Debian, Ubuntu: apt install python3-venv);" >&2; \
		echo "or name one: make $(or $(MAKECMDGOALS),test) PYTHON=/path/to/python" >&2; \
		exit 1; \
	fi; \
	echo "installing into .venv with $$python (a minute or so, only when the dependencies change)" >&2; \
	$(BIN)/python -c '$(IS_USABLE)' >/dev/null 2>&1 || "$$python" -m venv --clear .venv
	@$(PIP) hatchling editables >&2
	@$(PIP) --no-build-isolation --editable '.[dev]' >&2
	@touch $@
