# Everything a person or a machine does with Enishi. `make help` lists it.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
SETUP := .venv/.setup-stamp
DEV := .venv/.dev-stamp
DASK := .venv/.dask-stamp
TRAIN := .venv-train/.train-stamp
TRAIN_DEV := .venv-train/.dev-stamp
SHARED ?= ../shared
# The locks are complete, so nothing is resolved; -qq leaves errors only.
PIP := $(BIN)/python -m pip install -qq --no-deps --disable-pip-version-check --progress-bar off

.DEFAULT_GOAL := help
.PHONY: help setup run test test-fast test-training lint format eval eval-corpora bench bench-check dask load unchanged long-run hostile docs model lock wheel clean

help: ## this list
	@awk -v shared='$(SHARED)' -F ':.*## ' '/^[a-z-]+:.*## / { gsub(/\$$\(SHARED\)/, shared, $$2); printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(SETUP) ## .venv with the pinned dependencies and .venv/bin/enishi (needs Python 3.11 and a package registry, once)

$(SETUP): requirements.lock pyproject.toml
	@echo "Setting up .venv (once; a few minutes)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) --require-hashes --requirement requirements.lock
	@$(PIP) --no-build-isolation --editable .
	@$(BIN)/python -m pip check
	@touch $@

$(DEV): requirements-dev.lock $(SETUP)
	@echo "Adding the development tools to .venv"
	@$(PIP) --require-hashes --requirement requirements-dev.lock
	@touch $@

$(DASK): requirements-dask.lock $(SETUP)
	@$(PIP) --require-hashes --requirement requirements-dask.lock
	@touch $@

$(TRAIN): requirements.lock requirements-train.lock requirements-train-torch.txt
	@echo "Setting up .venv-train (once; torch is large)"
	@test -x .venv-train/bin/python || $(PYTHON) -m venv .venv-train
	@$(subst $(BIN),.venv-train/bin,$(PIP)) --require-hashes --requirement requirements.lock
	@$(subst $(BIN),.venv-train/bin,$(PIP)) --require-hashes --requirement requirements-train.lock
	@$(subst --no-deps,,$(subst $(BIN),.venv-train/bin,$(PIP))) --requirement requirements-train-torch.txt
	@touch $@

run: $(SETUP) ## ingest data/articles, print the claims, write var/graph.ttl (needs nothing but setup)
	@$(BIN)/enishi ingest data/articles --claims
	@$(BIN)/enishi export var/graph.ttl

test: $(DEV) ## all tests but the soak ones and, for want of torch, those of training (needs setup; uses $(SHARED) where it is there)
	@$(BIN)/python -m pytest

$(TRAIN_DEV): requirements-dev.lock $(TRAIN)
	@echo "Adding the development tools to .venv-train"
	@$(subst $(BIN),.venv-train/bin,$(PIP)) --require-hashes --requirement requirements-dev.lock
	@touch $@

test-training: $(TRAIN_DEV) ## the tests of how weights are made, which `make test` skips for want of torch
	@.venv-train/bin/python -m pytest tests/extractors/training

test-fast: $(DEV) ## the tests that take under ten seconds each
	@$(BIN)/python -m pytest -m "not slow"

lint: $(DEV) ## ruff, mypy --strict and the import contracts (needs setup)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(DEV) ## let ruff put the code in shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

eval: $(SETUP) ## precision, recall and F1, by confidence too, with simpler readers' beside them, on our own gold, and on $(SHARED)/gold/dev.json and seed/ where they are there
	@for gold in data/gold/*.json $(wildcard $(SHARED)/gold/dev.json); do echo "== $$gold"; $(BIN)/enishi evaluate $$gold && $(BIN)/python tools/claim_figures.py $$gold && $(BIN)/python tools/baselines.py $$gold || exit 1; done
	@for gold in $(wildcard $(SHARED)/seed/gold.json); do echo "== $$gold"; $(BIN)/enishi evaluate $$gold || exit 1; done
	@for name in $(basename $(notdir $(wildcard data/relations/*.json))); do echo "== $$name"; $(BIN)/enishi evaluate data/relations/$$name.json --ontology ontology/examples/$$name.ttl || exit 1; done

eval-corpora: $(TRAIN) ## roles, entities and reference on $(SHARED)/corpora (needs a package registry once; minutes)
	@.venv-train/bin/python -m extractors.training.corpus_figures --shared $(SHARED)
	@.venv-train/bin/python -m extractors.training.coreference_score $(SHARED)/corpora/wac-dev.knp.gz

dask: $(DASK) ## what `enishi ingest --dask` needs beside the plain installation

bench: $(DEV) ## characters a second, beside stock ja_ginza (uses $(SHARED)/corpora where it is there, else data/articles)
	@$(BIN)/python tools/bench.py --shared $(SHARED)

bench-check: $(SETUP) ## the same ratios beside those kept in tools/bench.json: fails where one is a fifth lower (minutes; not part of make test)
	@$(BIN)/python tools/bench.py check --shared $(SHARED)

model: $(TRAIN) ## train the weights anew, with their figures (needs $(SHARED), a package registry once, and two hours of two cores; after a stop `make model RESUME=--resume` goes on)
	@.venv-train/bin/python -m extractors.training --shared $(SHARED) --out extractors/models/reader $(RESUME)

load: $(DEV) ## readers and a writer on a served store for a minute, at 1 and at 5 million quads
	@$(BIN)/python -m tests.load.serve_load

unchanged: $(DEV) ## what a run on 10,000 unchanged documents costs
	@$(BIN)/python -m tests.load.unchanged

long-run: $(DEV) ## 100,000 short documents in one flow: memory, poison, Prefect's database, the log
	@$(BIN)/python -m tests.load.long_run

hostile: $(DEV) ## 10,000 hostile documents all the way from reader to export
	@$(BIN)/python -m tests.hostile.run --documents 10000

docs: $(DEV) ## the ontology's page, var/docs/ontology.html
	@mkdir -p var/docs
	@$(BIN)/python -m ontology.documentation var/docs/ontology.html
	@echo "var/docs/ontology.html"

wheel: $(DEV) ## dist/enishi-*.whl
	@$(BIN)/python -m build --wheel --no-isolation --outdir dist .

lock: $(DEV) ## pin the dependencies anew, with hashes, from the plain registry (needs a package registry)
	@env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null $(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --allow-unsafe --strip-extras --build-deps-for editable -o requirements.lock pyproject.toml
	@env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null $(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --allow-unsafe --strip-extras --build-deps-for editable --extra dask -c requirements.lock -o requirements-dask.lock pyproject.toml
	@env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null $(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --allow-unsafe --strip-extras --build-deps-for editable --extra dask --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	@env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null $(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --allow-unsafe --strip-extras -o requirements-train.lock requirements-train.in

clean: ## remove what was built (not var/, which holds your graph)
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
