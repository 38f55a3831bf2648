# Two commands do everything: `make serve` and `make test`.
PYTHON ?= python3
CATALOGUE ?=
BIN := .venv/bin
CLIENTS := .venv-clients
COMPILE = $(BIN)/uv pip compile --universal --generate-hashes --no-header --upgrade -q --python-version 3.11
TOO_OLD := pypi_web needs Python 3.11 or newer: make serve PYTHON=python3.12
CHECK := import sys; sys.exit("$(TOO_OLD)" if sys.version_info < (3, 11) else 0)

.PHONY: serve test browser-test lint format demo bench bench-mirror lock clean

serve: .venv/installed
	@$(BIN)/alembic upgrade head
	@exec $(BIN)/pserve development.ini

test: .venv/installed-dev $(CLIENTS)/installed
	$(BIN)/pytest -n auto --dist worksteal

browser-test: .venv/installed-dev  ## needs chromium and its driver; pictures of all pages are left in .browser
	$(BIN)/pytest -n 2 --dist worksteal tests/browser

lint: .venv/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python alembic/lint.py

format: .venv/installed-dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

demo: .venv/installed-dev  ## needs a package registry, found from pip's own configuration
	$(BIN)/python -m benchmarks.demo

bench: .venv/installed-dev
	$(BIN)/python -m benchmarks $(CATALOGUE)

bench-mirror: .venv/installed-dev  ## needs a package registry, found from pip's own configuration
	$(BIN)/python -m benchmarks.mirror

lock: .venv/installed-dev
	$(COMPILE) setup.py -o requirements/main.txt
	$(COMPILE) setup.py --extra dev -c requirements/main.txt -o requirements/dev.txt
	$(COMPILE) --no-strip-extras requirements/clients.in -o requirements/clients.txt

clean:
	rm -rf .venv $(CLIENTS) .bench .browser build dist *.egg-info

# The environment is made anew where it is too old or has no pip, as a failure leaves it. The package
# itself is installed without its dependencies: those come from the hashed lock alone.
.venv/installed: requirements/main.txt setup.py
	@if ! { $(BIN)/python -c '$(CHECK)' && $(BIN)/python -m pip --version; } >/dev/null 2>&1; then \
		$(PYTHON) -c '$(CHECK)' && $(PYTHON) -m venv --clear .venv; fi
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/main.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/installed-dev: requirements/dev.txt .venv/installed
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

# Apart, so that no client decides on a version that the project runs with. The lock keeps extras, for
# without them pip 23 takes another version than the locked one, and refuses it.
$(CLIENTS)/installed: requirements/clients.txt | .venv/installed
	$(BIN)/python -m venv --clear $(CLIENTS)
	$(CLIENTS)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/clients.txt
	@touch $@
