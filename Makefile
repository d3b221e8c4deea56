# Everything runs in .venv. TORCH is installed before the rest: the build found then is the CPU one, while a resolver
# left to itself takes the newest build with gigabytes of CUDA libraries.
PYTHON ?= python3
TORCH  := torch==2.13.0
BIN    := .venv/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: help install chat test check smoke fuzz faults load bench bench-scale bench-catalog sample-score screenshots clean

help:
	@echo "make install      make .venv and install Dateline"
	@echo "make chat         index the sample dossier and serve the chat page"
	@echo "make test         run the whole test suite: WORKERS=n for other than two processes"
	@echo "make check        ruff, mypy --strict and the architecture test"
	@echo "make smoke        what a user does first, from adding files to serving them: half a minute"
	@echo "make fuzz         a minute of broken files for every loader: SECONDS=n, SEED=n, LOADERS=names"
	@echo "make faults       every write of the index fails or is the last one, every file is damaged: SEED=n; takes long"
	@echo "make load         put the server under load on this machine and print what it does: INDEX=folder, else the sample"
	@echo "make bench        race the indexing against LangChain's usual pipeline, and score again what the README"
	@echo "                  states: BENCHMARK=folder, or several in quotes"
	@echo "make bench-scale  measure both indexes from 1,000 passages to 1,000,000: BENCHMARK=folder, else the sample"
	@echo "make bench-catalog measure one index as a whole, from adding to compacting: SIZES=\"10000 100000 1000000\""
	@echo "make sample-score score the sample benchmark against the recorded figures"

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	@echo "making .venv (torch first, then the rest; a few minutes on two cores)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) install $(TORCH)
	@$(PIP) install -c constraints.txt -e .
	@touch $@

.venv/tests-installed: .venv/installed
	@echo "installing what the tests and checks need"
	@$(PIP) install -c constraints.txt -e '.[test,dev]'
	@touch $@

.venv/bench-installed: .venv/installed
	@echo "installing the pipeline that the benchmark races against"
	@$(PIP) install -c constraints.txt -e '.[bench]'
	@touch $@

chat: .venv/installed
	@echo "indexing the sample dossier into data/sample (unchanged documents cost nothing)"
	@$(BIN)/dateline index add --sample --index data/sample
	@$(BIN)/dateline serve --index data/sample

# A file of tests is one process's from its first test to its last, so that what the file shares is made once. The files
# are taken in their order: sorted by their number of tests, the longest would be the last. OpenMP gets one thread, as
# its threads wait by spinning and would take the core of the other process.
WORKERS ?= 2
test: .venv/tests-installed
	@echo "running the test suite in $(WORKERS) processes"
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: .venv/tests-installed
	@echo "ruff"
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "mypy --strict"
	@$(BIN)/mypy
	@echo "architecture"
	@$(BIN)/python -m pytest tests/test_architecture.py

smoke: .venv/installed
	@$(BIN)/python scripts/smoke.py

SECONDS ?= 60
SEED ?= 0
LOADERS ?=
fuzz: .venv/tests-installed
	@$(BIN)/python scripts/fuzz_loaders.py --seconds $(SECONDS) --seed $(SEED) $(LOADERS)

faults: .venv/tests-installed
	@echo "disturbing and damaging an index at every place (the suite does so at a few)"
	@DATELINE_FAULTS=full DATELINE_FAULTS_SEED=$(SEED) $(BIN)/python -m pytest tests/test_faults.py tests/test_damage.py \
		tests/test_readers_and_a_writer.py --durations=0

INDEX ?=
load: .venv/installed
	@$(BIN)/python scripts/load.py $(if $(INDEX),--index "$(INDEX)")

BENCHMARK ?=
bench: .venv/bench-installed
	@test -n "$(BENCHMARK)" || { echo "name a benchmark folder: make bench BENCHMARK=path/to/folder" >&2; exit 2; }
	@$(BIN)/dateline eval bench $(firstword $(BENCHMARK))
	@for folder in $(BENCHMARK); do $(BIN)/dateline eval check "$$folder" || exit $$?; done

bench-scale: .venv/installed
	@$(BIN)/python scripts/bench_scale.py $(or $(firstword $(BENCHMARK)),sample) --write docs

SIZES ?= 10000 100000
bench-catalog: .venv/installed
	@$(BIN)/python scripts/bench_catalog.py $(SIZES)

sample-score: .venv/installed
	@$(BIN)/dateline eval check

screenshots: .venv/tests-installed
	@$(BIN)/python scripts/screenshot.py

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
