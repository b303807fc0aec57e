# Everything begins here. Each target does the set-up it needs, and nothing when nothing changed.
#
#   make run              the demo: city, telephone simulator, console       PORT=8000 PHONE_PORT=8001
#   make test             the whole test suite                               ARGS="-k words"
#   make check            linters, types, imports
#   make seed             load the sample city; may be repeated
#   make serve PORT=8000  production processes against the environment's own PostgreSQL, Redis and carrier
#   make migrate          bring the database to this release
#   make bench            figures, as ratios
#   make lock             resolve the dependencies anew (needs uv on PATH)

PORT ?= 8000
PHONE_PORT ?= 8001
ARGS ?=
WORKERS := -n 2 --no-loadscope-reorder
BIN := .venv/bin
.PHONY: run test check seed serve migrate bench bench-kill lock assets setup setup-dev

setup:
	@bin/setup run

setup-dev:
	@bin/setup dev

run: setup
	@exec $(BIN)/python launch.py run --port $(PORT) --phone-port $(PHONE_PORT) --end-with-parent

serve: setup
	@exec $(BIN)/python launch.py serve --port $(PORT) --end-with-parent

seed: setup
	@exec $(BIN)/python launch.py seed

migrate: setup
	@exec $(BIN)/python launch.py migrate

test: setup-dev
	@CHROMIUM="$$($(BIN)/python bin/chromium)" || exit 1; export CHROMIUM; exec $(BIN)/python -m pytest $(WORKERS) $(ARGS)

check: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup-dev
	@exec $(BIN)/python launch.py bench $(ARGS) --end-with-parent

bench-kill: setup-dev
	@exec $(BIN)/python launch.py bench kill --end-with-parent

assets: setup
	@bin/assets

LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header
lock:
	$(LOCK) --upgrade requirements-dev.in --output-file requirements-dev.lock
	$(LOCK) --upgrade requirements.in --constraint requirements-dev.lock --output-file requirements.lock
	$(LOCK) --upgrade requirements-node.in --output-file requirements-node.lock
	npm install --package-lock-only --ignore-scripts --no-audit --no-fund --omit-lockfile-registry-resolved=true
