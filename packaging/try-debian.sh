#!/usr/bin/env bash
# Tries this tree on another release of Debian: makes a small system of that release in a folder (debootstrap, half a minute), copies
# the tree into it and runs both commands of the README there. As root; needs a Debian mirror.
#   packaging/try-debian.sh trixie                            packaging/demo.sh, then tests/run.sh
#   packaging/try-debian.sh trixie packaging/demo.sh          only that; any command of the tree
# The system and its build tree are kept in $TRY_ROOT (/var/tmp/warmupd-RELEASE), so that a second run builds only what has changed;
# remove the folder when it is not needed any more. $MIRROR: another mirror than deb.debian.org.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

[ $# -ge 1 ] || { sed -n '2,7s/^# //p' "packaging/try-debian.sh" >&2; exit 64; }
[ "$(id -u)" -eq 0 ] || { echo "try-debian: debootstrap and chroot need root" >&2; exit 77; }
release=$1
shift
root=${TRY_ROOT:-/var/tmp/warmupd-$release}
mirror=${MIRROR:-http://deb.debian.org/debian}

# The mounts below belong to this script alone and end with it.
if [ -z "${WARMUPD_TRY_MOUNTS:-}" ]; then
  WARMUPD_TRY_MOUNTS=own exec unshare --mount --propagation private "$0" "$release" "$@"
fi

if [ ! -e "$root/etc/debian_version" ]; then
  packaging/install-deps.sh --try-debian
  echo "try-debian: making a system of $release in $root"
  rm -rf "$root.new"
  debootstrap --variant=minbase --include=ca-certificates "$release" "$root.new" "$mirror" >"$root.log" 2>&1 ||
    { tail -n 20 "$root.log" >&2; echo "try-debian: debootstrap failed; all it said is in $root.log" >&2; exit 75; }
  mv "$root.new" "$root"
fi

# This host's way to the mirrors of Debian and npm: proxies, whether dates are checked, and whom it trusts.
{ apt-config dump | grep -E '^Acquire::(https?::|Check-)' || true; } >"$root/etc/apt/apt.conf.d/99try-debian"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/host.pem"
mount --bind "$root" "$root"  # a mount of its own, so that tests can make name spaces inside
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"

# The tree as it is here, without what git does not know; the build trees inside stay.
tree=$root/src/warmupd
mkdir -p "$tree"
find "$tree" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
  tar --create --null --no-recursion --files-from - | tar --extract --directory "$tree" --no-same-owner

in_root() {
  echo "try-debian: $(cat "$root/etc/debian_version"): $*"
  env -u WARMUPD_TRY_MOUNTS -u TMPDIR LANG=C.UTF-8 HOME=/root NODE_EXTRA_CA_CERTS=/etc/ssl/host.pem \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    chroot "$root" /bin/bash -c 'cd /src/warmupd && exec "$@"' try-debian "$@"
}

if [ $# -gt 0 ]; then
  in_root "$@"
else
  in_root packaging/demo.sh
  in_root tests/run.sh
fi
