# What people do here. `make` alone lists it. Needs Python 3.11 or later, make and nothing else.
#
#   PYTHON=python3.13   the Python that .venv is made with
#   ARGS="-k mandates"  handed to the program behind the target
#   ARGS="-n 2 --dist worksteal"   of `make test`: two processes, each with a PostgreSQL of its own
#   PORT, HOST, DATABASE_URL and the like reach `subsidia` from the environment or from make's command line

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
CODE := domain projections services api tests

# A folder's name may be written in any script, and Python 3.11 looks for us by the locale.
ifneq (,$(filter C POSIX,$(LC_ALL)))
export LC_ALL := C.UTF-8
endif

.PHONY: help run test check format bench lock clean

help:
	@echo "make run      start Subsidia with its demo on http://127.0.0.1:8080"
	@echo "make test     every test, against a PostgreSQL of its own"
	@echo "make check    lint, format, types, architecture"
	@echo "make format   put the code in its one format"
	@echo "make bench    measure, beside what we compare ourselves with"
	@echo "make lock     pin the dependencies anew (ARGS=--upgrade for newer ones)"
	@echo "make clean    remove what was built; the register in var/ stays"

# No shell in between, so that a signal to make reaches the server and stops it in order.
run: .venv/run
	@$(BIN)/subsidia serve $(ARGS)

test: .venv/dev
	@$(BIN)/python -m pytest $(ARGS)

check: .venv/dev
	@$(BIN)/ruff check $(CODE) deploy
	@$(BIN)/ruff format --check $(CODE) deploy
	@$(BIN)/mypy $(CODE)
	@$(BIN)/lint-imports

format: .venv/dev
	@$(BIN)/ruff check --fix-only $(CODE) deploy
	@$(BIN)/ruff format $(CODE) deploy

bench: .venv/dev
	@$(BIN)/python -m tests.bench $(ARGS)

# For every supported Python and platform at once; the second lock repeats the first and adds the tools.
LOCK = UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile pyproject.toml --quiet --universal \
	--python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url $(ARGS)

lock: .venv/dev
	@$(LOCK) --group build --output-file requirements.lock
	@$(LOCK) --group dev --constraints requirements.lock --output-file requirements-dev.lock

clean:
	@rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .schemathesis
	@find $(CODE) deploy -name __pycache__ -type d -prune -exec rm -rf {} +
	@if [ -d var ]; then echo "var/ holds the register and stays. Remove it yourself if you mean it."; fi

# The stamps: what .venv holds. `pip` builds ourselves with the locked hatchling and fetches nothing for it.
NOT_FETCHED = { echo "Not everything could be fetched: is there a network? Behind a proxy set https_proxy; for an index of" \
	"your own, PIP_INDEX_URL. Then give the same command again." >&2; exit 1; }
ITSELF = $(PIP) install --no-deps --no-build-isolation --no-index --editable .

.venv/run: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing what requirements.lock names into .venv ..."
	@$(PIP) install --require-hashes -r requirements.lock || $(NOT_FETCHED)
	@$(ITSELF)
	@touch $@

.venv/dev: requirements-dev.lock pyproject.toml | .venv/bin/python
	@echo "Installing what requirements-dev.lock names into .venv ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock || $(NOT_FETCHED)
	@$(ITSELF)
	@touch .venv/run $@

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here. Install Python 3.11 or later, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Subsidia needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V 2>&1). Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv
