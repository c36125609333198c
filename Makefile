# Each target does its own set-up in .venv; what is already installed is not installed again.
#
#   make demo    twenty real trials on the CIFAR example, in the live screen (DATA=dir for your own images)
#   make test    every test, with and without torch
#   make lint    ruff, mypy and the import contracts
#   make bench   what the README says about speed and quality, measured here
#   make clean   removes what the targets above made
#
# Any Python from 3.10 on: make demo PYTHON=python3.12

PYTHON ?= python3
VENV ?= .venv
PIP = $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
PYTEST = $(VENV)/bin/python -m pytest

# Another environment that is active in the terminal must not leak into this one.
unexport VIRTUAL_ENV CONDA_PREFIX PYTHONPATH PYTHONHOME

.PHONY: help demo test lint bench clean
help:
	@sed -n 's/^#  *make /  make /p' Makefile

$(VENV)/created:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON): install Python 3.10 or later, or name one, make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "annotate needs Python 3.10 or later, and $(PYTHON) is $$($(PYTHON) -V 2>&1): name another, make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv module: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }
	@echo "Making an environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/installed-dev: $(VENV)/created pyproject.toml constraints.txt
	@echo "Installing annotate and its development tools"
	@$(PIP) --editable '.[dev]'
	@touch $@

$(VENV)/installed-examples: $(VENV)/created pyproject.toml constraints.txt
	@echo "Installing annotate and what the examples need: torch and its CUDA libraries take 5.5 GB and some minutes, once"
	@$(PIP) --editable '.[examples]'
	@touch $@

demo: $(VENV)/installed-examples
	$(VENV)/bin/annotate run examples/annotated_cifar/train.py --trials 20 -- --epochs 3 $(if $(DATA),--data-dir $(DATA) --limit 3000)

test: $(VENV)/installed-dev
	$(PYTEST) -n auto -m "not torch"
	@$(MAKE) --no-print-directory $(VENV)/installed-examples
	$(PYTEST) -n auto -m torch

lint: $(VENV)/installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: $(VENV)/installed-dev
	@missed=; for bench in benchmarks/bench_*.py; do \
	  echo "== $$bench"; $(VENV)/bin/python $$bench || missed="$$missed $$bench"; \
	done; \
	test -z "$$missed" || { echo "A goal was missed, or could not be measured, by:$$missed" >&2; exit 1; }

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
