# make run | test | bench | help. Tools come from tools/setup.mjs (see emsdk.lock) into .tools/, builds go to build/.
SHELL := /bin/bash
TOOLS := .tools/bin
EMCC := $(TOOLS)/emcc
CLANG := $(TOOLS)/clang
# The compilers are there and proved. Order-only in the rules below: other tools do not make old builds wrong.
READY := .tools/build.stamp
# Debian's cmocka is a shared library; setup keeps a copy where test programs find it at run time.
CMOCKA := -lcmocka -Wl,-rpath,$(CURDIR)/.tools/lib
# Sanitizers look for llvm-symbolizer on PATH.
export PATH := $(CURDIR)/$(TOOLS):$(PATH)
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

RUNTIME := $(wildcard runtime/*.[ch] runtime/platform/*.[ch])
KERNELS := $(wildcard tasks/*.c)
TEST_KERNELS := $(wildcard tests/kernels/*.c)
SOURCES := $(RUNTIME) $(wildcard tasks/*.[ch] tests/kernels/*.[ch]) Makefile

CFLAGS := -std=gnu11 -O3 -Wall -Wextra -ffp-contract=off -Iruntime -Itasks
WASM := $(CFLAGS) -matomics -mbulk-memory -msimd128
# Emscripten as compiler and libc; the loader is ours. Memory: what the host imports, up to 4 GiB.
EMFLAGS := $(WASM) -Wno-version-check -sWASM_WORKERS -sSTANDALONE_WASM --no-entry -sIMPORTED_MEMORY=1 -sMALLOC=none \
    -sINITIAL_MEMORY=1MB -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=4GB -sSTACK_SIZE=64KB -sSTACK_OVERFLOW_CHECK=2
# No libc at all: proves that the runtime and the kernels need none.
PLAINFLAGS := $(WASM) --target=wasm32 -nostdlib -Wl,--no-entry,--import-memory,--shared-memory,--max-memory=4294967296 \
    -Wl,-z,stack-size=65536
MODULES := build/filch.wasm build/filch-test.wasm build/filch-plain.wasm

.PHONY: help setup build run test bench nightly clean
help: ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: $(READY) ## fetch compilers, npm packages and test browsers
	@node tools/setup.mjs test

build: $(MODULES) web/filch.wasm ## the wasm modules

run: build ## serve the page
	@node tools/serve.mjs

test: build ## run every test that can run on this machine
	@node tools/setup.mjs test
	@node tools/test.mjs

bench: build ## measure
	@node tools/bench.mjs

nightly: build ## the tests with long limits: proofs, stress, fuzzing
	@node tools/setup.mjs test
	@node tools/test.mjs --nightly

clean: ## remove what was built (not .tools/)
	rm -rf build web/filch.wasm

build/filch.wasm: $(SOURCES) | $(READY)
	@mkdir -p build
	$(EMCC) $(EMFLAGS) runtime/one.c $(KERNELS) -o $@
build/filch-test.wasm: $(SOURCES) | $(READY)
	@mkdir -p build
	$(EMCC) $(EMFLAGS) -DFILCH_WITH_TEST_KERNELS runtime/one.c $(KERNELS) $(TEST_KERNELS) -o $@
build/filch-plain.wasm: $(SOURCES) | $(READY)
	@mkdir -p build
	$(CLANG) $(PLAINFLAGS) -DFILCH_WITH_TEST_KERNELS runtime/one.c $(KERNELS) $(TEST_KERNELS) -o $@
web/filch.wasm: build/filch.wasm
	cp $< $@

$(READY): emsdk.lock
	@node tools/setup.mjs build
	@touch $@
