#!/usr/bin/env bash
# Runs every test: unit, scenario, swarm, wire, interop, tidy, and the suites that are built with sanitizers too. Installs what they
# need, builds, and ends with ctest's summary. Arguments go to ctest.
#   tests/run.sh                       everything
#   tests/run.sh -L interop            what bears that label (unit_smtp, scenario, swarm, wire, interop, tidy, asan …)
#   SANITIZERS= tests/run.sh           without sanitizers;  SANITIZERS=asan: only that one
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
sanitizers=${SANITIZERS-asan ubsan tsan}
begun=$SECONDS

step() { echo "[$((SECONDS - begun)) s] $1"; }

# Runs a command quietly: all it said is shown only when it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    cat "$log" >&2
    echo "tests/run.sh: failed: $*" >&2
  fi
  rm -f "$log"
  return "$status"
}

packaging/install-deps.sh --tests

# Scratch folders of our own: what a test leaves behind by mistake goes with it.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/warmupd-run.XXXXXX")
chmod 755 "$scratch"
trap 'rm -rf "$scratch"' EXIT

for tree in $sanitizers; do
  step "building with $tree"
  quietly cmake --preset "$tree"
  quietly cmake --build --preset "$tree" --target sanitized
done
step "building the release"
quietly cmake --preset release "-DWARMUPD_SANITIZED=${sanitizers// /;}"
quietly cmake --build --preset release
step "testing"
TMPDIR=$scratch ctest --test-dir build/release --parallel 2 --output-on-failure --no-tests=error "$@"
