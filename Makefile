# make run | test | bench | lint | fuzz | soak | clean: what the README and CI call.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SOURCES := pyproject.toml meson.build $(shell find c_src fsw_emu hil -name '*.[ch]' -o -name '*.p[xy]*')
ASAN_LIB := build/asan/libsxi.so
RELEASE_LIB := build/release/libsxi.so
# what runs on every build of the core
CORE_TESTS := tests/props tests/fault tests/conformance

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# meson, ninja and cython are those of the virtual environment
export PATH := $(CURDIR)/$(BIN):$(PATH)
# by its full name, so that a build started by an import finds it too
export CYTHON := $(CURDIR)/$(BIN)/cython

.PHONY: all run test test-sanitised lint bench fuzz soak clean

all: $(STAMP)

# The package is built in place and imported from here: edits of Python files take effect at
# once, edits of C and Cython files at the next make.
$(VENV)/bin/python:
	$(PYTHON) tools/check_host.py
	$(PYTHON) -m venv $(VENV)

$(VENV)/.tools: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python tools/install.py build
	touch $@

$(STAMP): $(VENV)/.tools $(SOURCES)
	$(BIN)/python tools/install.py package
	touch $@

$(VENV)/.test-tools: $(STAMP)
	$(BIN)/python tools/install.py test
	touch $@

$(VENV)/.bench-tools: $(VENV)/.test-tools
	$(BIN)/python tools/install.py bench
	touch $@

run: $(STAMP)
	$(BIN)/fsw-emu run --scene storm --frames 12 --out out

# The core alone as a shared library: as it ships, and with the sanitisers.
$(RELEASE_LIB): $(STAMP)
	$(BIN)/python tools/build_lib.py build/release

$(ASAN_LIB): $(STAMP)
	$(BIN)/python tools/build_lib.py build/asan --sanitise

test: lint $(RELEASE_LIB) $(ASAN_LIB)
	$(BIN)/pytest
	$(BIN)/pytest --target lib:$(RELEASE_LIB) $(CORE_TESTS)
	$(MAKE) test-sanitised

test-sanitised: $(VENV)/.test-tools $(ASAN_LIB)
	$(BIN)/python tools/sanitised.py $(BIN)/pytest --target lib:$(ASAN_LIB) $(CORE_TESTS)

lint: $(VENV)/.test-tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.bench-tools
	$(BIN)/python tools/bench.py --json build/bench.json

fuzz: $(VENV)/.test-tools
	HYPOTHESIS_PROFILE=fuzz $(BIN)/pytest tests/props tests/fault

soak: $(STAMP)
	$(BIN)/fsw-emu run --scene storm --frames 360 --out build/soak

clean:
	rm -rf build out
