#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#   setup.sh install|say|try PACKAGE...
#   setup.sh beside FOLDER PACKAGE: unpacks one into FOLDER that may not be installed here
# Installs the Debian packages named, quietly, and only those that are missing. Without root and
# without sudo, or when it shall only say so, it prints the one line to run and stops. What is only
# to be tried may be missing: the tests that need it say so.

# Elsewhere the packages have other names; the compiler will say what is missing.
command -v dpkg-query >/dev/null || exit 0
mode=$1
shift
if [ "$mode" = beside ]; then
  [ -d "$1/$2" ] && exit 0
  mkdir -p "$1/parts" || exit 0
  (cd "$1/parts" && apt-get download -qq "$2" && dpkg -x "$2"_*.deb ../"$2") >/dev/null 2>&1 ||
    echo "could not unpack: $2"
  exit 0
fi
[ "$mode" = try ] && failure=0 || failure=1
missing=
for package in "$@"; do
  dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
    missing="$missing $package"
done
[ -z "$missing" ] && exit 0

line="apt-get install -y --no-install-recommends$missing"
if [ "$mode" != say ] && [ "$(id -u)" = 0 ]; then
  as_root=
elif [ "$mode" != say ] && sudo -n true 2>/dev/null; then
  as_root="sudo -n"
else
  echo "these packages are missing; run as root, or let \`make deps\` do it:"
  echo "  $line"
  exit $failure
fi

echo "installing:$missing"
log=$(mktemp)
# No packaged daemon shall be started: the tests start their own. Older ways to start one ask for
# the run level, and all of them ask this policy, which stays only if it was there before.
policy=/usr/sbin/policy-rc.d
if $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 sh -c "
     if [ ! -e $policy ]; then
       trap 'rm -f $policy' EXIT
       printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy
     fi
     apt-get update -qq && $line -qq" >"$log" 2>&1; then
  rm -f "$log"
else
  [ "$mode" = try ] || cat "$log"
  echo "could not install:$missing"
  rm -f "$log"
  exit $failure
fi
