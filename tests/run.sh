#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the built tests suite by suite and counts over all of them.
#   run.sh check|test BUILD
# Every suite appends "pass NAME", "fail NAME" or "skip NAME" to its $HANSE_RESULTS.

kind=$1
build=$(cd "$2" && pwd)
cd "$(dirname "$0")/.." || exit 1
HANSE_BUILD=$build
results=$build/results.$$
count=0
lane=main
lanes=
export HANSE_BUILD
: >"$results"
python=/usr/bin/python3

# suite NAME COMMAND...: shows how it goes on, and the whole output when it fails; a suite that dies
# without having recorded a failure is one.
shown='^(crash|interop|interface|system|confined)[^:]*: |^(pass|fail|skip|n/a) interop '
suite() {
  name=$1
  shift
  echo "...  $name"
  began=$(date +%s)
  log=$build/suite.$$.$lane.$((count += 1))
  : >"$log.results"
  { HANSE_RESULTS=$log.results PYTHONUNBUFFERED=1 "$@" 2>&1; echo $? >"$log.code"; } |
    tee "$log" | grep --line-buffered -E "$shown" | sed -u 's/^/     /'
  if [ "$(cat "$log.code")" = 0 ]; then
    echo "ok   $name ($(($(date +%s) - began)) s)"
  else
    echo "FAILED $name ($(($(date +%s) - began)) s)"
    tail -n 60 "$log"
    grep -q '^fail ' "$log.results" || echo "fail $name" >>"$log.results"
  fi
  cat "$log.results" >>"$results"
  rm -f "$log" "$log.results" "$log.code"
}

# Those that mostly wait for their peers run in lanes of their own, beside the others.
beside() {
  (lane=$1 && "$1") &
  lanes="$lanes $!"
}
# Ctrl-C does not reach what runs behind.
trap 'trap - TERM; kill 0' INT

# The daemon itself under the sanitizers, through the same suites.
sanitized() {
  name=$1
  shift
  HANSE_PEERS=$build/peers HANSE_BUILD=$build/address-undefined \
    ASAN_OPTIONS=quarantine_size_mb=8 suite "address and undefined: $name" $python -m "$@"
}

# Lanes that take about as long as each other: the three, and what is left of `make test`.
irc() {
  suite "interop: IRC" $python -m tests.interop.irc
}
irc_sanitized() {
  sanitized "interop: IRC" tests.interop.irc
}
xmpp() {
  suite "interop: XMPP" $python -m tests.interop.xmpp
  sanitized "interop: XMPP" tests.interop.xmpp
  suite "system: XMPP streams" $python -m tests.system.xmpp_streams
  suite "system: XMPP routes" $python -m tests.system.xmpp_routes
  suite "system: XMPP circles" $python -m tests.system.xmpp_circles
  suite "system: XMPP components" $python -m tests.system.xmpp_components
  suite "system: XMPP as a component" $python -m tests.system.xmpp_as_component
  suite "system: XMPP blocked" $python -m tests.system.xmpp_blocked
  suite "system: XMPP bounds" $python -m tests.system.xmpp_bounds
  suite "system: XMPP dials" $python -m tests.system.xmpp_dials
  suite "system: XMPP resumption" $python -m tests.system.xmpp_resumption
  suite "system: XMPP page" $python -m tests.system.xmpp_page
  suite "system: IRC page" $python -m tests.system.irc_page
  suite "system: XMPP taken" $python -m tests.system.xmpp_taken
  suite "system: XMPP spool" $python -m tests.system.xmpp_spool
  suite "system: DANE" $python -m tests.system.xmpp_dane
  for name in xmpp_streams xmpp_routes xmpp_circles xmpp_components xmpp_as_component xmpp_blocked \
              xmpp_bounds xmpp_dials xmpp_resumption xmpp_taken xmpp_page xmpp_dane; do
    sanitized "system.$name" "tests.system.$name"
  done
}

units="base federation store protocols session config net console"

replay() {
  for program in "$1"/replay-*; do
    target=${program##*/replay-}
    suite "fuzz corpus: $target" "$program" tests/fuzz/corpus/"$target"/*
  done
}

suite "tidy" $python tests/tidy/tidy.py
for unit in $units; do
  suite "unit: $unit" "$build/test-$unit"
done
if [ "$kind" = check ]; then
  replay "$build"
  suite "sim: 20 seeds" "$build/sim" --seeds 20 --nodes 5
  suite "sim: IRC, 20 seeds" "$build/sim" --seeds 20 --speaks irc
  suite "sim: IRC in a row, 20 seeds" "$build/sim" --seeds 20 --speaks irc-row
  suite "sim: IRC in a ring, 20 seeds" "$build/sim" --seeds 20 --speaks irc-ring
else
  beside irc
  beside irc_sanitized
  beside xmpp
  suite "tidy finds planted violations" $python tests/tidy/tidy_selftest.py
  suite "sim: 200 seeds" "$build/sim" --seeds 200 --nodes 5
  suite "sim: IRC, 200 seeds" "$build/sim" --seeds 200 --speaks irc
  suite "sim: IRC in a row, 200 seeds" "$build/sim" --seeds 200 --speaks irc-row
  suite "sim: IRC in a ring, 200 seeds" "$build/sim" --seeds 200 --speaks irc-ring
  suite "sim: the auditor finds planted bugs" "$build/sim" --check-auditor --nodes 5
  suite "demo" $python -m tests.demo.demo
  suite "system: durability seen from outside" $python -m tests.system.durability
  suite "system: the interface" $python -m tests.system.interface
  suite "system: edges" $python -m tests.system.edges
  suite "system: mail routes" $python -m tests.system.mail_routes
  suite "system: under the limits of its unit" $python -m tests.system.confined
  suite "system: what operators watch" $python -m tests.system.watching
  suite "system: what the node says of itself" $python -m tests.system.console_state
  suite "system: secrets" $python -m tests.system.secrets
  suite "interop: Postfix and Exim" $python -m tests.interop.interop
  suite "interop: behind a Postfix, as the README says" $python -m tests.interop.behind
  suite "crash: 100 rounds" $python -m tests.crash.crash 100
  suite "crash: XMPP" $python -m tests.crash.xmpp_crash 10000
  for unit in $units; do
    suite "address and undefined: $unit" "$build/address-undefined/test-$unit" '~[descriptors]~[.]'
  done
  for name in demo.demo system.durability system.interface system.edges system.confined \
              system.mail_routes system.watching system.console_state system.secrets \
              interop.interop \
              "crash.crash 20" "crash.xmpp_crash 2000"; do
    sanitized "$name" tests.$name
  done
  replay "$build/address-undefined"
  suite "address and undefined: sim, 10 seeds" "$build/address-undefined/sim" --seeds 10 --nodes 4
  suite "address and undefined: the auditor finds planted bugs" \
    "$build/address-undefined/sim" --check-auditor --nodes 4
  for unit in base store net; do
    suite "thread: $unit" "$build/thread/test-$unit"
  done
  wait $lanes
fi

passed=$(grep -c '^pass ' "$results")
failed=$(grep -c '^fail ' "$results")
skipped=$(grep -c '^skip ' "$results")
grep '^fail ' "$results"
rm -f "$results"
[ "$skipped" -gt 0 ] && more=", $skipped skipped" || more=
echo "$passed passed, $failed failed$more"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
