# goldspike: two commands matter.
#   make demo   a trained network to verified Verilog; needs cargo alone
#   make test   everything; installs the tools that are missing, where it may

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
CARGO ?= cargo
# Tools of the project's own environment come after the system's.
export PATH := $(PATH):$(CURDIR)/.venv/bin

.PHONY: demo test campaign fuzz coverage bless units bench costs tools lint clean

demo:
	$(CARGO) run --bin goldspike -- build digits -o rtl-out/digits

tools:
	testbench/tools/install

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps

test: tools lint
	testbench/tools/run-tests

# Long runs: thousands of random networks on every engine, every mutant, ten minutes of fuzzing a reader. One that was interrupted
# goes on where it was; CAMPAIGN="laws prove" runs these steps alone.
campaign: tools
	testbench/tools/campaign $(CAMPAIGN)

# Ten minutes of coverage-guided fuzzing of each reader; needs a nightly toolchain and cargo-fuzz. What is found is in
# fuzz/artifacts; new inputs of the corpora are in target/fuzz.
FUZZ_SECONDS ?= 600
FUZZ_TARGETS ?= $(patsubst fuzz/fuzz_targets/%.rs,%,$(wildcard fuzz/fuzz_targets/*.rs))
fuzz:
	failed=; for target in $(FUZZ_TARGETS); do \
		mkdir -p target/fuzz/$$target; \
		$(CARGO) +nightly fuzz run --sanitizer none $$target target/fuzz/$$target fuzz/corpus/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -max_len=16384 -rss_limit_mb=4096 -timeout=20 \
			|| failed="$$failed $$target"; \
	done; \
	test -z "$$failed" || { echo "failed:$$failed" >&2; exit 1; }

# Line and toggle coverage of the Verilog of random designs: testbench/coverage.md lists what was never seen.
COVERAGE_DESIGNS ?= 100
coverage: tools
	GOLDSPIKE_COVERAGE=$(COVERAGE_DESIGNS) $(CARGO) test -p goldspike-testbench --test verilog_coverage

# Stores messages and reference files anew: read the diff before you commit it.
bless:
	GOLDSPIKE_BLESS=1 $(CARGO) test --workspace

# Measures every neuron unit anew: rtl-out/units.json and the table of the README.
units: tools
	GOLDSPIKE_UNITS=1 $(CARGO) test -p goldspike-testbench --test unit_costs -- --nocapture

# Builds, simulates, places and routes the designs of the README's table: testbench/benches/results.md.
bench: tools
	$(CARGO) bench --profile dev -p goldspike-testbench --bench numbers

# Measures the designs that the cost model is fitted to, as far as they have changed: rtl-out/costs.json.
costs: tools
	$(CARGO) bench --profile dev -p goldspike-testbench --bench costs

clean:
	$(CARGO) clean
	rm -rf .venv
