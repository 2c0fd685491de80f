#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the built tests one suite after the other and counts over all of them.
#   run.sh check|test BUILD
# Every suite appends "pass NAME", "fail NAME" or "skip NAME" to $HANSE_RESULTS.

kind=$1
build=$(cd "$2" && pwd)
cd "$(dirname "$0")/.." || exit 1
HANSE_BUILD=$build
HANSE_RESULTS=$build/results.$$
export HANSE_BUILD HANSE_RESULTS
: >"$HANSE_RESULTS"
python=/usr/bin/python3

# suite NAME COMMAND...: shows the output only when it fails; a suite that dies without having
# recorded a failure is one.
suite() {
  name=$1
  shift
  before=$(grep -c '^fail ' "$HANSE_RESULTS")
  start=$(date +%s)
  printf '%s ... ' "$name"
  if "$@" >"$build/suite.log.$$" 2>&1; then
    echo "ok ($(($(date +%s) - start)) s)"
  else
    echo "FAILED ($(($(date +%s) - start)) s)"
    tail -n 60 "$build/suite.log.$$"
    [ "$(grep -c '^fail ' "$HANSE_RESULTS")" -gt "$before" ] || echo "fail $name" >>"$HANSE_RESULTS"
  fi
  grep -E -e '^(crash|interop|interface|system)[^:]*: .*(kills|came twice|skipped|passed)' \
    -e '^(pass|fail|skip|n/a) interop XMPP: ' "$build/suite.log.$$" | sed 's/^/    /'
}

for unit in base federation store protocols session config net console; do
  suite "unit: $unit" "$build/test-$unit"
done
suite "tidy" $python tests/tidy/tidy.py

if [ "$kind" = check ]; then
  suite "sim: 20 seeds" "$build/sim" --seeds 20 --nodes 5
else
  suite "tidy finds planted violations" $python tests/tidy/tidy_selftest.py
  suite "sim: 200 seeds" "$build/sim" --seeds 200 --nodes 5
  suite "sim: the auditor finds planted bugs" "$build/sim" --check-auditor --nodes 5
  suite "demo" $python -m tests.demo.demo
  suite "system: durability seen from outside" $python -m tests.system.durability
  suite "system: the interface" $python -m tests.system.interface
  suite "system: XMPP streams" $python -m tests.system.xmpp_streams
  suite "interop: Postfix and Exim" $python -m tests.interop.interop
  suite "interop: XMPP" $python -m tests.interop.xmpp
  suite "crash: 100 rounds" $python -m tests.crash.crash 100
  suite "crash: XMPP" $python -m tests.crash.xmpp_crash 10000
  for unit in base federation store protocols session config net console; do
    suite "address and undefined: $unit" "$build/address-undefined/test-$unit"
  done
  for program in "$build"/address-undefined/replay-*; do
    target=${program##*/replay-}
    suite "fuzz corpus: $target" "$program" tests/fuzz/corpus/"$target"/*
  done
  suite "address and undefined: sim, 10 seeds" "$build/address-undefined/sim" --seeds 10 --nodes 4
  for unit in base store net; do
    suite "thread: $unit" "$build/thread/test-$unit"
  done
fi

passed=$(grep -c '^pass ' "$HANSE_RESULTS")
failed=$(grep -c '^fail ' "$HANSE_RESULTS")
skipped=$(grep -c '^skip ' "$HANSE_RESULTS")
grep '^fail ' "$HANSE_RESULTS"
rm -f "$HANSE_RESULTS" "$build/suite.log.$$"
[ "$skipped" -gt 0 ] && more=", $skipped skipped" || more=
echo "$passed passed, $failed failed$more"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
