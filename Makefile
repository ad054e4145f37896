# make run | test | bench | help. Tools come from tools/setup.mjs (see emsdk.lock) into .tools/, builds go to build/.
SHELL := /bin/bash
TOOLS := .tools/bin
EMCC := $(TOOLS)/emcc
CLANG := $(TOOLS)/clang
# The compilers are there and proved. Order-only in the rules below: other tools do not make old builds wrong.
READY := .tools/build.stamp
# Debian's cmocka is a shared library; setup keeps a copy where test programs find it at run time.
CMOCKA := -lcmocka '-Wl,-rpath,$(CURDIR)/.tools/lib'
# Debian's sanitizers look for the symbolizer in /usr/bin only, unless told.
export ASAN_SYMBOLIZER_PATH := $(CURDIR)/$(TOOLS)/llvm-symbolizer
export TSAN_SYMBOLIZER_PATH := $(ASAN_SYMBOLIZER_PATH)
export UBSAN_SYMBOLIZER_PATH := $(ASAN_SYMBOLIZER_PATH)
# A download beside what compiles.
TOGETHER := $(shell expr $$(nproc) + 1)
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

RUNTIME := $(wildcard runtime/*.c runtime/*/*.[ch])
INCLUDES := -iquote runtime/include -iquote runtime -iquote tasks
KERNELS := $(wildcard tasks/*.c)
TEST_KERNELS := $(wildcard tests/fixtures/kernels/*.c)
SOURCES := $(RUNTIME) $(wildcard tasks/*.[ch] tests/fixtures/kernels/*.[ch]) Makefile

CFLAGS := -std=gnu11 -O3 -Wall -Wextra -ffp-contract=off $(INCLUDES)
WASM := $(CFLAGS) -matomics -mbulk-memory -msimd128
# The runtime is compiled for size, which makes it no slower; kernels are compiled for speed.
RUNTIME_OBJECT = -Os -c runtime/filch.c -o $(@:.wasm=.o)
# Emscripten as compiler and libc; the loader is ours. Memory: what the host imports, up to 4 GiB.
EMOBJECT := $(WASM) -Wno-version-check -sWASM_WORKERS
EMFLAGS := $(EMOBJECT) -sSTANDALONE_WASM --no-entry -sIMPORTED_MEMORY=1 -sMALLOC=none -sDEFAULT_TO_CXX=0 \
    -sINITIAL_MEMORY=1MB -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=4GB -sSTACK_SIZE=64KB \
    -sALLOW_TABLE_GROWTH=1 --profiling-funcs -Wl,--export-table,--export=__stack_pointer
# No libc at all: proves that the runtime and the kernels need none.
PLAINOBJECT := $(WASM) --target=wasm32
PLAINFLAGS := $(PLAINOBJECT) -nostdlib -Wl,--no-entry,--import-memory,--shared-memory,--max-memory=4294967296 \
    -Wl,-z,stack-size=65536,--export-table,--growable-table,--export=__stack_pointer
# Native programs: the explorer, stress, unit tests, under sanitizers.
NATIVE := -std=gnu11 -g -Wall -Wextra -Wno-missing-field-initializers -ffp-contract=off $(INCLUDES) -pthread
NATIVES := build/explore build/explore-priorities build/stress build/stress-hostile build/stress-tsan build/stress-asan build/unit-runtime \
    build/unit-kernels build/unit-kernels-tsan build/picture build/mathematics build/embed build/embed-tsan build/embed-asan
# A plug-in: position-independent, placed by runtime.load(). wasi-sdk's clang takes the same words.
# Undefined symbols become imports, which load() has or refuses by name.
PLUGINFLAGS := $(CFLAGS) -O3 --target=wasm32 -matomics -mbulk-memory -msimd128 -fPIC -fvisibility=hidden -ffreestanding -nostdlib -shared \
    -isystem runtime/include/libc -Wl,--experimental-pic,--shared-memory,--no-entry,-Bsymbolic,--unresolved-symbols=import-dynamic \
    -Wl,--export-if-defined=__tls_size,--export-if-defined=__wasm_call_ctors
# The runtime itself like that, placed in another's memory by start({ memory, region }). -O2: the package has both, and -O3 is larger.
PLACEDOBJECT := $(WASM) -O2 --target=wasm32 -fPIC -fvisibility=hidden -ffreestanding -DFILCH_PLACED
PLACEDFLAGS := $(PLACEDOBJECT) -nostdlib -shared \
    -Wl,--experimental-pic,--shared-memory,--no-entry,-Bsymbolic,--unresolved-symbols=import-dynamic,--strip-all
WASM_OPT := $(TOOLS)/../emscripten/binaryen/bin/wasm-opt --enable-threads --enable-simd --enable-bulk-memory --enable-mutable-globals \
    --enable-sign-ext --enable-nontrapping-float-to-int --enable-extended-const
# Calls the host where code would leave its stack, before it does. The pass of version 131 gives the handler's call a type that its
# validator refuses; the code that it writes is right.
CHECK_STACK := $(WASM_OPT) --no-validation -O3 --stack-check --pass-arg=stack-check-handler@__handle_stack_overflow -O3
PLUGINS := $(addprefix build/plugins/,kernels.wasm emscripten.wasm unthreaded.wasm importing.wasm empty.wasm newer.wasm older.wasm astray.wasm brittle.wasm brighten.wasm plunge.wasm \
    checked.wasm leafy.wasm locals.wasm mathematics.wasm declared.wasm zeros.wasm constructed.wasm)
# Filch inside C programs: docs/embed.md.
LIBRARIES := build/native/libfilch.a build/emscripten/libfilch.a build/emscripten/libfilch-wasm-workers.a
EMBEDDED := build/embed-pthread.mjs build/embed-main.mjs build/embed-wasm-workers.mjs build/embed-app.mjs
MODULES := build/filch.wasm build/filch-test.wasm build/filch-plain.wasm build/filch-placed.wasm build/filch-placed-test.wasm

.PHONY: help setup test-tools build abi kernel libfilch natives docs package run test bench nightly format tidy clean \
    simulate fuzz-api fuzz-clone fuzz-plugins fuzz-saves fuzz-corrupt fuzz-corrupt-native
help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 20

setup: $(READY) test-tools ## fetch compilers, npm packages and test browsers

test-tools: # npm packages and test browsers
	@node tools/setup.mjs test

build: $(MODULES) web/filch.wasm web/filch-placed.wasm ## the wasm modules

kernel: | $(READY) ## a plug-in of your own: make kernel SRC=my.c [OUT=my.wasm]
	@test -n "$(SRC)" || { echo 'make kernel SRC=my.c [OUT=my.wasm]: SRC names C files that include filch.h'; exit 2; }
	$(CLANG) $(PLUGINFLAGS) $(SRC) -o $(or $(OUT),$(patsubst %.c,%.wasm,$(firstword $(SRC))))
	$(CHECK_STACK) $(or $(OUT),$(patsubst %.c,%.wasm,$(firstword $(SRC)))) -o $(or $(OUT),$(patsubst %.c,%.wasm,$(firstword $(SRC))))

libfilch: $(LIBRARIES) ## the runtime for C programs, native and Emscripten's

docs: ## docs/api.md, from the comments of the types
	@node tools/setup.mjs packages
	node tools/api.mjs

package: build ## build/npm: what npm publishes
	@node tools/setup.mjs packages
	node tools/package.mjs

run: build ## serve the page
	@node tools/serve.mjs

abi: web/wasm/abi.js ## web/wasm/abi.js, from the headers of the runtime

natives: $(NATIVES) $(PLUGINS) $(LIBRARIES) $(EMBEDDED) ## the programs that the tests run

test: ## run every test that can run on this machine
	@$(MAKE) --no-print-directory --jobs=$(TOGETHER) test-tools build natives
	@node tools/test.mjs

bench: build build/filch-bench.wasm build/filch-bare.wasm ## measure
	@node tools/setup.mjs test
	@node tests/bench/run.mjs

nightly: ## the tests with long limits: proofs, stress, fuzzing
	@$(MAKE) --no-print-directory --jobs=$(TOGETHER) test-tools build natives
	@NIGHTLY=1 node tools/test.mjs
	@$(MAKE) --no-print-directory simulate COUNT=1000000
	@$(MAKE) --no-print-directory fuzz-api COUNT=1000000
	@$(MAKE) --no-print-directory fuzz-clone COUNT=1000000
	@$(MAKE) --no-print-directory fuzz-plugins COUNT=100000
	@$(MAKE) --no-print-directory fuzz-saves COUNT=1000000
	@$(MAKE) --no-print-directory fuzz-corrupt COUNT=100000
	@$(MAKE) --no-print-directory fuzz-corrupt-native COUNT=10000000

# Programs that search for faults. SEED= begins elsewhere. Each prints its count at the end.
ONWARDS = --count $(or $(COUNT),$(1)) --seed $(or $(SEED),1)
simulate: ## the host under storms of calls, on a simulated clock: [COUNT=1000] [SEED=1]
	@node tests/js/simulation/simulate.mjs $(call ONWARDS,1000)
fuzz-api: ## calls of the API with hostile values: [COUNT=20000] [SEED=1]
	@node tests/fuzz/api.mjs $(call ONWARDS,20000)
fuzz-clone: ## values of call(), against structuredClone(): [COUNT=100000] [SEED=1]
	@node tests/fuzz/clone.mjs $(call ONWARDS,100000)
fuzz-plugins: ## bytes for load(): [COUNT=10000] [SEED=1]
	@node tests/fuzz/plugins.mjs $(call ONWARDS,10000)
fuzz-saves: ## bytes for restore(): [COUNT=100000] [SEED=1]
	@node tests/fuzz/saves.mjs $(call ONWARDS,100000)
fuzz-corrupt: ## words of shared memory overwritten, under the host: [COUNT=1000] [SEED=1]
	@node tests/fuzz/corrupt.mjs $(call ONWARDS,1000)
fuzz-corrupt-native: build/stress-asan ## the same under the C core, with sanitizers: [COUNT=1000000] [SEED=1]
	@build/stress-asan --case corrupt --words $(or $(COUNT),1000000) --seed $(or $(SEED),1)

format: | $(READY) ## C by clang-format, JavaScript by Biome
	@node tools/setup.mjs packages
	@test -x $(TOOLS)/clang-format || { echo 'no clang-format here: make setup says which'; exit 2; }
	@find runtime tasks tests -name '*.[ch]' | xargs $(TOOLS)/clang-format -i
	@node_modules/.bin/biome check --write --error-on-warnings

tidy: ## what the tests of layers, widths, lengths, and words would say
	@node tools/setup.mjs packages
	@node tools/tidy.mjs

clean: ## remove what was built (not .tools/)
	rm -rf build web/filch.wasm web/filch-placed.wasm

build/filch.wasm: $(SOURCES) | $(READY)
	@mkdir -p build
	$(EMCC) $(EMOBJECT) $(RUNTIME_OBJECT)
	$(EMCC) $(EMFLAGS) $(@:.wasm=.o) $(KERNELS) -o $@
	$(CHECK_STACK) $@ -o $@
build/filch-test.wasm: $(SOURCES) | $(READY)
	@mkdir -p build
	$(EMCC) $(EMOBJECT) -DFILCH_WITH_TEST_KERNELS $(RUNTIME_OBJECT)
	$(EMCC) $(EMFLAGS) $(@:.wasm=.o) $(KERNELS) $(TEST_KERNELS) -o $@
	$(CHECK_STACK) $@ -o $@
build/filch-plain.wasm: $(SOURCES) | $(READY)
	@mkdir -p build
	$(CLANG) $(PLAINOBJECT) -DFILCH_WITH_TEST_KERNELS $(RUNTIME_OBJECT)
	$(CLANG) $(PLAINFLAGS) $(@:.wasm=.o) $(KERNELS) $(TEST_KERNELS) -o $@
build/filch-bench.wasm: $(SOURCES) tests/bench/serial.c | $(READY)
	@mkdir -p build
	$(EMCC) $(EMOBJECT) -DFILCH_WITH_TEST_KERNELS $(RUNTIME_OBJECT)
	$(EMCC) $(EMFLAGS) $(@:.wasm=.o) $(KERNELS) $(TEST_KERNELS) tests/bench/serial.c -o $@
	$(CHECK_STACK) $@ -o $@
# No kernel at all: what the runtime itself weighs.
build/filch-bare.wasm: $(SOURCES) | $(READY)
	@mkdir -p build
	$(EMCC) $(EMOBJECT) -DFILCH_KERNELS_H '-DFILCH_KERNELS(X)=' $(RUNTIME_OBJECT)
	$(EMCC) $(EMFLAGS) $(@:.wasm=.o) -o $@
	$(CHECK_STACK) $@ -o $@
build/filch-placed.wasm: $(SOURCES) | $(READY)
	@mkdir -p build
	$(CLANG) $(PLACEDOBJECT) $(RUNTIME_OBJECT)
	$(CLANG) $(PLACEDFLAGS) $(@:.wasm=.o) $(KERNELS) -o $@
	$(CHECK_STACK) $@ -o $@
build/filch-placed-test.wasm: $(SOURCES) | $(READY)
	@mkdir -p build
	$(CLANG) $(PLACEDOBJECT) -DFILCH_WITH_TEST_KERNELS $(RUNTIME_OBJECT)
	$(CLANG) $(PLACEDFLAGS) $(@:.wasm=.o) $(KERNELS) $(TEST_KERNELS) -o $@
	$(CHECK_STACK) $@ -o $@
web/filch.wasm web/filch-placed.wasm: web/%: build/%
	cp $< $@
# Kept in the repository, so that the package's sources are whole without a compiler.
web/wasm/abi.js: $(RUNTIME) tools/abi.mjs | $(READY)
	node tools/abi.mjs

PLUGIN_SOURCES := $(wildcard runtime/include/*.h runtime/include/libc/*.h) Makefile
build/plugins/kernels.wasm: tests/fixtures/plugins/scale.c tests/fixtures/plugins/mean.c tests/fixtures/plugins/tribonacci.c $(PLUGIN_SOURCES) | $(READY)
	@mkdir -p build/plugins
	$(CLANG) $(PLUGINFLAGS) $(filter tests/%.c,$^) -o $@
build/plugins/emscripten.wasm: tests/fixtures/plugins/shade.c $(PLUGIN_SOURCES) | $(READY)
	@mkdir -p build/plugins
	$(EMCC) $(CFLAGS) -matomics -mbulk-memory -sSIDE_MODULE=2 -sSHARED_MEMORY -Wno-version-check -Wno-experimental $< -o $@
# What load() must refuse; and kernels that trap outside of a chunk of theirs.
build/plugins/unthreaded.wasm: PLUGINFLAGS := $(subst --shared-memory,--no-entry,$(filter-out -matomics,$(PLUGINFLAGS)))
build/plugins/empty.wasm: FLAGS := -Wl,--export-all
build/plugins/newer.wasm: FLAGS := -DFILCH_PLUGIN_ABI=99
build/plugins/older.wasm: FLAGS := -DFILCH_PLUGIN_ABI=1
$(addprefix build/plugins/,unthreaded.wasm importing.wasm empty.wasm newer.wasm older.wasm astray.wasm brittle.wasm plunge.wasm locals.wasm zeros.wasm): build/plugins/%.wasm: tests/fixtures/plugins/%.c $(PLUGIN_SOURCES) | $(READY)
	@mkdir -p build/plugins
	$(CLANG) $(PLUGINFLAGS) $(FLAGS) $< -o $@
# What `make kernel` makes of the same source, and of one that calls all of runtime/include/libc.
build/plugins/checked.wasm: tests/fixtures/plugins/plunge.c
build/plugins/constructed.wasm: tests/fixtures/plugins/constructed.c
build/plugins/leafy.wasm: tests/fixtures/plugins/leafy.c
build/plugins/checked.wasm build/plugins/constructed.wasm build/plugins/leafy.wasm: $(PLUGIN_SOURCES) | $(READY)
	@$(MAKE) --no-print-directory kernel SRC=$(filter tests/%.c,$^) OUT=$@
build/plugins/mathematics.wasm build/plugins/declared.wasm: build/plugins/%.wasm: tests/fixtures/plugins/%.c tests/fixtures/plugins/mathematics.h \
    $(PLUGIN_SOURCES) | $(READY)
	@$(MAKE) --no-print-directory kernel SRC=$< OUT=$@
build/mathematics: tests/fixtures/plugins/mathematics_native.c tests/fixtures/plugins/mathematics.h Makefile | $(READY)
	@mkdir -p build
	$(CLANG) -std=gnu11 -D_GNU_SOURCE -O1 -ffp-contract=off $< -lm -o $@
build/plugins/brighten.wasm: tests/fixtures/plugins/brighten.ts Makefile | $(READY)
	@mkdir -p build/plugins
	@node tools/setup.mjs packages
	node_modules/.bin/asc $< -o $@ -O3 --runtime stub --noExportMemory --importMemory --sharedMemory --initialMemory 1 --maximumMemory 65536 \
	    --enable threads,bulk-memory

STRESS := $(wildcard tests/c/stress/*.[ch]) $(RUNTIME) Makefile
REFERENCES := $(filter-out tests/c/unit/reference/picture.c,$(wildcard tests/c/unit/reference/*.c))

# What makes the regions of the explorer small, and takes the exception out of how long urgent work waits.
SMALL := -DRECORDS=16 -DFILCH_CHILDREN_MAX=4 -DLEAVES_MAX=4 -DFAIRNESS=1000000
# One level of priority for shorter executions; three for what is about priorities.
# Object by object: a mutant compiles again only what includes the file that it changes.
EXPLORE_SPEED := -O2
EXPLORE = $(NATIVE) $(EXPLORE_SPEED) -DFILCH_EXPLORE -DFILCH_INVARIANTS $(FLAGS) $(SMALL) -iquote tests/c/explore -MMD -MP -c $< -o $@
EXPLORE_OBJECTS := $(patsubst tests/c/explore/%.c,%.o,$(wildcard tests/c/explore/*.c)) filch.o explore.o
build/explore: FLAGS := -DPRIORITIES=1
build/explore-priorities: FLAGS := -DPRIORITIES=3
define explorer
build/$(1): $(addprefix build/$(1).o/,$(EXPLORE_OBJECTS))
	$(CLANG) -pthread $$^ -o $$@
build/$(1).o/filch.o build/$(1).o/explore.o: build/$(1).o/%.o: runtime/%.c Makefile | $(READY)
	@mkdir -p $$(@D)
	$(CLANG) $$(EXPLORE)
build/$(1).o/%.o: tests/c/explore/%.c Makefile | $(READY)
	@mkdir -p $$(@D)
	$(CLANG) $$(EXPLORE)
endef
$(foreach program,explore explore-priorities,$(eval $(call explorer,$(program))))
-include $(wildcard build/explore.o/*.d build/explore-priorities.o/*.d)
build/stress: FLAGS := -O2
build/stress-hostile: FLAGS := -O2 -DINDEX_START=0xfffffffe
build/stress-tsan: FLAGS := -O1 -fsanitize=thread -DINDEX_START=0xfffffffe
build/stress-asan: FLAGS := -O1 -fsanitize=address,undefined -fno-omit-frame-pointer
build/stress build/stress-hostile build/stress-tsan build/stress-asan: $(STRESS) | $(READY)
	@mkdir -p build
	$(CLANG) $(NATIVE) $(FLAGS) -DFILCH_INVARIANTS -iquote tests/c/stress tests/c/stress/*.c runtime/filch.c -lm -o $@
build/unit-runtime: $(wildcard tests/c/unit/*.[ch]) $(RUNTIME) Makefile | $(READY)
	@mkdir -p build
	$(CLANG) $(NATIVE) -O1 -fsanitize=address,undefined -DFILCH_INVARIANTS -iquote tests/c/unit tests/c/unit/runtime_*.c \
	    $(wildcard runtime/core/*.c runtime/sched/*.c runtime/construct/*.c runtime/owner/*.c) $(CMOCKA) -o $@
build/unit-kernels: FLAGS := -fsanitize=address,undefined -DFILCH_INVARIANTS
build/unit-kernels-tsan: FLAGS := -fsanitize=thread -DFILCH_INVARIANTS
build/unit-kernels build/unit-kernels-tsan: $(wildcard tests/c/unit/*.[ch] tests/c/unit/reference/*.[ch]) $(SOURCES) | $(READY)
	@mkdir -p build
	$(CLANG) $(NATIVE) -O2 $(FLAGS) -iquote tests/c/unit tests/c/unit/kernels_*.c $(REFERENCES) $(KERNELS) $(TEST_KERNELS) \
	    runtime/filch.c $(CMOCKA) -lm -o $@
build/picture: $(wildcard tests/c/unit/reference/*.[ch]) Makefile | $(READY)
	@mkdir -p build
	$(CLANG) $(NATIVE) -O2 tests/c/unit/reference/picture.c tests/c/unit/reference/mandelbrot.c -lm -o $@

# The runtime for other C programs. What is not used of it in one file is not said.
LIBRARY := $(CFLAGS) -DFILCH_EMBED -Wno-unused-function -pthread
build/native/libfilch.a: $(RUNTIME) Makefile | $(READY)
	@mkdir -p build/native
	$(CLANG) $(LIBRARY) -fPIC -c runtime/filch.c -o build/native/filch.o
	@rm -f $@
	$(TOOLS)/llvm-ar rcs $@ build/native/filch.o
build/emscripten/libfilch.a: THREADS := -pthread
build/emscripten/libfilch-wasm-workers.a: THREADS := -sWASM_WORKERS
build/emscripten/libfilch.a build/emscripten/libfilch-wasm-workers.a: $(RUNTIME) Makefile | $(READY)
	@mkdir -p build/emscripten
	$(EMCC) $(filter-out -pthread,$(LIBRARY)) $(THREADS) -c runtime/filch.c -o $(@:.a=.o)
	@rm -f $@
	$(TOOLS)/emar rcs $@ $(@:.a=.o)

EMBED_KERNELS := $(addprefix tasks/,dot.c fib.c heat.c stencil.c) $(addprefix tests/fixtures/kernels/,ticket.c fail.c gate.c spin.c point.c)
EMBED_SOURCES := $(wildcard tests/embed/*.[ch]) $(EMBED_KERNELS) $(RUNTIME) Makefile
EMBED_CASES := tests/embed/check.c tests/embed/cases.c tests/embed/callers.c $(EMBED_KERNELS)
build/embed: $(EMBED_SOURCES) build/native/libfilch.a | $(READY)
	$(CLANG) $(NATIVE) -O2 tests/embed/native.c $(EMBED_CASES) build/native/libfilch.a -lm -o $@
build/embed-tsan: FLAGS := -O1 -fsanitize=thread -DFILCH_INVARIANTS
build/embed-asan: FLAGS := -O1 -fsanitize=address,undefined -fno-omit-frame-pointer -DFILCH_INVARIANTS
build/embed-tsan build/embed-asan: $(EMBED_SOURCES) | $(READY)
	@mkdir -p build
	$(CLANG) $(NATIVE) -Wno-unused-function $(FLAGS) -DFILCH_EMBED tests/embed/native.c $(EMBED_CASES) runtime/filch.c -lm -o $@
# Emscripten's applications: main() in a thread of its own; on the main thread, with pthreads and with Wasm Workers. -O1: the packages that
# setup.mjs takes have no terser, which -O2 runs over the JavaScript.
EMBED_EM := -std=gnu11 -O1 -Wall -Wextra -Wno-missing-field-initializers -Wno-version-check $(INCLUDES) -sEXIT_RUNTIME -sDEFAULT_TO_CXX=0
build/embed-pthread.mjs: $(EMBED_SOURCES) build/emscripten/libfilch.a | $(READY)
	$(EMCC) $(EMBED_EM) -pthread -sPROXY_TO_PTHREAD tests/embed/pthread.c $(EMBED_CASES) build/emscripten/libfilch.a -o $@
build/embed-main.mjs: $(EMBED_SOURCES) build/emscripten/libfilch.a | $(READY)
	$(EMCC) $(EMBED_EM) -pthread tests/embed/main_thread.c $(EMBED_CASES) build/emscripten/libfilch.a -o $@
build/embed-wasm-workers.mjs: $(EMBED_SOURCES) build/emscripten/libfilch-wasm-workers.a | $(READY)
	$(EMCC) $(EMBED_EM) -sWASM_WORKERS tests/embed/main_thread.c $(filter-out %/callers.c,$(EMBED_CASES)) \
	    build/emscripten/libfilch-wasm-workers.a -o $@
# One that has nothing of Filch in it.
build/embed-app.mjs: tests/embed/app.c Makefile | $(READY)
	@mkdir -p build
	$(EMCC) $(filter-out -sEXIT_RUNTIME,$(EMBED_EM)) -pthread --no-entry -sINITIAL_MEMORY=32MB \
	    -sEXPORTED_FUNCTIONS=_malloc,_free -sEXPORTED_RUNTIME_METHODS=wasmMemory $< -o $@

$(READY): emsdk.lock
	@node tools/setup.mjs build
	@touch $@
