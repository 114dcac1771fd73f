# Everything a contributor and CI need. `make test` is what CI runs.
CARGO ?= cargo

.PHONY: build test accuracy bench scaling compare-leaks browser stages fmt lint docs pictures rules

build:
	$(CARGO) build --release

# With what is optional, too; `rules` and `browser` run the build that everybody has.
test: lint docs rules
	$(CARGO) test --doc
	$(CARGO) test --all-features --lib --bins --tests
	$(MAKE) accuracy
	$(MAKE) browser

# Opens the HTML reports in headless Chromium, which it installs where it is missing (Debian); screenshots stay in
# target/browser/.
browser:
	CARGO="$(CARGO)" tests/browser/run.sh test

# The pictures of the README, made from samples/.
pictures:
	CARGO="$(CARGO)" tests/browser/run.sh pictures

# How often each verdict is right, and how much it finds, against simulated servers and clients; fails below 0.98.
accuracy:
	$(CARGO) test --all-features --quiet --test simulation -- --nocapture accuracy true_cause stand_in_for_subjects skewed

# The rules carry their own proof: lines that must match and lines that must not.
rules:
	$(CARGO) run --quiet -- rules check

# Whole runs beside the peers that are installed, into benches/records/; what is found is compared with the truth of each
# corpus first. `make stages` times the stages. See benches/README.md.
bench:
	$(CARGO) build --release --bin tokscan --example make_corpus
	python3 benches/compare.py

# Time and memory by bytes, threads and number of files.
scaling:
	$(CARGO) build --release --bin tokscan --example make_corpus
	python3 benches/scaling.py

# tokscan beside other leak scanners on the labelled corpus of leaks: recall, false alarms and seconds.
compare-leaks:
	$(CARGO) build --release --bin tokscan --example make_leak_corpus
	CARGO="$(CARGO)" benches/peers.sh
	python3 benches/compare_leaks.py

stages:
	$(CARGO) bench

fmt:
	$(CARGO) fmt

lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	$(CARGO) clippy --all-targets --all-features -- -D warnings

docs:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --document-private-items
