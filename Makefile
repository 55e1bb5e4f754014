# `make` lists what there is. Everything works from a fresh clone: .venv is made when it is missing or stale.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
REPORTS ?= reports

.DEFAULT_GOAL := help
.PHONY: help install demo test check format bench proof docs dist clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "pytest-kibana needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python && $(BIN)/python -c '' 2>/dev/null || { rm -rf .venv && $(PYTHON) -m venv .venv; } \
	  || { rm -rf .venv; echo "no venv module: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

install: $(STAMP) ## make .venv and install the package with what its development needs

demo: $(STAMP) ## run the conformance suites against the embedded stand-in and show the scoreboard
	$(BIN)/python -m pytest --pyargs pytest_kibana.suites -p no:cacheprovider -rN --no-header \
	  --kibana-url embedded --kibana-contract core

test: $(STAMP) ## run the project's own tests
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: $(STAMP) ## lint, formatting, types, dead and repeated code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/vulture
	$(BIN)/pylint --disable=all --enable=duplicate-code --min-similarity-lines=10 --score=n src/pytest_kibana

format: $(STAMP) ## mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP) ## measure, side by side, and print ratios
	@for name in opening collecting cases overhead running; do \
	  echo "== $$name"; $(BIN)/python benchmarks/$$name.py || exit 1; done

proof: $(STAMP) ## run the long proofs that `make test` samples
	$(BIN)/python -m pytest -m proof

docs: $(STAMP) ## build the documentation into site/, and check its links
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	$(BIN)/python docs/generate.py --check
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

dist: $(STAMP) ## build the wheel and the source archive into dist/
	rm -rf dist && $(BIN)/python -m build --outdir dist

clean: ## remove .venv, caches and reports
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build site
	find reports -mindepth 1 ! -name README.md -delete
