# `make demo` and `make test` need Python 3.11 to 3.13, git and make; the rest sets itself up.
#   make PYTHON=/path/to/python3   another interpreter, when .venv is made
#   make demo SERVE=0              stop after the report
#   make test ARGS="-k drift"      more arguments for pytest
#   make lock ARGS=--upgrade       newer versions within the bounds

BIN := .venv/bin
READY := .venv/ready
ARGS ?=
WORKERS ?= 3

# No part of this project reports to anybody; nor do the libraries it uses.
export DO_NOT_TRACK := 1
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help demo test soak spark pictures lint types floors check format lock bench clean

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

$(READY): requirements-dev.lock pyproject.toml scripts/setup
	@sh scripts/setup
	@touch $@

demo: $(READY) ## load the sample logs, check them, write demo/report.html, serve
	$(BIN)/driftline demo --dir demo $(if $(filter 0,$(SERVE)),--no-serve)

test: $(READY) ## run every test; REQUIRE_BROWSER=1 fails where there is no Chromium
	@sh scripts/browser >/dev/null || [ -z "$$REQUIRE_BROWSER" ]
	@sh scripts/prometheus >/dev/null || [ -z "$$REQUIRE_PROMETHEUS" ]
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

soak: $(READY) ## kill owners of stores at 200 random moments, look for what they acknowledged; bend payloads
	$(BIN)/python -m pytest -q tests/store/test_store_machine.py tests/store/test_archived_writes.py \
		tests/jobs/test_follow_command.py --hypothesis-profile=soak
	$(BIN)/python -m tests.soak.fuzz_payloads
	$(BIN)/python -m tests.soak.fuzz_logs
	$(BIN)/python -m tests.soak $(ARGS)

spark: $(READY) ## install pyspark, run the tests of its engine; needs Java 17 or 21
	@$(BIN)/python -c 'import pyspark' 2>/dev/null || $(BIN)/pip install -r requirements-spark.txt
	SPARK=1 $(BIN)/python -m pytest -q tests/spark $(ARGS)

pictures: $(READY) ## draw docs/images anew; needs a Chromium
	@sh scripts/browser >/dev/null
	REQUIRE_BROWSER=1 $(BIN)/python -m pytest -q tests/browser/pictures.py

lint: $(READY) ## check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## check types
	$(BIN)/basedpyright

floors: $(READY) ## check that imports point downwards only
	$(BIN)/lint-imports --no-logo

check: lint types floors ## lint, types and floors

format: $(READY) ## mend style and formatting where that is safe
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(READY) ## write both lock files anew
	sh scripts/lock $(ARGS)

bench: $(READY) ## run every benchmark
	@set -e; for file in benchmarks/[!_]*.py; do echo "== $$file"; $(BIN)/python $$file; done

clean: ## remove what tools and the demo left behind; .venv stays
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache .import_linter_cache .hypothesis demo
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
