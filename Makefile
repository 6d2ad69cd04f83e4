# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

# make run | test | leon3 | evidence | bench | bench-compression | bench-hil | bench-onboard | lint |
# fuzz | prove | soak | campaign | clean: what the README and CI call. evidence is all of GATES below, and report.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SOURCES := pyproject.toml meson.build $(shell find c_src fsw_emu hil -name '*.[ch]' -o -name '*.p[xy]*')
RELEASE_LIB := build/release/libsxi.so
FLIGHT := build/leon3/sxi.elf
# what runs on every build of the core
CORE_TESTS := tests/props tests/fault tests/conformance

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# meson, ninja and cython are those of the virtual environment
export PATH := $(CURDIR)/$(BIN):$(PATH)
# by its full name, so that a build started by an import finds it too
export CYTHON := $(CURDIR)/$(BIN)/cython

.PHONY: all run test leon3 leon3-elf check-leon3 cross-tools all-cross-tools evidence-tools lint \
  bench bench-compression bench-hil bench-onboard fuzz prove soak soak-hil campaign clean evidence trace static \
  coverage mutants mutant-sample planted margins baselines rebaseline licences sbom report

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

$(VENV)/.evidence-tools: $(VENV)/.test-tools
	$(BIN)/python tools/install.py evidence
	touch $@

run: $(STAMP)
	$(BIN)/fsw-emu run --scene storm --frames 12 --out out

# The core alone: as it ships, and for the flight processor.
$(RELEASE_LIB): $(STAMP)
	$(BIN)/python tools/build_core.py build/release

$(FLIGHT): $(STAMP) $(wildcard cross/*.ini) $(shell find c_src/port -type f) | cross-tools
	$(BIN)/python tools/build_core.py build/leon3 --cross leon3

cross-tools: | $(VENV)/bin/python
	$(BIN)/python tools/cross_tools.py

all-cross-tools: | $(VENV)/bin/python
	$(BIN)/python tools/cross_tools.py --all

evidence-tools: $(VENV)/.evidence-tools
	$(BIN)/python tools/cross_tools.py --evidence

leon3-elf: $(FLIGHT)

# The whole suite of the core on the emulated flight processor.
leon3: $(VENV)/.test-tools $(FLIGHT) check-leon3
	$(BIN)/pytest --target leon3 --every-function $(CORE_TESTS)

# Instruction set, symbols, memory and errata of what flies.
check-leon3: $(VENV)/.test-tools $(FLIGHT)
	$(BIN)/python tools/build_core.py build/leon3-user --cross leon3-user
	$(BIN)/python tools/check_leon3.py --objects build/leon3/libsxi.a.p/*.o \
	  --elf $(FLIGHT) build/leon3-user/sxi.elf

test: all-cross-tools evidence-tools lint $(RELEASE_LIB) check-leon3
	$(BIN)/python tools/lanes.py

lint: $(VENV)/.test-tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.bench-tools $(FLIGHT)
	$(BIN)/python tools/bench.py --json build/bench.json
	$(BIN)/python tools/bench_scene.py --json build/bench-scene.json

# Coders beside the entropy limit and their peers.
bench-compression: $(VENV)/.test-tools
	$(BIN)/python tools/bench_compression.py --peers --json build/bench-compression.json

# Links between two processes.
bench-hil: $(VENV)/.test-tools
	$(BIN)/python tools/bench_hil.py --json build/bench-hil.json

# Telecommands and telemetry of the onboard application; its archive of 10^6 packets.
bench-onboard: $(VENV)/.test-tools
	$(BIN)/python tools/bench_onboard.py --json build/bench-onboard.json
	$(BIN)/python tools/bench_archive.py --json build/bench-archive.json

# 5,000 examples a property; any bytes for SECONDS a decoder; libaec, 10^7 samples of each option.
SECONDS ?= 60
fuzz: $(VENV)/.test-tools
	$(BIN)/python tools/cross_tools.py --fuzz
	HYPOTHESIS_PROFILE=fuzz $(BIN)/pytest tests/props tests/fault tests/stateful tests/hil
	$(BIN)/python tools/fuzz.py --seconds $(SECONDS)
	$(BIN)/python tools/aec_differential.py
	$(BIN)/python tools/false_events.py --mpix 100
	$(BIN)/python tools/efficiency.py

# All samples there are through the steps of one sample; bounded proofs where CBMC is installed.
prove: $(VENV)/.test-tools
	$(BIN)/python tools/prove.py

soak: $(STAMP) soak-hil
	$(BIN)/fsw-emu run --scene storm --frames 360 --out build/soak

# Ten minutes over GRESB at twice the rate of the real link, cut every 10 s.
soak-hil: $(STAMP)
	$(BIN)/python tools/soak_hil.py --json build/soak_hil.json

# A million packets between FEE and DPU, about one in a hundred with a fault.
campaign: $(STAMP)
	$(BIN)/python tools/campaign.py --json build/campaign.json

# What a review board asks for; each gate writes build/evidence/NAME.json. The report is made of
# what there is, also when one has failed.
GATES := trace static coverage mutant-sample margins baselines licences sbom

evidence: evidence-tools $(FLIGHT) $(RELEASE_LIB)
	$(MAKE) --keep-going -j1 $(GATES); code=$$?; $(MAKE) report && exit $$code

trace: evidence-tools
	$(BIN)/python tools/trace.py

static: evidence-tools $(FLIGHT)
	$(BIN)/python tools/static.py

coverage: evidence-tools $(FLIGHT)
	$(BIN)/python tools/c_coverage.py

mutants: evidence-tools $(FLIGHT)
	$(BIN)/python tools/mutants.py

mutant-sample: evidence-tools $(FLIGHT)
	$(BIN)/python tools/mutants.py --sample 20

# Ten changes of one operator: fsw-emu diff has to find each.
planted: $(VENV)/.test-tools $(FLIGHT)
	$(BIN)/python tools/planted.py

margins: $(VENV)/.test-tools $(FLIGHT) $(RELEASE_LIB)
	$(BIN)/python tools/margins.py

baselines: $(VENV)/.test-tools
	$(BIN)/python tools/baselines.py

rebaseline: $(VENV)/.test-tools
	$(BIN)/python tools/baselines.py --reason "$$REASON"

licences: evidence-tools
	$(BIN)/python tools/licences.py

# What the product needs to run; what builds, tests and examines it.
sbom: evidence-tools $(FLIGHT)
	$(BIN)/python tools/sbom.py --out build/report

report: evidence-tools $(FLIGHT)
	$(BIN)/fsw-emu report --out build/report

clean:
	rm -rf build out
