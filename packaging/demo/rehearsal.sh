#!/usr/bin/env bash
# Rehearses a warm-up with the real daemon: six days in two minutes. Makes the picture at the top of README.md.
# On Debian 12 or 13, as root or with sudo; builds what is missing. Only loopback addresses are used; nothing is left running.
#   packaging/demo/rehearsal.sh     KEEP=1 packaging/demo/rehearsal.sh    keeps the folder with the configuration, the log and the events
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

packaging/install-deps.sh --demo
if [ ! -x build/release/warmupd ] || [ ! -x build/release/warmupctl ]; then
  echo "building warmupd and warmupctl into build/release, a few minutes"
  cmake --preset release >/dev/null
  cmake --build --preset release --target warmupd warmupctl >/dev/null
fi
exec /usr/bin/python3 packaging/demo/rehearsal.py build/release
