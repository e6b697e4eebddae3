#!/usr/bin/env bash
# Shows warmupd at work, from nothing: installs what is missing, builds, and sends real mail through it on this machine.
# On Debian 12 or 13, as root or with sudo, any number of times. Only loopback addresses are used; nothing is left running.
#   packaging/demo.sh          KEEP=1 packaging/demo.sh    keeps the folder with the configuration, the logs and the mail
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() { printf '\n%s\n' "--- $1"; }
fail() { printf '\ndemo: FAILED: %s\n' "$1" >&2; exit 1; }

# Runs a command quietly: its output is shown only when it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then tail -n 40 "$log" >&2; fi
  rm -f "$log"
  return "$status"
}

echo "warmupd, a demonstration: an MTA takes mail from an application, signs it and brings it to three very different receivers."

step "What it needs (packaging/install-deps.sh --demo)"
packaging/install-deps.sh --demo || fail "packages could not be installed (is this Debian 12 or 13, and are you root or allowed to sudo?)"

step "Building warmupd and warmupctl into build/release (some minutes on two cores the first time)"
begun=$SECONDS
quietly cmake --preset release || fail "cmake could not configure the build; its last lines are above"
quietly cmake --build --preset release --target warmupd warmupctl || fail "the build failed; its last lines are above"
echo "built in $((SECONDS - begun)) s: $(build/release/warmupd --version | tr '\n' ',' | sed 's/,$//; s/,/, /')"

exec /usr/bin/python3 packaging/demo/demo.py build/release
