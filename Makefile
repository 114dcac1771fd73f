# Everything a contributor and CI need. `make test` is what CI runs.
CARGO ?= cargo

.PHONY: build test bench browser fmt lint docs pictures rules

build:
	$(CARGO) build --release

test: lint docs rules
	$(CARGO) test --doc
	$(CARGO) test --lib --bins --tests
	$(MAKE) browser

# Opens the HTML reports in headless Chromium, which it installs where it is missing (Debian); screenshots stay in
# target/browser/.
browser:
	CARGO="$(CARGO)" tests/browser/run.sh test

# The pictures of the README, made from samples/.
pictures:
	CARGO="$(CARGO)" tests/browser/run.sh pictures

# The rules carry their own proof: lines that must match and lines that must not.
rules:
	$(CARGO) run --quiet -- rules check

# Compares what is found with the truth of each corpus before timing; see benches/README.md.
bench:
	$(CARGO) bench

fmt:
	$(CARGO) fmt

lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings

docs:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --document-private-items
