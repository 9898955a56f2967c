# `make demo` and `make test` set up everything they need; nothing else has to be installed first.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
READY   = $(VENV)/.ready

.PHONY: demo test slow check golden bench quality clean

demo: $(READY)  ## learn handwritten digits for about three minutes, make sixteen new ones, judge
	run=$$($(BIN)/sparring train digits_quick) && \
		$(BIN)/sparring generate $$run --count 16 --out samples/demo && \
		$(BIN)/sparring compare $$run digits --data mnist_5k --quick --out samples/demo
	@echo "Sixteen new digits: samples/demo/sheet.png. How good they are: samples/demo/compare.html"

test: $(READY) check  ## lint, types, layers and the fast tests
	$(BIN)/pytest -q -n 2 --dist loadfile -m "not slow and not gpu"

slow: $(READY)  ## the long tests: 200 kills, every recipe, the notebook
	$(BIN)/pytest -q -m "slow and not gpu"

check: $(READY)  ## style, types, one-way imports and the rules of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyrefly check
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/house

golden: $(READY)  ## write the golden loss traces anew (only where a change of numbers is meant)
	$(BIN)/python tests/golden/record.py

bench: $(READY)  ## speed and memory against the baselines; writes benchmarks/speed.md
	$(BIN)/python benchmarks/speed.py

quality: $(READY)  ## train and judge the quick recipe; adds its row to benchmarks/quality.md
	$(BIN)/python benchmarks/quality.py digits_quick --seeds 0

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	@touch $(READY)

clean:  ## remove what these commands made, except runs and samples
	rm -rf $(VENV) .venv-* .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist build
