# The front door. What is behind it: csrc/CMakeLists.txt builds the C tree, go build the rest;
# test/setup/env.sh knows the environment of both, test/setup/packages.sh what they need.

ENV   := test/setup/env.sh
ROOT  := $(CURDIR)/test/setup/root.sh
CMAKE := $(ENV) cmake -S csrc -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo
NINJA := $(ENV) cmake --build
JOBS  := -j 2
FAULTS := $(CURDIR)/build/c/faults
CTEST := ctest --output-on-failure --no-tests=error
GO    := $(ENV) go
KERNELS := linux-image-cloud-amd64 linux-image-6.12-cloud-amd64

.NOTPARALLEL:
.PHONY: help setup build demo bench kernels test unit asan tsan gotest e2e check fuzz forge man fmt clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 10

setup: ## install what is missing: Debian packages, a Go toolchain
	@test/setup/packages.sh
	@$(GO) version

build: setup ## build/bin/synscreen and build/lib/libsynscreen.so
	$(CMAKE) -B build/c -DCMAKE_LIBRARY_OUTPUT_DIRECTORY=$(CURDIR)/build/lib
	$(NINJA) build/c $(JOBS)
	$(GO) build -o build/bin/synscreen ./cmd/synscreen

demo: build ## watch a web server stay reachable through a SYN flood, in three acts
	CGO_ENABLED=0 $(GO) build -o build/demo ./test/demo
	@$(ENV) $(ROOT) build/demo

bench: build ## side by side with the kernel's own ways (a quarter of an hour; writes build/bench)
	@test/setup/packages.sh valgrind
	$(NINJA) build/c $(JOBS) --target bench_tools
	CGO_ENABLED=0 $(GO) build -o build/ ./bench/suite ./bench/bulk ./bench/overload
	@$(ENV) $(ROOT) build/suite

kernels: build ## every BPF object and a few tests on Debian's kernels 6.1 and 6.12, emulated (minutes)
	@test/setup/packages.sh qemu-system-x86 kmod
	CGO_ENABLED=0 $(GO) test -c -o build/kernels/e2e.test ./test/e2e
	CGO_ENABLED=0 $(GO) build -o build/kernels/ ./test/kernels
	@dirs=$$(test/setup/kernels.sh $(KERNELS)) && $(ENV) $(ROOT) build/kernels/kernels $$dirs

test: build unit asan tsan gotest check ## everything that CI runs

unit: build ## the C tests
	$(ENV) $(ROOT) $(CTEST) --test-dir build/c

asan: setup ## the C unit tests under AddressSanitizer and UBSan
	$(CMAKE) -B build/asan -DSCREEN_SANITIZE=address,undefined
	$(NINJA) build/asan $(JOBS)
	$(ENV) $(ROOT) $(CTEST) --test-dir build/asan -L 'unit|wire'

tsan: setup ## publish and stop under ThreadSanitizer
	$(CMAKE) -B build/tsan -DSCREEN_SANITIZE=thread
	$(NINJA) build/tsan $(JOBS)
	$(ENV) $(ROOT) $(CTEST) --test-dir build/tsan -L tsan

gotest: build ## the Go tests: packages without cgo, then all of them, end to end included
	CGO_ENABLED=0 $(GO) test ./pkg/...
	$(GO) test -p 1 -count=1 -timeout 15m -exec $(ROOT) ./...
	CGO_LDFLAGS=-L$(FAULTS) $(GO) test -count=1 -tags faults \
		-exec "env LD_LIBRARY_PATH=$(FAULTS) $(ROOT)" ./pkg/dataplane/userspace

e2e: build ## the end-to-end tests alone; OFFLOAD=engine or driver, CHECKSUMS=whole: in all of them
	SYNSCREEN_E2E_OFFLOAD=$(OFFLOAD) SYNSCREEN_LAB_CHECKSUMS=$(CHECKSUMS) $(GO) test -p 1 -count=1 -timeout 15m -exec $(ROOT) ./test/e2e

check: build ## static checks
	shellcheck .ci/run $$(find . -name '*.sh' -not -path './build/*')
	$(GO) vet ./...
	test -z "$$($(ENV) gofmt -l $$(find . -name '*.go' -not -path './build/*'))"

fuzz: setup ## run each fuzz target for T seconds (default 60)
	CC=clang $(CMAKE) -B build/fuzz -DSCREEN_FUZZ=ON
	$(NINJA) build/fuzz $(JOBS)
	@test/setup/fuzz.sh build/fuzz $(or $(T),60)

forge: build ## how many of 2^32 random ACKs pass the checker: 16 are expected (minutes)
	build/c/screen-forge

man: build ## the manual pages, in build/man
	mkdir -p build/man
	build/bin/synscreen man build/man

fmt: setup ## format the Go tree
	$(ENV) gofmt -w $$(find . -name '*.go' -not -path './build/*')

clean: ## remove everything built
	$(ROOT) rm -rf build
