#!/usr/bin/env bash
# Installs what warmupd needs on Debian 12: to build (always), to run the demo (--demo), to run every test (--tests).
# Works as root or through sudo; may be run any number of times; does nothing when all is there.
set -euo pipefail

build=(
  g++ cmake ninja-build ccache pkg-config
  libboost1.81-dev libboost-json1.81-dev libssl-dev libopendkim-dev libbsd-dev libc-ares-dev librocksdb-dev
  libspdlog-dev libfmt-dev libtomlplusplus-dev libcli11-dev prometheus-cpp-dev libpsl-dev libidn2-dev libre2-dev
  libhowardhinnant-date-dev libgmime-3.0-dev libcrypt-dev tzdata publicsuffix
  libgtest-dev libgmock-dev libbenchmark-dev
)
demo=(swaks libnet-ssleay-perl python3 python3-dkim python3-aiosmtpd python3-dnspython unbound nsd openssl curl ca-certificates)
tests=(
  clang-format postfix postgrey libsasl2-modules sasl2-bin opendkim opendkim-tools libmail-dkim-perl libsisimai-perl
  python3-flufl.bounce nodejs npm msmtp strace faketime socat procps jq iproute2
)

packages=("${build[@]}")
for wish in "$@"; do
  case "$wish" in
    --demo)  packages+=("${demo[@]}") ;;
    --tests) packages+=("${demo[@]}" "${tests[@]}") ;;
    *) echo "usage: packaging/install-deps.sh [--demo] [--tests]" >&2; exit 64 ;;
  esac
done

# nodejs and npm may be there from elsewhere; a working one is as good as Debian's.
have() { case "$1" in
  nodejs) command -v node >/dev/null ;;
  npm)    command -v npm >/dev/null ;;
  *)      dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$' ;;
esac; }

missing=()
for package in "${packages[@]}"; do have "$package" || missing+=("$package"); done
[ ${#missing[@]} -eq 0 ] && { echo "install-deps: all ${#packages[@]} packages are there"; exit 0; }

sudo=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "install-deps: neither root nor sudo; missing: ${missing[*]}" >&2; exit 77; }
  sudo="sudo"
fi

# Debian starts what it installs; we bring up our own peers on ports of our own, so nothing may be started here.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
  $sudo chmod 755 "$policy"
  trap '$sudo rm -f "$policy"' EXIT
fi
echo "install-deps: installing ${missing[*]}"
$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq update
$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${missing[@]}" >/dev/null
