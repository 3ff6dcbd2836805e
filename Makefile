# Each target sets up what it needs; nothing to install by hand but Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SCENARIO ?= reviews_us_to_cn
SWEEP ?= data/sweeps/offer.yml
export OMP_WAIT_POLICY = PASSIVE

.DEFAULT_GOAL := help
.PHONY: help report sweep lab test bench lint lock messages sample clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

report: $(VENV)/.core  ## run the default scenario (or SCENARIO=name) and write its reports
	$(BIN)/bigmodel run $(SCENARIO)

sweep: $(VENV)/.core  ## run the variants of SWEEP=file.yml and compare them on one page
	$(BIN)/bigmodel sweep $(SWEEP)

lab: $(VENV)/.core  ## open the notebooks in JupyterLab
	$(BIN)/bigmodel lab

test: $(VENV)/.test  ## run the tests
	$(BIN)/python -m pytest -n auto

bench: $(VENV)/.test  ## measure against peers, ratios in one run
	@for script in tests/benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

lint: $(VENV)/.test  ## check style of code and notebooks
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/nbstripout --verify --keep-id $(wildcard notebooks/*.ipynb)

lock: $(VENV)/.dev  ## pin every package again
	$(BIN)/uv pip compile -q pyproject.toml --extra dev --no-annotate --no-header --no-emit-index-url --no-emit-find-links -o requirements.lock
	sed -i -E '/^(nvidia-|cuda-|triton==)/d; s/\+cpu$$//' requirements.lock  # holds for CPU and GPU machines alike

messages: $(VENV)/.core  ## bring the translation catalogue up to date with notebooks and code
	$(BIN)/python -m bigmodel_utils.report.catalogue

sample: $(VENV)/.core  ## make the committed sample report and its picture anew (needs chromium)
	$(BIN)/bigmodel run
	rm -rf reports/sample && cp -r reports/reviews_us_to_cn reports/sample
	chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars --window-size=1280,1500 \
		--screenshot=reports/brief.png file://$(CURDIR)/reports/sample/index.html

clean:  ## remove generated reports and runs; downloads, privacy accounts and the environment stay
	rm -rf .pytest_cache .ruff_cache .hypothesis
	test ! -d data/runs || find data/runs -mindepth 1 -maxdepth 1 ! -name .privacy -exec rm -rf {} +
	find reports -mindepth 1 -maxdepth 1 ! -name README.md ! -name sample -exec rm -rf {} +

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "given:   Python %d.%d\nallowed: 3.11 or newer\nmend:    make PYTHON=python3.11 ..." % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)

# torch goes first and alone: any range that admits a newer one would bring gigabytes of CUDA along
$(VENV)/.core: pyproject.toml requirements.lock | $(BIN)/python
	$(BIN)/python -m pip install -q -c requirements.lock torch
	$(BIN)/python -m pip install -q -c requirements.lock -e .
	@touch $@

$(VENV)/.test: $(VENV)/.core
	$(BIN)/python -m pip install -q -c requirements.lock -e '.[test]'
	@touch $@

$(VENV)/.dev: $(VENV)/.test
	$(BIN)/python -m pip install -q -c requirements.lock -e '.[dev]'
	@touch $@
