#!/usr/bin/env bash
# Runs every test: unit, scenario, swarm, wire, interop, tidy, and the suites that are built with sanitizers too. Installs what they
# need, builds, and ends with ctest's summary. Arguments go to ctest.
#   tests/run.sh                       everything
#   tests/run.sh -L interop            what bears that label (unit_smtp, scenario, swarm, wire, interop, tidy, asan …)
#   SANITIZERS= tests/run.sh           without sanitizers;  SANITIZERS=asan: only that one
#   INSTANTS=all tests/run.sh          six times, with the clock (tests/harness/shifted_clock.c) at six awkward instants; without sanitizers
#   INSTANTS="2028-02-29T22:00:00Z/Asia/Tokyo" tests/run.sh -R rehearsal     at instants of your own, each UTC and a time zone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
sanitizers=${SANITIZERS-asan tsan}
instants=${INSTANTS-}
# An evening, the last minute of a month, 29 February around noon, clocks put forward, clocks put back, a new year.
if [ "$instants" = all ]; then
  instants="2026-11-21T22:00:00Z/UTC 2027-01-31T23:59:15Z/UTC 2028-02-29T11:59:15Z/Asia/Tokyo 2027-03-28T00:59:15Z/Europe/Berlin
    2026-11-01T05:59:15Z/America/New_York 2028-12-31T23:59:15Z/UTC"
fi
if [ -n "$instants" ]; then sanitizers=""; fi  # a preloaded clock and a sanitizer both want to be first
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
# The longest begin first (COST), so that none is waited for alone at the end; the two that do little but wait take turns (RESOURCE_LOCK).
run_tests() { TMPDIR=$scratch ctest --test-dir build/release --parallel 2 --output-on-failure --no-tests=error "$@"; }

if [ -z "$instants" ]; then
  step "testing"
  run_tests "$@"
  exit
fi
cc -shared -fPIC -O1 -o "$scratch/shifted_clock.so" tests/harness/shifted_clock.c
failed=()
for each in $instants; do
  at=${each%%/*} zone=${each#*/}
  step "testing at $at in $zone"
  offset=$(($(date -d "$at" +%s) - $(date +%s)))
  (export LD_PRELOAD="$scratch/shifted_clock.so" SHIFTED_CLOCK="$offset" TZ="$zone"
   run_tests "$@") || failed+=("$each")
done
if [ ${#failed[@]} -gt 0 ]; then echo "tests/run.sh: failed at ${failed[*]}" >&2; exit 1; fi
