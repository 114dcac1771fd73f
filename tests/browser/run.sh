#!/usr/bin/env bash
# Browser tests on any Debian: installs what is missing, builds the program, opens its reports.
# Usage: tests/browser/run.sh [test|pictures]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

missing=()
[ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium fonts-dejavu-core)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
if [ ${#missing[@]} -gt 0 ]; then
  sudo=()
  [ "$(id -u)" = 0 ] || sudo=(sudo)
  if ! command -v apt-get >/dev/null || { [ ${#sudo[@]} -gt 0 ] && ! command -v sudo >/dev/null; }; then
    echo "the browser tests need ${missing[*]}: install them (apt-get install ${missing[*]}) and run again" >&2
    exit 1
  fi
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

npm ci --silent --no-audit --no-fund
(cd ../.. && "${CARGO:-cargo}" build --quiet)
npm run --silent "${1:-test}"
