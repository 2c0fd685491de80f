#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the built tests one suite after the other and counts over all of them.
#   run.sh check|test BUILD
# Every suite appends "pass NAME", "fail NAME" or "skip NAME" to its $HANSE_RESULTS.

kind=$1
build=$(cd "$2" && pwd)
cd "$(dirname "$0")/.." || exit 1
HANSE_BUILD=$build
results=$build/results.$$
count=0
export HANSE_BUILD
: >"$results"
python=/usr/bin/python3

# suite NAME COMMAND...: shows the output only when it fails; a suite that dies without having
# recorded a failure is one.
suite() {
  name=$1
  shift
  printf '%s ... ' "$name"
  begin "$@"
  end
}

begin() {
  began=$(date +%s)
  log=$build/suite.$$.$((count += 1))
  : >"$log.results"
  HANSE_RESULTS=$log.results "$@" >"$log" 2>&1 &
  running=$!
}
end() {
  if wait "$running"; then
    echo "ok ($(($(date +%s) - began)) s)"
  else
    echo "FAILED ($(($(date +%s) - began)) s)"
    tail -n 60 "$log"
    grep -q '^fail ' "$log.results" || echo "fail $name" >>"$log.results"
  fi
  grep -E -e '^(crash|interop|interface|system)[^:]*: .*(kills|came twice|skipped|passed)' \
    -e '^(pass|fail|skip|n/a) interop XMPP: ' "$log" | sed 's/^/    /'
  cat "$log.results" >>"$results"
  rm -f "$log" "$log.results"
}
# One that mostly waits for its peers runs while the next ones do.
begin_beside() {
  begin "$@"
  beside_running=$running beside_log=$log beside_began=$began
}
end_beside() {
  name=$1 running=$beside_running log=$beside_log began=$beside_began
  printf '%s, beside the others ... ' "$name"
  end
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
else
  suite "tidy finds planted violations" $python tests/tidy/tidy_selftest.py
  suite "sim: 200 seeds" "$build/sim" --seeds 200 --nodes 5
  suite "sim: IRC, 200 seeds" "$build/sim" --seeds 200 --speaks irc
  suite "sim: the auditor finds planted bugs" "$build/sim" --check-auditor --nodes 5
  suite "demo" $python -m tests.demo.demo
  suite "system: durability seen from outside" $python -m tests.system.durability
  suite "system: the interface" $python -m tests.system.interface
  suite "system: edges" $python -m tests.system.edges
  suite "system: what operators watch" $python -m tests.system.watching
  suite "system: what the node says of itself" $python -m tests.system.console_state
  suite "system: XMPP streams" $python -m tests.system.xmpp_streams
  suite "system: XMPP routes" $python -m tests.system.xmpp_routes
  suite "system: XMPP components" $python -m tests.system.xmpp_components
  suite "system: XMPP resumption" $python -m tests.system.xmpp_resumption
  suite "system: DANE" $python -m tests.system.xmpp_dane
  begin_beside $python -m tests.interop.xmpp
  suite "interop: Postfix and Exim" $python -m tests.interop.interop
  suite "interop: IRC" $python -m tests.interop.irc
  suite "crash: 100 rounds" $python -m tests.crash.crash 100
  suite "crash: XMPP" $python -m tests.crash.xmpp_crash 10000
  for unit in $units; do
    suite "address and undefined: $unit" "$build/address-undefined/test-$unit" '~[descriptors]'
  done
  end_beside "interop: XMPP"
  # And the daemon itself under them, through the same suites.
  HANSE_PEERS=$build/peers HANSE_BUILD=$build/address-undefined
  ASAN_OPTIONS=quarantine_size_mb=8
  export ASAN_OPTIONS HANSE_PEERS
  begin_beside $python -m tests.interop.xmpp
  for name in demo.demo system.durability system.interface system.edges system.watching \
              system.console_state system.xmpp_streams system.xmpp_routes \
              system.xmpp_components system.xmpp_resumption system.xmpp_dane interop.interop \
              interop.irc "crash.crash 20" "crash.xmpp_crash 2000"; do
    suite "address and undefined: $name" $python -m tests.$name
  done
  end_beside "address and undefined: interop.xmpp"
  HANSE_BUILD=$build
  unset ASAN_OPTIONS
  replay "$build/address-undefined"
  suite "address and undefined: sim, 10 seeds" "$build/address-undefined/sim" --seeds 10 --nodes 4
  for unit in base store net; do
    suite "thread: $unit" "$build/thread/test-$unit"
  done
fi

passed=$(grep -c '^pass ' "$results")
failed=$(grep -c '^fail ' "$results")
skipped=$(grep -c '^skip ' "$results")
grep '^fail ' "$results"
rm -f "$results"
[ "$skipped" -gt 0 ] && more=", $skipped skipped" || more=
echo "$passed passed, $failed failed$more"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
