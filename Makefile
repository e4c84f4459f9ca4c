# The one front door: what a person calls here is what CI calls (.ci/run). `make` alone lists the targets.

export PATH := $(PATH):$(HOME)/.cargo/bin
unexport CARGO_TARGET_DIR CARGO_BUILD_TARGET
MACHINES := x86_64 aarch64
# tests wait more than they compute: more of them than cores run at once
export RUST_TEST_THREADS ?= 6

.DEFAULT_GOAL := help
.PHONY: help run test soak screenshots check fmt fuzz fuzz-keep release release-test deb deb-test image image-debug image-test image-soak image-pins bench \
        check-budget sizes tools clean-tools rust tools-run tools-test tools-check tools-fuzz tools-release tools-deb tools-image \
        tools-image-test tools-bench tools-budget

help:
	@echo "siembox: Defender for Cloud Apps alerts and activities into a SIEM, as CEF over syslog"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: rust tools-run  ## demo: a simulated cloud, siembox and a receiver; Ctrl-C ends it
	cargo build --locked --package siembox --package siembox-support --bin siembox --bin demo
	target/debug/demo --siembox target/debug/siembox

test: rust tools-test  ## all tests; installs the receivers and parsers they need
	cargo test --locked --workspace --exclude siembox-budget

soak: rust tools-test  ## fault stories in their long form, as a table; N=0.1 is a tenth of it, N=10 ten times (hours)
	tests/soak.sh $(or $(N),1)

screenshots: rust tools-test  ## the page in pictures, at three widths, light and dark, in target/screenshots
	cargo test --locked --test page screenshots -- --ignored --nocapture

check: rust tools-check  ## formatting, lints and bans, dependencies and licences, documentation
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	tests/tools/dependencies.sh
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items

fmt: rust  ## format the code
	cargo fmt --all

fuzz: rust $(if $(T),tools-fuzz)  ## T=target SECONDS=600: fuzz the target; without T, list the targets
	@tests/fuzz/run.sh $(if $(T),run $(T) $(or $(SECONDS),600),list)

fuzz-keep: rust tools-fuzz  ## T=target: add the smallest new inputs to tests/fuzz/corpus
	@tests/fuzz/run.sh keep $(T)

release: rust tools-release  ## static binaries for x86_64 and aarch64, in target/release-static
	image/static.sh $(MACHINES)

release-test: release  ## test that they are static, small enough and run (aarch64 under qemu)
	cargo test --locked --test shipped release:: -- --ignored --nocapture

deb: release tools-deb  ## Debian packages of them, in target/deb
	image/deb/build.sh $(MACHINES)

deb-test: deb  ## test the content of the packages and the systemd unit
	cargo test --locked --test shipped package:: -- --ignored --nocapture

image: rust tools-image  ## BOARD=qemu-aarch64: the firmware as a disk image, in target/image; without BOARD, list the boards; SIEMBOX=file uses that binary
	@image/make.sh "$(BOARD)" "$(SIEMBOX)"

image-debug: rust tools-image  ## the same with a shell on the serial console, for examining a box; never for a customer's network
	@image/make.sh "$(BOARD)" "$(SIEMBOX)" --debug

image-test: rust tools-image tools-image-test  ## BOARD=qemu-aarch64 (or qemu-x86_64, generic-…): boots the image in QEMU and tests all of it; ONLY=first-boot or rollback tests that, ONLY=figures measures
	@tests/firmware/run.sh $(or $(BOARD),qemu-aarch64) $(or $(ONLY),stories)

image-soak: rust tools-image tools-image-test  ## cut the power CUTS=50 times while 100,000 records stream
	@tests/firmware/run.sh $(or $(BOARD),qemu-aarch64) cuts $(or $(CUTS),50)

image-pins: tools-image  ## update image/debian.lock to the current Debian 12
	@image/build.py --pins

bench: rust tools-bench  ## compare siembox with rsyslog, syslog-ng and Python: N=200000 records, ONLY=siembox,Python
	cargo bench --locked --bench beside -- n=$(or $(N),200000) only=$(ONLY)

check-budget: rust tools-budget  ## instructions per record against tests/bench/budget/budget.toml; ACCEPT=1 accepts the current ones
	GUNGRAUN_RUNNER=$(CURDIR)/target/tools/cargo/bin/gungraun-runner \
	  cargo bench --locked --quiet --package siembox-budget --bench budget -- --output-format=json \
	  | python3 tests/bench/budget/check.py $(if $(ACCEPT),--accept)

sizes:  ## show the sizes of binaries, packages and images
	@find target/release-static target/deb target/image -maxdepth 1 -type f -printf '%s %p\n' 2>/dev/null | sort -k2 \
	  | awk '{printf "%6.2f MB  %s\n", $$1 / 1e6, $$2} END {if (!NR) print "Nothing built yet: make release deb"}'

tools: tools-test tools-check tools-fuzz tools-release tools-deb tools-image tools-image-test tools-bench tools-budget  ## install everything that the targets above need

clean-tools:  ## remove target/tools (Debian packages stay)
	rm -rf target/tools

# Each brings what its target needs, and only what is missing. Rust itself is never installed, only asked for.
tools-run tools-test tools-check tools-fuzz tools-release tools-deb tools-image tools-image-test tools-bench tools-budget: tools-%: rust
	@tests/tools.sh $*

rust:
	@tests/tools/rust.sh
