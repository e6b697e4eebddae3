#!/usr/bin/env bash
# Verifies a folder of signed messages with mailauth, installed from npm once: dkim_mailauth.sh PACKAGES FOLDER.
# PACKAGES is a folder in the build tree that is kept between runs.
set -euo pipefail
packages=$1 folder=$2 version=5.0.3
here=$(cd "$(dirname "$0")" && pwd)

installed=$(node -p "require('$packages/node_modules/mailauth/package.json').version" 2>/dev/null || true)
if [ "$installed" != "$version" ]; then
  mkdir -p "$packages"
  # It asks for a newer node than Debian's; the DKIM verifier, which is all that is loaded, does not need it.
  npm install --prefix "$packages" --no-audit --no-fund --no-save --loglevel=error "mailauth@$version"
fi
NODE_PATH="$packages/node_modules" node "$here/dkim_mailauth.cjs" "$folder"
