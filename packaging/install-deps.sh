#!/usr/bin/env bash
# Installs what warmupd needs on Debian 12 or 13: to build (always), to run the demo (--demo), to run every test (--tests), to try another
# release of Debian (--try-debian; only packaging/try-debian.sh needs that). `--list` first prints the packages and installs nothing.
# Works as root or through sudo; may be run any number of times; does nothing when all is there.
set -euo pipefail

# Boost 1.81 or later. Debian 12's own libboost-dev is 1.74, with 1.81 beside it; later releases have what we need under the plain name.
release=$(. "${OS_RELEASE:-/etc/os-release}" && echo "${ID:-} ${VERSION_ID:-}")
case "$release" in
  "debian 12") boost=(libboost1.81-dev libboost-json1.81-dev) ;;
  *)           boost=(libboost-dev libboost-json-dev) ;;
esac

build=(
  g++ make cmake ninja-build ccache pkg-config
  "${boost[@]}" libssl-dev libopendkim-dev libbsd-dev libc-ares-dev librocksdb-dev
  libspdlog-dev libfmt-dev libtomlplusplus-dev libcli11-dev prometheus-cpp-dev libpsl-dev libidn2-dev libre2-dev
  libhowardhinnant-date-dev libgmime-3.0-dev libcrypt-dev tzdata publicsuffix
  libgtest-dev libgmock-dev libbenchmark-dev
)
demo=(swaks libnet-ssleay-perl python3 python3-dkim python3-aiosmtpd python3-dnspython unbound nsd openssl curl ca-certificates)
tests=(
  git clang-format postfix pflogsumm postgrey libsasl2-modules sasl2-bin opendkim opendkim-tools libmail-dkim-perl libsisimai-perl
  python3-flufl.bounce nodejs npm msmtp strace faketime socat procps jq iproute2
)

packages=("${build[@]}")
list=""
for wish in "$@"; do
  case "$wish" in
    --list)       list=1 ;;
    --demo)       packages+=("${demo[@]}") ;;
    --tests)      packages+=("${demo[@]}" "${tests[@]}") ;;
    --try-debian) packages=(debootstrap) ;;
    *) echo "usage: packaging/install-deps.sh [--list] [--demo] [--tests] [--try-debian]" >&2; exit 64 ;;
  esac
done
if [ -n "$list" ]; then printf '%s\n' "${packages[@]}"; exit 0; fi

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
